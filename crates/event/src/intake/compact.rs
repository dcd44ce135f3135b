//! JSON inside the contract: a tool's schema, a partner's bundle. It is kept as compact JSON text,
//! since nobody here looks into it field by field.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::MAX_DEPTH;
use super::context::{Source, clip};
use super::reject::Reason;
use super::value::{Entry, One, Place, Reader, too_deep};
use crate::contract::Text;

/// Text as it is, or an object as its compact JSON text.
pub(super) struct TextOrObject<'de>(pub(super) Text<'de>);

impl<'de> Entry<'de> for TextOrObject<'de> {
    fn seed(place: Place<'_>) -> impl DeserializeSeed<'de, Value = Option<Self>> {
        Seed(place)
    }
}

struct Seed<'c>(Place<'c>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Option<TextOrObject<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        match self.0.context.source {
            Source::Line => {
                let raw = <&'de RawValue>::deserialize(from)?;
                borrowed(self.0, raw.get())
            }
            Source::Plain => from.deserialize_bytes(self),
            Source::Copied => {
                let raw = Box::<RawValue>::deserialize(from)?;
                let read = borrowed(self.0, raw.get())?;
                Ok(read.map(|TextOrObject(text)| TextOrObject(Cow::Owned(text.into_owned()))))
            }
            // What was decoded already has no spaces to lose.
            Source::Decoded => {
                let text = Reader(One::<Text>(self.0, PhantomData)).deserialize(from)?;
                Ok(text.map(TextOrObject))
            }
        }
    }
}

/// For [`super::plain`], which gives an object as the bytes of its JSON text.
impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Option<TextOrObject<'de>>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("text or an object")
    }

    fn visit_borrowed_bytes<E: Error>(self, object: &'de [u8]) -> Result<Self::Value, E> {
        borrowed(self.0, std::str::from_utf8(object).map_err(E::custom)?)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(TextOrObject(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(TextOrObject(Cow::Owned(text))))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Reads the JSON text `raw`, which the parser has found to be one well-formed value.
fn borrowed<'a, E: Error>(place: Place<'_>, raw: &'a str) -> Result<Option<TextOrObject<'a>>, E> {
    let text = match raw.as_bytes().first() {
        Some(b'n') => return Ok(None),
        Some(b'"') => unquoted(raw).map_err(E::custom)?,
        Some(b'{') => {
            let spaces = spaces(raw, MAX_DEPTH.saturating_sub(place.depth));
            match spaces.ok_or_else(|| too_deep(place.context))? {
                0 => Cow::Borrowed(raw),
                _ => Cow::Owned(without_spaces(raw)),
            }
        }
        _ => {
            let detail = format!("expected text or an object, found {}", clip(raw));
            return Err(place.context.refuse(Reason::WrongType, detail));
        }
    };
    Ok(Some(TextOrObject(text)))
}

/// The text of a JSON string.
fn unquoted(raw: &str) -> Result<Text<'_>, serde_json::Error> {
    match raw.get(1..raw.len().saturating_sub(1)) {
        Some(inside) if !inside.contains('\\') => Ok(Cow::Borrowed(inside)),
        _ => serde_json::from_str(raw).map(Cow::Owned),
    }
}

/// How many spaces stand between the tokens; none if it is nested deeper than `depth`.
fn spaces(raw: &str, depth: u32) -> Option<usize> {
    let (mut outside, mut level, mut count) = (Outside::default(), 0_u32, 0);
    for byte in raw.bytes() {
        if outside.step(byte) {
            match byte {
                b'{' | b'[' => level += 1,
                b'}' | b']' => level = level.saturating_sub(1),
                b' ' | b'\t' | b'\n' | b'\r' => count += 1,
                _ => {}
            }
            if level > depth {
                return None;
            }
        }
    }
    Some(count)
}

/// The same JSON without the spaces between its tokens.
fn without_spaces(raw: &str) -> String {
    let mut outside = Outside::default();
    raw.chars()
        .filter(|&char| {
            // Only ASCII bytes change the state, and no part of a longer character is one.
            let byte = u8::try_from(char).unwrap_or(0xff);
            !(outside.step(byte) && matches!(char, ' ' | '\t' | '\n' | '\r'))
        })
        .collect()
}

/// Follows well-formed JSON and knows what is outside its strings.
#[derive(Default)]
struct Outside {
    quoted: bool,
    escaped: bool,
}

impl Outside {
    /// Takes the next byte; whether it stands outside of strings (quotes do).
    fn step(&mut self, byte: u8) -> bool {
        if !self.quoted {
            self.quoted = byte == b'"';
            return true;
        }
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.quoted = false;
        }
        false
    }
}
