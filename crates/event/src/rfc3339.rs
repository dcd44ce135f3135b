//! Times as RFC 3339 text in UTC (`2026-02-23T09:15:00.250Z`), read and written.

use crate::time::EventTime;

/// Writes a time as serde text.
///
/// # Errors
/// Whatever the serializer says.
pub fn serialize<S: serde::Serializer>(time: &EventTime, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format(*time))
}

/// The same for a time that may be absent.
pub mod option {
    use super::EventTime;

    /// Writes a time, or null.
    ///
    /// # Errors
    /// Whatever the serializer says.
    pub fn serialize<S: serde::Serializer>(
        time: &Option<EventTime>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::serialize(time, to),
            None => to.serialize_none(),
        }
    }
}

/// `2026-02-23T09:15:00.250Z`, always with milliseconds. Years outside 0 to 9999 are clipped to them.
#[must_use]
pub fn format(time: EventTime) -> String {
    let millis = time.0.clamp(-62_167_219_200_000, 253_402_300_799_999);
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Days since 1970-01-01 to (year, month, day) of the proleptic Gregorian calendar
/// (the era arithmetic of Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
