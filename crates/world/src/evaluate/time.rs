//! Times as records carry them: RFC 3339 text, or whole milliseconds since 1970.

use std::fmt;

use event::EventTime;
use serde::{Deserialize, Deserializer, de};

/// A time in either of the contract's two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub EventTime);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = When;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an RFC 3339 time or integer milliseconds since 1970")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
        let time = event::rfc3339::parse(text).map(When);
        time.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<When, E> {
        Ok(When(EventTime(millis)))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<When, E> {
        let signed = i64::try_from(millis).map(|millis| When(EventTime(millis)));
        signed.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(millis), &self))
    }
}
