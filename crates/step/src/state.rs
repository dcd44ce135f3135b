//! What a stage remembers: tables of a slot that know which of their rows changed.
//!
//! The rows live in memory as themselves, not as bytes; bytes are made once per commit, of the rows
//! that changed, for the changelog. Lookups hash; whatever walks a table does so in key order.

use std::collections::BTreeSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{Corrupt, decode, encode, encode_to};
use crate::rows::Rows;

/// Names a table within a stage's state; part of the changelog's keys, so it never changes.
pub type TableId = u8;

/// One row that changed: its table, its key, and its value now (`None`: gone).
pub type Change = (TableId, Vec<u8>, Option<Vec<u8>>);

/// State that can be written down row by row and read back.
pub trait Persist: Default {
    /// Appends the rows that changed since the last call, in table and key order, and forgets that
    /// they did.
    fn take_changes(&mut self, out: &mut Vec<Change>);

    /// Puts back a row that was written down.
    ///
    /// # Errors
    /// If the bytes are damaged or of another version.
    fn restore(&mut self, table: TableId, key: &[u8], value: Option<&[u8]>) -> Result<(), Corrupt>;

    /// Appends every row, in no particular order: for digests and measurements.
    fn all_rows(&self, out: &mut Rows);
}

/// Keys are keyed digests already, or small numbers of ours: a multiply-and-shift spreads them.
#[derive(Clone, Copy, Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

#[expect(
    clippy::disallowed_types,
    reason = "the one hash map of the stages: its order is never seen, every walk that could show it sorts"
)]
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<DigestHasher>>;

/// A table of one slot.
#[derive(Clone, Debug)]
pub struct Keyed<K, V> {
    rows: Map<K, V>,
    /// Keys touched since the changes were last taken; `None` while nobody keeps a changelog.
    dirty: Option<BTreeSet<K>>,
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Keyed { rows: Map::default(), dirty: Some(BTreeSet::new()) }
    }
}

impl<K: Copy + Eq + Ord + Hash, V> Keyed<K, V> {
    /// Stops noting which rows change: for runs that keep no changelog.
    pub fn untracked(&mut self) {
        self.dirty = None;
    }

    /// The row of `key`.
    #[must_use]
    pub fn get(&self, key: K) -> Option<&V> {
        self.rows.get(&key)
    }

    /// Looks for the row of `key` and leaves it near the processor. Whoever knows some of the keys
    /// that come next looks for all of them first: memory answers many questions in the time of one.
    pub fn foresee(&self, key: K) -> Option<&V> {
        std::hint::black_box(self.rows.get(&key))
    }

