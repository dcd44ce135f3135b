//! The form of a dead letter on the broker.
//!
//! A record of `dead-letters` says what was wrong, where the refused record is, and its digest. It
//! carries none of its bytes: they may hold what people wrote, and they stay where they were, under
//! the retention and the rights of the user's own topic. Its key is its origin. A record without a
//! value says that the letter of this key is settled: its record was produced again.

use std::fmt;
use std::str::FromStr;

use event::public::DeadLetter;
use rdkafka::message::{Header, OwnedHeaders};
use sha2::{Digest, Sha256};

/// Where a record is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

impl fmt::Display for Origin {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}/{}@{}", self.topic, self.partition, self.offset)
    }
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Origin, NoOrigin> {
        let (place, offset) = text.rsplit_once('@').ok_or(NoOrigin)?;
        let (topic, partition) = place.rsplit_once('/').ok_or(NoOrigin)?;
        let partition = partition.parse().map_err(|_| NoOrigin)?;
        let offset = offset.parse().map_err(|_| NoOrigin)?;
        Ok(Origin { topic: topic.to_owned(), partition, offset })
    }
}

impl Origin {
    /// What is said of the record that is here, with these bytes: `reason` and `detail` as a `Reject`
    /// gives them.
    #[must_use]
    pub fn letter(&self, reason: &str, detail: &str, bytes: &[u8]) -> DeadLetter {
        DeadLetter {
            reason: reason.into(),
            detail: detail.into(),
            file: format!("{}/{}", self.topic, self.partition).into(),
            line: u64::try_from(self.offset).unwrap_or_default(),
            digest: digest(bytes).into(),
            bytes: bytes.len() as u64,
        }
    }

    /// The headers of its letter: for tools that route by them without reading the value.
    #[must_use]
    pub fn headers(&self, reason: &str) -> OwnedHeaders {
        let header = |key, value| Header { key, value: Some(value) };
        OwnedHeaders::new()
            .insert(header("reason", reason))
            .insert(header("origin-topic", self.topic.as_str()))
            .insert(header("origin-partition", self.partition.to_string().as_str()))
            .insert(header("origin-offset", self.offset.to_string().as_str()))
    }
}

/// SHA-256 in hex.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_it_is_written() {
        let origin = Origin { topic: "a/b@c.d".into(), partition: 3, offset: 90_210 };
        assert_eq!(origin.to_string(), "a/b@c.d/3@90210");
        assert_eq!(origin.to_string().parse(), Ok(origin));
        for text in ["", "requests", "requests/1", "requests@1", "requests/x@1", "requests/1@"] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }

    #[test]
    fn a_letter_tells_the_place_and_the_digest_and_no_bytes() {
        let origin = Origin { topic: "requests".into(), partition: 3, offset: 7 };
        let letter = origin.letter("truncated", "the line ends inside a value", b"{\"secret");
        let text = serde_json::to_string(&letter).expect("a letter has text keys");
        assert!(text.contains("\"requests/3\"") && text.contains("\"line\":7"), "{text}");
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(&*letter.digest, digest(b"{\"secret"));
    }
}
