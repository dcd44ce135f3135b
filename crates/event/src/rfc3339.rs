//! Times as RFC 3339 text in UTC (`2026-02-23T09:15:00.250Z`), read and written.

use crate::time::EventTime;

/// Writes a time as serde text.
///
/// # Errors
/// Whatever the serializer says.
pub fn serialize<S: serde::Serializer>(time: &EventTime, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format(*time))
}

/// Reads a time from serde text.
///
/// # Errors
/// If it is no text, or none that [`parse`] reads.
pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<EventTime, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom("no RFC 3339 time"))
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

    /// Reads a time, or null.
    ///
    /// # Errors
    /// If it is neither.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Option<EventTime>, D::Error> {
        let text = <Option<std::borrow::Cow<'de, str>> as serde::Deserialize>::deserialize(from)?;
        text.map(|text| {
            super::parse(&text).ok_or_else(|| serde::de::Error::custom("no RFC 3339 time"))
        })
        .transpose()
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

/// (year, month, day) to days since 1970-01-01, the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Reads `2026-02-23T09:15:00.250Z`: any fraction (cut to milliseconds), `Z` or a numeric offset,
/// a leap second as the last one of its minute. `None` if it is anything else.
#[must_use]
pub fn parse(text: &str) -> Option<EventTime> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes.get(from..to)?.iter().try_fold(0_i64, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    let mark = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|byte| allowed.contains(byte));
    if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let month_start = days(year, month, 1);
    let next_month = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
    let real_day = (1..=12).contains(&month) && (1..=next_month - month_start).contains(&day);
    if !real_day || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let digits = if mark(19, b".") {
        bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    } else {
        0
    };
    let zone = if mark(19, b".") { 20 + digits } else { 19 };
    if mark(19, b".") && !(1..=12).contains(&digits) {
        return None;
    }
    let kept = digits.min(3);
    let millis = number(20, 20 + kept).unwrap_or(0) * [1_000, 100, 10, 1][kept];
    let offset = match (bytes.get(zone)?, bytes.len() - zone) {
        (b'Z' | b'z', 1) => 0,
        (sign @ (b'+' | b'-'), 6) if mark(zone + 3, b":") => {
            let (hours, minutes) = (number(zone + 1, zone + 3)?, number(zone + 4, zone + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (if *sign == b'+' { 1 } else { -1 }) * (hours * 60 + minutes)
        }
        _ => return None,
    };
    let days = month_start + day - 1;
    let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second.min(59);
    Some(EventTime(seconds * 1_000 + millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_standard_allows() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-02-23T09:15:00.250Z", 1_771_838_100_250),
            ("2026-02-23T09:15:00.250999999Z", 1_771_838_100_250),
            ("2026-02-23T10:15:00.25+01:00", 1_771_838_100_250),
            ("2024-02-29t23:59:60z", 1_709_251_199_000),
            ("1969-12-31T23:59:59.999Z", -1),
        ] {
            assert_eq!(parse(text), Some(EventTime(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "now",
            "2026-02-23",
            "2026-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-23T24:00:00Z",
            "2026-02-23T09:15:00",
            "2026-02-23T09:15:00.Z",
            "2026-02-23T09:15:00+1:00",
            "2026-02-23T09:15:00Zx",
            "２026-02-23T09:15:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for millis in (-2_000_000_000_000..4_000_000_000_000).step_by(7_654_321_987) {
            assert_eq!(parse(&format(EventTime(millis))), Some(EventTime(millis)));
        }
    }
}
