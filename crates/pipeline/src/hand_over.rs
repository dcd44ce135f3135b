//! What a replay hands over to a running system: the state of every shard, and what the tables hold.
//!
//! A stream of entries, each behind its length: a [`Head`], rows and table messages, and a [`Tail`] that
//! says how many there were, so that what was cut off is noticed. Where it is kept, and what guards it
//! against damage there, is its keeper's business.

use event::id::Digest;
use serde::{Deserialize, Serialize};
use step::{Corrupt, TableId};

use crate::Config;
use crate::message::{Place, TableMessage};

/// The format of what follows.
pub const FORMAT: u32 = 1;

/// Whose state a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the topology describes each")]
pub enum Owner {
    Account,
    Object,
    Campaign,
}

/// What was replayed, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// Partitions of the input, and of the account and the object task.
    pub partitions: u32,
    /// The configuration, of which the state is a consequence; see [`configuration`].
    pub configuration: String,
    /// What only the secret of its sketches says, and not the secret.
    pub keys: Digest,
    /// Records that were taken of each partition.
    pub records: Vec<u64>,
}

/// The end, with the number of entries between it and the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// Rows and table messages.
    pub entries: u64,
}

/// One thing that is handed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// Comes first.
    Head(Head),
    /// A row of a shard's changelog.
    Row {
        /// The task.
        owner: Owner,
        /// The shard.
        partition: u32,
        /// Where in the shard.
        place: Place,
        /// In which table.
        table: TableId,
        /// Its key.
        key: Vec<u8>,
        /// Its value.
        value: Vec<u8>,
    },
    /// What every account shard has read of the tables.
    Table(TableMessage),
    /// Comes last.
    Tail(Tail),
}

/// An entry as bytes, with its length before it.
#[must_use]
pub fn encode(entry: &Entry) -> Vec<u8> {
    let mut bytes = step::encode_to(entry, vec![0; 4]);
    let length = (bytes.len() - 4) as u32;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

/// The entry in `bytes`, without the length.
///
/// # Errors
/// If they are no entry.
pub fn decode(bytes: &[u8]) -> Result<Entry, Corrupt> {
    step::decode(bytes)
}

/// Everything in a configuration that state depends on, as text: two of them agree if their texts do.
#[must_use]
pub fn configuration(config: &Config) -> String {
    format!("{:?}", config.agreed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::EventTime;
    use step::Slot;

    #[test]
    fn entries_come_back() {
        let row = Entry::Row {
            owner: Owner::Object,
            partition: 3,
            place: Place { part: 2, slot: Slot(7) },
            table: 1,
            key: vec![1, 2],
            value: vec![0; 300],
        };
        let said = Entry::Table(TableMessage::Complete(EventTime(5)));
        for entry in [row, said, Entry::Tail(Tail { entries: 2 })] {
            let bytes = encode(&entry);
            let (length, rest) = bytes.split_at(4);
            assert_eq!(length, (rest.len() as u32).to_le_bytes());
            assert_eq!(decode(rest).expect("it is one"), entry);
            assert!(decode(&rest[..rest.len() - 1]).is_err());
        }
    }

    #[test]
    fn a_configuration_that_says_something_else_has_another_text() {
        let usual = Config::default();
        let mut other = usual;
        other.time.bucket *= 2;
        assert_ne!(configuration(&usual), configuration(&other));
        assert_eq!(configuration(&usual), configuration(&usual.agreed()));
    }
}
