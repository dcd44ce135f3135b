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
}

impl<W: Write> AvroWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(mut to: W, codec: Codec) -> Result<AvroWriter<W>, Error> {
        write_header(&mut to, &schemas::union()?, codec, MARKER)?;
        Ok(AvroWriter { to, codec, block: Block { records: 0, bytes: Vec::new() } })
    }

    /// Adds an event.
    ///
    /// # Errors
    /// If it does not fit its schema, or the file cannot be written.
    pub fn write(&mut self, event: &Event<'_>) -> Result<(), Error> {
        let kind = event.body.kind();
        let json = serde_json::to_value(event).map_err(|error| Error::Value(error.to_string()))?;
        let schema = schemas::schema(kind)?;
        let value = to_avro(schema, &json)?;
        let writer: GenericDatumWriter<'_> = datum_writer(schema)?;
        let record = writer.write_value_to_vec(value)?;
        put_long(&mut self.block.bytes, branch(kind))?;
        self.block.bytes.extend_from_slice(&record);
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

/// The place of a type in [`schemas::union`].
fn branch(kind: Kind) -> i64 {
    kind as i64
}

fn datum_writer(schema: &'static Schema) -> Result<GenericDatumWriter<'static>, Error> {
    // The value was made from this very schema: checking it again would double the work.
    Ok(GenericDatumWriter::builder(schema).validate(false).build()?)
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
