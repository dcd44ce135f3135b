//! The position: the one row that says what the store holds, to which offset, since when.
//!
//! A write puts its pages where nobody looks yet, then the list of layers, and then this row; whoever
//! finds it finds the pages it tells of, or sees that they are not those.

use serde::{Deserialize, Serialize};
use step::Slot;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::engine::{Engine, Reading};
use crate::error::Error;
use crate::layer::Layer;

/// Its key in the database.
const POSITION: &[u8] = b"position";

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
    /// The checksum of the list of layers.
    pub layers_sum: u64,
    /// The layers of every slot that has any; beside the row, since it may take many chunks.
    #[serde(skip)]
    pub slots: Vec<(Slot, Vec<Layer>)>,
}

impl Position {
    /// Reads the position; `None` if there never was one.
    pub fn get(engine: &Engine, seed: u64) -> Result<Option<Position>, Error> {
        let Some(row) = engine.get(POSITION, Reading::Along)? else { return Ok(None) };
        let mut position: Position = step::decode(checked(engine, &row, seed)?)
            .map_err(|error| engine.damaged(format!("its position row: {error}")))?;
        let list = engine.get(&position.list_key(), Reading::Along)?;
        let list = list.ok_or_else(|| engine.damaged("its list of layers is missing".into()))?;
        if xxh3_64_with_seed(&list, seed) != position.layers_sum {
            return Err(engine.damaged("its list of layers is not that of its position".into()));
        }
        position.slots = step::decode(&list)
            .map_err(|error| engine.damaged(format!("its list of layers: {error}")))?;
        Ok(Some(position))
    }

    /// Puts the list of layers where nobody looks yet.
    pub fn put_layers(&mut self, engine: &Engine, seed: u64) -> Result<(), Error> {
        let list = step::encode(&self.slots);
        self.layers_sum = xxh3_64_with_seed(&list, seed);
        engine.put(&self.list_key(), &list)
    }

    /// Puts the row itself: from here on this is what the store holds.
    pub fn put(&self, engine: &Engine, seed: u64) -> Result<(), Error> {
        let mut row = step::encode(self);
        row.extend(xxh3_64_with_seed(&row, seed).to_le_bytes());
        engine.put(POSITION, &row)
    }

    /// The list goes where the last one is not.
    fn list_key(&self) -> [u8; 2] {
        [b'l', (self.sequence % 2) as u8]
    }
}

fn checked<'a>(engine: &Engine, row: &'a [u8], seed: u64) -> Result<&'a [u8], Error> {
    match row.split_last_chunk() {
        Some((body, sum)) if xxh3_64_with_seed(body, seed) == u64::from_le_bytes(*sum) => Ok(body),
        _ => Err(engine.damaged("its position row does not match its checksum".into())),
    }
}
