//! Rows of state as they are digested: millions at the end of a run, so all in one piece of memory.

use serde::Serialize;

use crate::codec::encode_to;
use crate::state::TableId;

/// Rows as bytes: their table, key and value.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// Where a row lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    table: TableId,
    /// The first eight bytes of the key: they nearly always tell two rows apart.
    head: u64,
    start: usize,
    value: usize,
    end: usize,
}

impl Rows {
    /// Appends a row.
    pub fn push<K: Serialize, V: Serialize>(&mut self, table: TableId, key: &K, value: &V) {
        let start = self.bytes.len();
        self.bytes = encode_to(key, std::mem::take(&mut self.bytes));
        let middle = self.bytes.len();
        self.bytes = encode_to(value, std::mem::take(&mut self.bytes));
        let mut head = [0; 8];
        let key = &self.bytes[start..middle];
        head.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        let (head, end) = (u64::from_be_bytes(head), self.bytes.len());
        self.places.push(Place { table, head, start, value: middle, end });
    }

    /// Takes all rows out, and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }

    /// Puts the rows in order: by table, key and value.
    pub fn sort(&mut self) {
        let bytes = &self.bytes;
        let key = |at: &Place| &bytes[at.start..at.value];
        let value = |at: &Place| &bytes[at.value..at.end];
        self.places.sort_unstable_by(|one, other| {
            (one.table, one.head)
                .cmp(&(other.table, other.head))
                .then_with(|| key(one).cmp(key(other)))
                .then_with(|| value(one).cmp(value(other)))
        });
    }

    /// The rows, in the order in which they came unless they were sorted.
    pub fn iter(&self) -> impl Iterator<Item = (TableId, &[u8], &[u8])> {
        let row =
            |at: &Place| (at.table, &self.bytes[at.start..at.value], &self.bytes[at.value..at.end]);
        self.places.iter().map(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_ordered_like_their_bytes() {
        let mut rows = Rows::default();
        let keys: [&[u8]; 6] = [b"", b"\0", b"abcdefgh", b"abcdefghi", b"abcdefgh\0", b"b"];
        for (number, key) in keys.iter().enumerate() {
            rows.push((number % 2) as TableId, key, &(number as u64));
            rows.push(0, key, &7_u64);
        }
        let mut expected: Vec<(TableId, Vec<u8>, Vec<u8>)> =
            rows.iter().map(|(table, key, value)| (table, key.to_vec(), value.to_vec())).collect();
        expected.sort_unstable();
        rows.sort();
        let sorted = rows.iter().map(|(table, key, value)| (table, key.to_vec(), value.to_vec()));
        assert_eq!(sorted.collect::<Vec<_>>(), expected);
        rows.clear();
        assert_eq!(rows.iter().count(), 0);
    }
}
