//! Reads canonical events, and says of every record it does not take what is wrong with it.
//!
//! One line of JSON is one event. Nothing is copied that need not be: the texts of an [`Event`]
//! borrow from its line. Unknown fields are kept out and counted; a field that is there but wrong
//! refuses the record, since a silently dropped value would look like one that was never sent.
//! A field given two values is refused too. No input, however made, panics or overflows the stack.

mod body;
mod compact;
mod context;
mod event;
mod kind;
#[cfg(test)]
mod laws;
mod plain;
mod record;
mod reject;
mod surrogate;
#[cfg(test)]
mod tests;
mod time;
mod value;

use serde::de::DeserializeSeed;

pub use kind::Kind;
pub use reject::{Reason, Reject};

use crate::contract::Event;
use crate::time::EventTime;
use context::{Context, Source};
use event::{TopLevel, find_type};
use plain::Plain;
use value::Reader;

/// How deep objects and lists may be nested; the event itself is the first level.
pub const MAX_DEPTH: u32 = 64;

/// How long an id may be.
pub const MAX_ID_BYTES: usize = 512;

/// What is taken at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest record.
    pub record_bytes: usize,
    /// The earliest event time.
    pub earliest: EventTime,
    /// The time that every event time is before.
    pub latest: EventTime,
}

impl Default for Limits {
    /// 8 MiB, and the years 2000 to 2099.
    fn default() -> Limits {
        Limits {
            record_bytes: 8 << 20,
            earliest: EventTime(946_684_800_000),
            latest: EventTime(4_102_444_800_000),
        }
    }
}

/// An event that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<'a> {
    /// The event.
    pub event: Event<'a>,
    /// How many fields it had that its type does not know, those of nested objects included.
    pub unknown_fields: u32,
}

/// Reads one line of JSON.
///
/// # Errors
/// Why the line was not taken.
pub fn parse_json<'a>(line: &'a [u8], limits: &Limits) -> Result<Parsed<'a>, Reject> {
    if line.len() > limits.record_bytes {
        let (most, found) = (limits.record_bytes, line.len());
        let detail = format!("expected a record of at most {most} bytes, found {found}");
        return Err(Reject::new(Reason::TooLarge, detail));
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        let detail = format!("expected UTF-8, found another byte at {}", error.valid_up_to());
        Reject::new(Reason::InvalidUtf8, detail)
    })?;
    // Files from some systems begin with a byte order mark, which JSON does not allow.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reject = match parse_text(text, limits) {
        Ok(parsed) => return Ok(parsed),
        Err(reject) => reject,
    };
    // Half of a surrogate pair is no character, but many a writer lets it pass, and any caller can
    // make one. Were it a reason to refuse, a prompt with one would never be seen here.
    match surrogate::mend(text) {
        Some(mended) => parse_copied(&mended, limits),
        None => Err(reject),
    }
}

/// Reads an event of a known type that was decoded from another format than JSON, by the same
/// rules.
///
/// # Errors
/// Why the record was not taken; what the deserializer itself did not like is `invalid_avro`.
pub fn parse_decoded<'de, D: serde::Deserializer<'de>>(
    from: D,
    kind: Kind,
    limits: &Limits,
) -> Result<Parsed<'de>, Reject> {
    let context = Context::new(Source::Decoded);
    match Reader(TopLevel { context: &context, limits, kind: Some(kind) }).deserialize(from) {
        Ok(event) => Ok(Parsed { event, unknown_fields: context.unknown.get() }),
        Err(error) => Err(context.refused().unwrap_or_else(|| {
            Reject::new(Reason::InvalidAvro, format!("{}{error}", context.place()))
        })),
    }
}

/// Reads JSON text into an event that borrows from it: quickly if it is as machines write it, else
/// by the parser that takes everything and says what is wrong.
fn parse_text<'a>(text: &'a str, limits: &Limits) -> Result<Parsed<'a>, Reject> {
    match parse_plain(text, limits) {
        Some(parsed) => Ok(parsed),
        None => parse_any(text, limits),
    }
}

fn parse_plain<'a>(text: &'a str, limits: &Limits) -> Option<Parsed<'a>> {
    let read = |context: &Context, kind| {
        let mut from = Plain::new(text)?;
        let event = Reader(TopLevel { context, limits, kind }).deserialize(&mut from).ok()?;
        from.end().ok()?;
        Some(Parsed { event, unknown_fields: context.unknown.get() })
    };
    let context = Context::new(Source::Plain);
    let first = read(&context, None);
    if first.is_some() || !context.guessed.get() {
        return first;
    }
    let kind = find_type(text).filter(|kind| *kind != event::GUESS)?;
    read(&Context::new(Source::Plain), Some(kind))
}

fn parse_any<'a>(text: &'a str, limits: &Limits) -> Result<Parsed<'a>, Reject> {
    parse(text, limits, Source::Line, || serde_json::Deserializer::from_str(text))
}

/// Reads JSON text into an event that stands for itself.
fn parse_copied(text: &str, limits: &Limits) -> Result<Parsed<'static>, Reject> {
    parse(text, limits, Source::Copied, || serde_json::Deserializer::from_reader(text.as_bytes()))
}

/// Reads an event once, or twice if its `type` came late and was not the one guessed.
fn parse<'de, R: serde_json::de::Read<'de>>(
    text: &str,
    limits: &Limits,
    source: Source,
    deserializer: impl Fn() -> serde_json::Deserializer<R>,
) -> Result<Parsed<'de>, Reject> {
    let context = Context::new(source);
    let first = attempt(deserializer(), &context, limits, None);
    let Err(reject) = first else {
        return first;
    };
    match find_type(text).filter(|&kind| context.guessed.get() && kind != event::GUESS) {
        Some(kind) => attempt(deserializer(), &Context::new(source), limits, Some(kind)),
        None if text.trim_ascii().is_empty() => {
            Err(Reject::new(Reason::EmptyLine, "expected a JSON object, found an empty line"))
        }
        None => Err(reject),
    }
}

/// Reads an event of a known type, or of one that is yet to be found.
fn attempt<'de, R: serde_json::de::Read<'de>>(
    mut from: serde_json::Deserializer<R>,
    context: &Context,
    limits: &Limits,
    kind: Option<Kind>,
) -> Result<Parsed<'de>, Reject> {
    let read = Reader(TopLevel { context, limits, kind }).deserialize(&mut from);
    match read.and_then(|event| from.end().map(|()| event)) {
        Ok(event) => Ok(Parsed { event, unknown_fields: context.unknown.get() }),
        Err(error) => Err(context.refused().unwrap_or_else(|| syntax(&error, context))),
    }
}

/// What the parser itself did not like.
#[cold]
fn syntax(error: &serde_json::Error, context: &Context) -> Reject {
    let place = context.place();
    if error.is_eof() {
        return Reject::new(Reason::Truncated, format!("{place}the line ends too early: {error}"));
    }
    Reject::new(Reason::InvalidJson, format!("{place}not JSON: {error}"))
}
