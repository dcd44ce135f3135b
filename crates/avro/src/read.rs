//! Reads the events of an object container file.

use std::collections::VecDeque;
use std::io::Read;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use event::intake::{Limits, Parsed, Reason, Reject, parse_decoded};

use crate::blocks::{Block, Blocks};
use crate::decoded::Decoded;
use crate::error::Error;
use crate::layout::Layout;

/// One record of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number in the file, from 0. For a mistake of the file itself: the number of the first
    /// record that was lost by it.
    pub index: u64,
    /// The event, or why it was not taken.
    pub taken: Result<Parsed<'static>, Reject>,
}

/// The events of an object container file, in order.
///
/// A record that is no valid event is one refused record among the others. Within a block nothing
/// can be found again after an unreadable record: the rest of that block is lost, with one reject.
/// Where the file itself is broken or cut off it ends, with one reject.
pub struct AvroEvents<R> {
    blocks: Blocks<R>,
    schema: Schema,
    layout: Layout,
    limits: Limits,
    /// Records of the block that is being handed out.
    pending: VecDeque<Record>,
    /// The number of the next record to be read.
    index: u64,
    ended: bool,
}

impl<R: Read> AvroEvents<R> {
    /// Reads the header of a file. Give it a buffered reader.
    ///
    /// Fields are matched by name, whatever the version the file was written with: what it lacks is
    /// absent, what we do not know is counted.
    ///
    /// # Errors
    /// If it is no object container, or its schema holds no event of the contract.
    pub fn open(from: R, limits: &Limits) -> Result<AvroEvents<R>, Error> {
        let (schema, blocks) = Blocks::open(from)?;
        let schema =
            Schema::parse_str(&schema).map_err(|error| Error::Schema(error.to_string()))?;
        let layout = Layout::of(&schema)?;
        let (limits, pending) = (*limits, VecDeque::new());
        Ok(AvroEvents { blocks, schema, layout, limits, pending, index: 0, ended: false })
    }

    /// Reads the records of a block, up to the first that is unreadable.
    fn read_block(&mut self, block: &Block) -> Result<(), Error> {
        let reader = GenericDatumReader::builder(&self.schema).build()?;
        let end = self.index.saturating_add(block.records);
        let mut input = Input { rest: &block.bytes, short: false };
        while self.index < end {
            let before = input.rest.len();
            let value = reader.read_value(&mut input)?;
            // The decoder takes the end of its input for a null here and there.
            if input.short {
                return Err(Error::CutOff("within a record"));
            }
            let taken = self.event(value, before - input.rest.len());
            self.pending.push_back(Record { index: self.index, taken });
            self.index += 1;
        }
        if input.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::Container("a block with bytes after its last record".to_owned()))
        }
    }

    fn event(
        &self,
        value: apache_avro::types::Value,
        bytes: usize,
    ) -> Result<Parsed<'static>, Reject> {
        if bytes > self.limits.record_bytes {
            let most = self.limits.record_bytes;
            let detail = format!("expected a record of at most {most} bytes, found {bytes}");
            return Err(Reject::new(Reason::TooLarge, detail));
        }
        let (kind, value) = self.layout.event(value).map_err(|name| {
            let detail = format!("expected a record of the contract, found {name:?}");
            Reject::new(Reason::UnknownType, detail)
        })?;
        parse_decoded(Decoded(value), kind, &self.limits)
    }

    /// Notes that records are lost from the next one on.
    fn lose(&mut self, error: &Error) {
        let reason = match error {
            Error::CutOff(_) => Reason::Truncated,
            _ => Reason::InvalidAvro,
        };
        let taken = Err(Reject::new(reason, error.to_string()));
        self.pending.push_back(Record { index: self.index, taken });
    }
}

impl<R: Read> Iterator for AvroEvents<R> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.pending.is_empty() && !self.ended {
            match self.blocks.next_block() {
                Ok(Some(block)) => {
                    let end = self.index.saturating_add(block.records);
                    if let Err(error) = self.read_block(&block) {
                        self.lose(&error);
                        self.index = end;
                    }
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.lose(&error);
                    self.ended = true;
                }
            }
        }
        self.pending.pop_front()
    }
}

/// The bytes of a block, and whether more was asked for than there is.
struct Input<'a> {
    rest: &'a [u8],
    short: bool,
}

impl Read for Input<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rest.read(to)?;
        self.short |= count < to.len();
        Ok(count)
    }
}
