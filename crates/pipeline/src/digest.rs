//! The state digest: what a run remembers, as one number that does not show how it was divided.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use step::Rows;

use crate::message::Place;

/// SHA-256 of all rows of a task, by place, table and key, and how many bytes they are. One place at
/// a time, which one shard holds: all rows at once would be the most memory that a run ever needs.
pub fn of_task(rows_at: impl Fn(Place, &mut Rows)) -> (String, u64) {
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let (mut rows, mut line) = (Rows::default(), Vec::new());
    for place in Place::all() {
        rows.clear();
        rows_at(place, &mut rows);
        rows.sort();
        for (table, key, value) in rows.iter() {
            line.clear();
            line.extend([place.part, place.slot.0, table]);
            line.extend((key.len() as u64).to_le_bytes());
            line.extend_from_slice(key);
            line.extend((value.len() as u64).to_le_bytes());
            line.extend_from_slice(value);
            digest.update(&line);
            bytes += (key.len() + value.len()) as u64;
        }
    }
    (hex(&digest.finalize()), bytes)
}

/// One digest of the digests of all tasks, by name.
#[must_use]
pub fn of_tasks(digests: &BTreeMap<String, String>) -> String {
    let mut whole = Sha256::new();
    for (task, digest) in digests {
        whole.update(task);
        whole.update(digest);
    }
    hex(&whole.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