    /// The row of `key`, to be changed.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let row = self.rows.get_mut(&key)?;
        if let Some(dirty) = &mut self.dirty {
            dirty.insert(key);
        }
        Some(row)
    }

    /// The row of `key`, to be changed, made by `new` if there is none.
    pub fn entry(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        if let Some(dirty) = &mut self.dirty {
            dirty.insert(key);
        }
        self.rows.entry(key).or_insert_with(new)
    }

    /// Puts a row in place.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some(dirty) = &mut self.dirty {
            dirty.insert(key);
        }
        self.rows.insert(key, value);
    }

    /// Takes a row away.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let removed = self.rows.remove(&key)?;
        if let Some(dirty) = &mut self.dirty {
            dirty.insert(key);
        }
        Some(removed)
    }

    /// Whether the row of `key` is in memory, or changed since the changes were last taken.
    #[must_use]
    pub fn holds(&self, key: K) -> bool {
        self.rows.contains_key(&key) || self.is_dirty(key)
    }

    /// Whether the row of `key` changed since the changes were last taken; of a table that does not
    /// note what changes, any may have.
    #[must_use]
    pub fn is_dirty(&self, key: K) -> bool {
        self.dirty.as_ref().is_none_or(|dirty| dirty.contains(&key))
    }

    /// Lets go of a row that is kept elsewhere as it is now: that is no change of it. Whoever asks for
    /// it before it was restored is told that there is none. A row that changed stays. Returns
    /// whether it is out of memory.
    pub fn forget(&mut self, key: K) -> bool {
        if self.is_dirty(key) {
            return false;
        }
        self.rows.remove(&key);
        true
    }

    /// Keeps the rows for which `keep` holds. The order in which it is asked is not defined, so
    /// `keep` must judge each row by itself.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let dirty = &mut self.dirty;
        self.rows.retain(|key, value| {
            let stays = keep(key, value);
            if !stays && let Some(dirty) = dirty {
                dirty.insert(*key);
            }
            stays
        });
    }

    /// Every key, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<K> {
        let mut keys: Vec<K> = self.rows.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// Every row, in key order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.keys().into_iter().map(|key| (key, &self.rows[&key]))
    }

    /// Every row, in no defined order: only for what comes out the same in any, such as a greatest
    /// element under a total order. Sorting thousands of keys to find one of them is what this saves.
    pub fn unordered(&self) -> impl Iterator<Item = (K, &V)> {
        self.rows.iter().map(|(key, value)| (*key, value))
    }

    /// A whole number folded over all rows; `fold` must not care for their order.
    pub fn count(&self, mut of: impl FnMut(&K, &V) -> u64) -> u64 {
        self.rows.iter().map(|(key, value)| of(key, value)).sum()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<K, V> Keyed<K, V>
where
    K: Copy + Eq + Ord + Hash + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    /// [`Persist::take_changes`] for this table.
    pub fn take_changes(&mut self, table: TableId, out: &mut Vec<Change>) {
        // A value grows in here and is copied once, at its length.
        let mut room = Vec::new();
        for key in self.dirty.as_mut().map(std::mem::take).unwrap_or_default() {
            let value = self.rows.get(&key).map(|row| {
                room.clear();
                room = encode_to(row, std::mem::take(&mut room));
                room.clone()
            });
            out.push((table, encode(&key), value));
        }
    }

    /// [`Persist::restore`] for this table.
    ///
    /// # Errors
    /// If the bytes are damaged or of another version.
    pub fn restore(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Corrupt> {
        let key = decode(key)?;
        match value {
            Some(value) => {
                self.rows.insert(key, decode(value)?);
            }
            None => {
                self.rows.remove(&key);
            }
        }
        Ok(())
    }

    /// [`Persist::all_rows`] for this table.
    pub fn all_rows(&self, table: TableId, out: &mut Rows) {
        self.rows.iter().for_each(|(key, value)| out.push(table, key, value));
    }
}

/// A table of one row, with key 0: no hashing for what is always there.
#[derive(Clone, Debug)]
pub struct One<V> {
    row: Option<V>,
    dirty: bool,
}

impl<V> Default for One<V> {
    fn default() -> Self {
        One { row: None, dirty: false }
    }
}

impl<V: PartialEq + Serialize + DeserializeOwned> One<V> {
    const KEY: u8 = 0;

    /// The row.
    #[must_use]
    pub fn get(&self) -> Option<&V> {
        self.row.as_ref()
    }

    /// Puts the row in place.
    pub fn set(&mut self, value: V) {
        if self.row.as_ref() != Some(&value) {
            self.row = Some(value);
            self.dirty = true;
        }
    }

    /// For the sake of [`crate::persist_tables`]: one flag costs nothing.
    pub fn untracked(&mut self) {}

    /// [`Persist::take_changes`] for this table.
    pub fn take_changes(&mut self, table: TableId, out: &mut Vec<Change>) {
        if std::mem::take(&mut self.dirty) {
            out.push((table, encode(&Self::KEY), self.row.as_ref().map(encode)));
        }
    }

    /// [`Persist::restore`] for this table.
    ///
    /// # Errors
    /// If the bytes are damaged or of another version.
    pub fn restore(&mut self, _key: &[u8], value: Option<&[u8]>) -> Result<(), Corrupt> {
        self.row = value.map(decode).transpose()?;
        Ok(())
    }

    /// [`Persist::all_rows`] for this table.
    pub fn all_rows(&self, table: TableId, out: &mut Rows) {
        if let Some(row) = &self.row {
            out.push(table, &Self::KEY, row);
        }
    }
}

/// Implements [`Persist`] for a struct whose fields are all [`Keyed`] tables or [`One`], numbered in order.
#[macro_export]
macro_rules! persist_tables {
    ($state:ty { $($id:literal => $field:ident),+ $(,)? }) => {
        impl $crate::Persist for $state {
            fn take_changes(&mut self, out: &mut Vec<$crate::Change>) {
                $(self.$field.take_changes($id, out);)+
            }

            fn restore(
                &mut self,
                table: $crate::TableId,
                key: &[u8],
                value: Option<&[u8]>,
            ) -> Result<(), $crate::Corrupt> {
                match table {
                    $($id => self.$field.restore(key, value),)+
                    _ => $crate::decode::<()>(&[table]),
                }
            }

            fn all_rows(&self, out: &mut $crate::Rows) {
                $(self.$field.all_rows($id, out);)+
            }
        }

        impl $state {
            /// Stops noting which rows change: for runs that keep no changelog.
            pub fn untracked(&mut self) {
                $(self.$field.untracked();)+
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(table: &mut Keyed<u8, u32>) -> Vec<Change> {
        let mut changes = Vec::new();
        table.take_changes(0, &mut changes);
        changes
    }

    #[test]
    fn a_row_that_is_forgotten_and_restored_never_changed() {
        let mut table = Keyed::default();
        table.insert(1_u8, 10_u32);
        assert!(!table.forget(1) && table.holds(1), "it changed");
        let taken = changes(&mut table);
        assert!(table.forget(1) && !table.holds(1));
        assert_eq!((table.get(1), table.len()), (None, 0));
        assert_eq!(changes(&mut table), []);
        let (_, key, value) = &taken[0];
        table.restore(key, value.as_deref()).expect("its own bytes");
        assert_eq!(table.get(1), Some(&10));
        assert_eq!(changes(&mut table), []);
    }

    #[test]
    fn a_row_that_was_removed_is_held_until_that_was_taken() {
        let mut table = Keyed::default();
        table.insert(1_u8, 10_u32);
        changes(&mut table);
        table.remove(1);
        assert!(table.holds(1) && !table.forget(1));
        assert_eq!(changes(&mut table).len(), 1);
        assert!(!table.holds(1));
    }

    #[test]
    fn who_notes_no_changes_forgets_nothing() {
        let mut table = Keyed::default();
        table.untracked();
        table.insert(1_u8, 10_u32);
        assert!(!table.forget(1) && table.holds(1));
    }
}
