//! The form of a dead letter on the broker.
//!
//! A record of `dead-letters` says what was wrong, where the refused record is, and its digest. It
//! carries none of its bytes: they may hold what people wrote, and they stay where they were, under
//! the retention and the rights of the user's own topic. Its key is its origin, `topic/partition@offset`.
//! A record without a value says that the letter of this key is settled: its record was produced again.

use std::fmt;
use std::str::FromStr;

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
}
