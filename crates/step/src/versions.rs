//! A table with effect times: what a task knows from elsewhere, as it stood at any recent time.
//!
//! Rows come from one writer, with the time from which they hold. A reader asks for the value *at*
//! an event's time and so gets the same answer however early or late the row reached it.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash};

use event::EventTime;

use crate::state::Map;

/// Values by key and effect time.
#[derive(Clone, Debug)]
pub struct Versions<K, V> {
    rows: Map<K, History<V>>,
    /// A bit for each key that has a row, sixteen times as many as keys: small enough to stay near
    /// the processor, since a request asks for fifty keys and nearly none of them is there.
    filter: Vec<u64>,
}

/// The values of one key. Nearly all have one only, and the newest is nearly always what is asked for,
/// so it lies in the row.
#[derive(Clone, Debug)]
struct History<V> {
    newest: (EventTime, Option<V>),
    /// By effect time.
    earlier: Vec<(EventTime, Option<V>)>,
}

impl<V> History<V> {
    fn insert(&mut self, effect: EventTime, value: Option<V>) {
        match effect.cmp(&self.newest.0) {
            Ordering::Greater => {
                self.earlier.push(std::mem::replace(&mut self.newest, (effect, value)));
            }
            Ordering::Equal => self.newest.1 = value,
            Ordering::Less => match self.earlier.binary_search_by_key(&effect, |(at, _)| *at) {
                Ok(index) => self.earlier[index].1 = value,
                Err(index) => self.earlier.insert(index, (effect, value)),
            },
        }
    }
}

impl<K, V> Default for Versions<K, V> {
    fn default() -> Self {
        Versions { rows: Map::default(), filter: vec![0; 16] }
    }
}

impl<K: Eq + Hash, V> Versions<K, V> {
    /// Adds a row: from `effect` on, `key` has `value` (`None`: nothing). A row of the same key and
    /// effect time replaces the earlier one.
    pub fn insert(&mut self, key: K, effect: EventTime, value: Option<V>) {
        self.mark(&key);
        match self.rows.entry(key) {
            Entry::Occupied(mut row) => row.get_mut().insert(effect, value),
            Entry::Vacant(row) => {
                row.insert(History { newest: (effect, value), earlier: Vec::new() });
            }
        }
    }

    /// The value in effect at `time`.
    #[must_use]
    #[inline]
    pub fn at(&self, key: &K, time: EventTime) -> Option<&V> {
        let (word, bit) = self.place(key);
        if self.filter[word] >> bit & 1 == 0 { None } else { self.find(key, time) }
    }

    /// What [`Versions::at`] seldom has to do.
    #[inline(never)]
    fn find(&self, key: &K, time: EventTime) -> Option<&V> {
        let History { newest, earlier } = self.rows.get(key)?;
        let mut versions = std::iter::once(newest).chain(earlier.iter().rev());
        versions.find(|(effect, _)| *effect <= time)?.1.as_ref()
    }

    #[inline]
    fn place(&self, key: &K) -> (usize, u32) {
        // The map uses the lowest and the highest bits of the hash; the length is a power of two.
        let hash = self.rows.hasher().hash_one(key) >> 20;
        ((hash >> 6) as usize & (self.filter.len() - 1), (hash & 63) as u32)
    }

    fn mark(&mut self, key: &K) {
        if (self.rows.len() + 1) * 16 > self.filter.len() * 64 {
            self.filter = vec![0; self.filter.len() * 4];
            let places: Vec<(usize, u32)> = self.rows.keys().map(|key| self.place(key)).collect();
            places.into_iter().for_each(|(word, bit)| self.filter[word] |= 1 << bit);
        }
        let (word, bit) = self.place(key);
        self.filter[word] |= 1 << bit;
    }

    /// Forgets what nobody at `time` or later can ask for.
    pub fn prune(&mut self, time: EventTime) {
        self.rows.retain(|_, History { newest, earlier }| {
            if newest.0 <= time {
                earlier.clear();
                return newest.1.is_some();
            }
            let superseded = earlier.iter().rposition(|(effect, _)| *effect <= time).unwrap_or(0);
            earlier.drain(..superseded);
            true
        });
    }

    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_from_its_effect_time_on() {
        let mut table = Versions::default();
        table.insert("a", EventTime(20), Some(2));
        table.insert("a", EventTime(10), Some(1));
        table.insert("a", EventTime(30), None);
        let seen = |time| table.at(&"a", EventTime(time)).copied();
        assert_eq!(
            [9, 10, 19, 20, 29, 30].map(seen),
            [None, Some(1), Some(1), Some(2), Some(2), None]
        );
        assert_eq!(table.at(&"b", EventTime(99)), None);
    }

    #[test]
    fn pruning_changes_no_answer_that_may_still_be_asked_for() {
        let mut table = Versions::default();
        for (effect, value) in [(10, Some(1)), (20, Some(2)), (30, None)] {
            table.insert("a", EventTime(effect), value);
        }
        table.prune(EventTime(25));
        assert_eq!(table.at(&"a", EventTime(25)), Some(&2));
        assert_eq!(table.at(&"a", EventTime(30)), None);
        table.prune(EventTime(30));
        assert!(table.is_empty());
    }
}
