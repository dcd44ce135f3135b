//! The position: the one row that says what the store holds, to which offset, since when.
//!
//! A write puts its pages where nobody looks yet and then puts this row; whoever finds it finds the
//! pages it tells of, or sees that they are not those.

use serde::{Deserialize, Serialize};
use step::Slot;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::layer::Layer;

/// Its key in the database.
pub(crate) const POSITION: &[u8] = b"position";

/// What the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The digest of the identity.
    pub identity: u128,
    /// The first record of the changelog that is not in the rows.
    pub next_offset: i64,
    /// When it was written.
    pub written_at_ms: i64,
    /// How many writes there were.
    pub sequence: u64,
    /// The layers of every slot that has any.
    pub slots: Vec<(Slot, Vec<Layer>)>,
}

impl Position {
    /// As bytes.
    pub fn encode(&self, seed: u64) -> Vec<u8> {
        let mut bytes = step::encode(self);
        bytes.extend(xxh3_64_with_seed(&bytes, seed).to_le_bytes());
        bytes
    }

    /// From bytes.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn decode(bytes: &[u8], seed: u64) -> Result<Position, String> {
        let (body, sum) = bytes.split_last_chunk().ok_or("its position row is cut off")?;
        if xxh3_64_with_seed(body, seed) != u64::from_le_bytes(*sum) {
            return Err("its position row does not match its checksum".into());
        }
        step::decode(body).map_err(|error| format!("its position row: {error}"))
    }
}
