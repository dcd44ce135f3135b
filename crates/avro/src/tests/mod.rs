//! The published schemas, files of ours, files of others, and broken ones.

mod broken;
mod files;
mod published;

use event::contract::Event;
use event::intake::{Limits, parse_json};

use crate::{AvroEvents, Codec, Record, write_avro};

/// The event of a line that is known to be good.
#[track_caller]
fn event(line: &str) -> Event<'_> {
    match parse_json(line.as_bytes(), &Limits::default()) {
        Ok(parsed) => parsed.event,
        Err(reject) => panic!("{line}\n{reject}"),
    }
}

/// All that is read of a file whose header is good.
#[track_caller]
fn read(file: &[u8]) -> Vec<Record> {
    AvroEvents::open(file, &Limits::default()).unwrap_or_else(|error| panic!("{error}")).collect()
}

/// A file of these events.
#[track_caller]
fn file(events: &[Event<'_>], codec: Codec) -> Vec<u8> {
    write_avro(events, Vec::new(), codec).unwrap_or_else(|error| panic!("{error}"))
}

/// The published inputs' examples, as JSON text.
fn examples() -> Vec<String> {
    let inputs = published::topics().into_iter().filter(|topic| topic.kind.is_some());
    inputs.flat_map(|topic| topic.examples).map(|(_, text)| text).collect()
}
