//! Writes events as an object container file that holds every type: the same events in the same
//! order always give the same bytes.

use std::io::Write;

use apache_avro::Codec;
use apache_avro::Schema;
use apache_avro::writer::datum::GenericDatumWriter;
use event::contract::Event;
use event::intake::Kind;

use crate::blocks::{Block, put_long, write_block, write_header};
use crate::convert::to_avro;
use crate::error::Error;
use crate::schemas;

/// Bytes after which a block is closed: little is lost when one breaks, and little is spent on
/// framing.
const BLOCK_BYTES: usize = 64 << 10;

/// Stands between blocks. A fixed one, so that files are equal when their events are.
const MARKER: [u8; 16] = *b"\x8f\xd2iolaus event\x01\x00";

/// Writes events as an object container file.
pub struct AvroWriter<W> {
    to: W,
    codec: Codec,
    block: Block,
    /// One for each type, in the order of [`Kind::ALL`].
    records: Vec<RecordWriter>,
}

/// Writes records of one type.
struct RecordWriter {
    schema: &'static Schema,
    datum: GenericDatumWriter<'static>,
}

impl<W: Write> AvroWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(mut to: W, codec: Codec) -> Result<AvroWriter<W>, Error> {
        write_header(&mut to, &schemas::union()?, codec, MARKER)?;
        let records = Kind::ALL.into_iter().map(RecordWriter::new).collect::<Result<_, _>>()?;
        Ok(AvroWriter { to, codec, block: Block { records: 0, bytes: Vec::new() }, records })
    }

    /// Adds an event.
    ///
    /// # Errors
    /// If it does not fit its schema, or the file cannot be written.
    pub fn write(&mut self, event: &Event<'_>) -> Result<(), Error> {
        let json = serde_json::to_value(event).map_err(|error| Error::Value(error.to_string()))?;
        // The branch of the union, then the record.
        let branch = event.body.kind() as usize;
        let writer = self.records.get(branch);
        let writer = writer.ok_or_else(|| Error::Schema("no such type".to_owned()))?;
        let value = to_avro(writer.schema, &json)?;
        let before = self.block.bytes.len();
        put_long(&mut self.block.bytes, branch as i64)?;
        if let Err(error) = writer.datum.write_value(&mut self.block.bytes, value) {
            self.block.bytes.truncate(before);
            return Err(error.into());
        }
        self.block.records += 1;
        if self.block.bytes.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and gives back what was written to.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> Result<W, Error> {
        self.flush()?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.block.records == 0 {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.block, Block { records: 0, bytes: Vec::new() });
        write_block(&mut self.to, block, self.codec, MARKER)
    }
}

impl RecordWriter {
    fn new(kind: Kind) -> Result<RecordWriter, Error> {
        let schema = schemas::schema(kind)?;
        // Values are made from this very schema: checking them again would double the work.
        let datum = GenericDatumWriter::builder(schema).validate(false).build()?;
        Ok(RecordWriter { schema, datum })
    }
}

/// Writes events as an object container file.
///
/// # Errors
/// If an event does not fit its schema, or the file cannot be written.
pub fn write_avro<'a, W: Write>(
    events: impl IntoIterator<Item = &'a Event<'a>>,
    to: W,
    codec: Codec,
) -> Result<W, Error> {
    let mut writer = AvroWriter::new(to, codec)?;
    for event in events {
        writer.write(event)?;
    }
    writer.finish()
}
