//! Times as platforms write them: RFC 3339 text, or whole epoch milliseconds.

use serde::de::Error;

use super::reject::Reason;
use super::value::{Leaf, Place, Scalar, Shape};
use crate::rfc3339;
use crate::time::EventTime;

/// The times that RFC 3339 can write: the years 0 to 9999.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// A time, or null for nothing.
pub(super) struct Time<'c>(pub(super) Place<'c>);

impl<'de> Shape<'de> for Time<'_> {
    type Value = Option<EventTime>;

    fn scalar<E: Error>(self, found: Scalar<'de>) -> Result<Option<EventTime>, E> {
        let context = self.0.context;
        let invalid = |found: &Scalar<'_>| {
            let forms = "RFC 3339 such as 2026-02-23T09:15:00Z, or whole epoch milliseconds";
            context.refuse(Reason::InvalidTime, format!("expected {forms}, found {found}"))
        };
        let time = match &found {
            Scalar::Null => return Ok(None),
            Scalar::Text(text) => rfc3339::parse(text).ok_or_else(|| invalid(&found))?,
            _ => EventTime(i64::take(found).map_err(|found| invalid(&found))?),
        };
        if WRITABLE.contains(&time.0) {
            return Ok(Some(time));
        }
        // Microseconds end here: those of our days are milliseconds of the year 58000.
        let detail = format!("expected milliseconds of the years 0 to 9999, found {}", time.0);
        Err(context.refuse(Reason::TimeOutOfRange, detail))
    }
}

/// Why `time` is not within `earliest` (inclusive) and `latest` (exclusive), with what may have
/// gone wrong.
pub(super) fn out_of_range(time: EventTime, earliest: EventTime, latest: EventTime) -> String {
    let as_seconds = time.0.checked_mul(1_000).map(EventTime);
    let guess = if as_seconds.is_some_and(|time| (earliest..latest).contains(&time)) {
        "; these look like seconds, milliseconds are expected"
    } else {
        ""
    };
    let [from, to, found] = [earliest, latest, time].map(rfc3339::format);
    format!("expected a time from {from} up to {to}, found {found}{guess}")
}
