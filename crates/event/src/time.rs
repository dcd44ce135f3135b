//! Time as it appears in events: milliseconds since 1970-01-01T00:00:00Z, and nothing else.

use serde::{Deserialize, Serialize};

/// A point in event time, in milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventTime(pub i64);

/// One second, in the unit of [`EventTime`].
pub const SECOND: i64 = 1_000;
/// One minute, in the unit of [`EventTime`].
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in the unit of [`EventTime`].
pub const HOUR: i64 = 60 * MINUTE;
/// One day, in the unit of [`EventTime`].
pub const DAY: i64 = 24 * HOUR;

impl EventTime {
    /// Before every event.
    pub const MIN: EventTime = EventTime(i64::MIN / 4);
    /// After every event.
    pub const MAX: EventTime = EventTime(i64::MAX / 4);

    /// The time `millis` later (earlier if negative).
    #[must_use]
    pub fn plus(self, millis: i64) -> EventTime {
        EventTime(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to `self`; negative if `earlier` is in fact later.
    #[must_use]
    pub fn since(self, earlier: EventTime) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The start of the window of `width` milliseconds that holds this time.
    #[must_use]
    pub fn floor(self, width: i64) -> EventTime {
        EventTime(self.0 - self.0.rem_euclid(width))
    }

    /// The hour of the day, 0 to 23, in UTC.
    #[must_use]
    pub fn hour_of_day(self) -> usize {
        (self.0.rem_euclid(DAY) / HOUR) as usize
    }
}
