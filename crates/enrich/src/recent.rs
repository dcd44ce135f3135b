//! What a worker remembers between events to save work: the sketches of blocks it has just seen.
//!
//! Most of a request is a conversation sent again. A sketch is a pure function of its block, so
//! finding one here changes no result, only the time it takes.

use event::enriched::BlockSketch;

use crate::text::cues::Signals;

/// What a block came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reduced {
    /// Its sketch.
    pub sketch: BlockSketch,
    /// What it asks for.
    pub signals: Signals,
}

/// Counts of what happened while enriching; no part of any result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Blocks found among the recent ones.
    pub hits: u64,
    /// Blocks looked for in vain.
    pub misses: u64,
    /// Sketches that came in place of content and could not be read; treated as absent.
    pub sketches_refused: u64,
}

/// A bounded cache of blocks by digest, and the counts.
#[derive(Debug)]
pub struct Recent {
    /// What happened so far.
    pub notes: Notes,
    slots: Vec<Option<(u128, Reduced)>>,
    victims: Vec<u8>,
}

/// Places where one block may be; the oldest of them gives way.
const WAYS: usize = 4;
/// The most one slot can hold: itself, 32 fingerprints of 8 bytes, and the allocator's share.
const SLOT_BYTES: usize = size_of::<Option<(u128, Reduced)>>() + 32 * 8 + 16;
/// What [`Recent::default`] may hold.
const DEFAULT_BYTES: usize = 4 << 20;

impl Default for Recent {
    fn default() -> Recent {
        Recent::new(DEFAULT_BYTES)
    }
}

impl Recent {
    /// A cache that never holds more than about `bytes`; 0 remembers nothing.
    #[must_use]
    pub fn new(bytes: usize) -> Recent {
        let sets = bytes / (SLOT_BYTES * WAYS + 1);
        Recent { notes: Notes::default(), slots: vec![None; sets * WAYS], victims: vec![0; sets] }
    }

    /// Bytes it may come to hold.
    #[must_use]
    pub fn capacity_bytes(&self) -> usize {
        self.slots.len() * SLOT_BYTES + self.victims.len()
    }

    pub(crate) fn get(&mut self, digest: u128) -> Option<Reduced> {
        let set = self.set(digest)?;
        let ways = self.slots.get(set * WAYS..(set + 1) * WAYS)?;
        let found = ways.iter().flatten().find(|(key, _)| *key == digest);
        match found {
            Some(_) => self.notes.hits += 1,
            None => self.notes.misses += 1,
        }
        found.map(|(_, reduced)| reduced.clone())
    }

    pub(crate) fn put(&mut self, digest: u128, reduced: &Reduced) {
        let Some(set) = self.set(digest) else { return };
        let Some(victim) = self.victims.get_mut(set) else { return };
        let way = usize::from(*victim) % WAYS;
        *victim = victim.wrapping_add(1);
        if let Some(slot) = self.slots.get_mut(set * WAYS + way) {
            *slot = Some((digest, reduced.clone()));
        }
    }

    fn set(&self, digest: u128) -> Option<usize> {
        let sets = self.victims.len() as u64;
        // The digest is uniform, so its upper half scaled down is as well.
        (sets > 0).then(|| (((digest >> 64) * u128::from(sets)) >> 64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_it_was_given_until_others_come() {
        let mut recent = Recent::new(100_000);
        assert!(recent.capacity_bytes() <= 100_000);
        let digest = |n: u64| u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let reduced = |n: u64| Reduced {
            sketch: BlockSketch { words: n as u32, ..BlockSketch::default() },
            ..Reduced::default()
        };
        for n in 0..10_000 {
            recent.put(digest(n), &reduced(n));
            assert_eq!(recent.get(digest(n)), Some(reduced(n)));
        }
        assert_eq!(recent.get(digest(3)), None);
        assert_eq!(recent.notes, Notes { hits: 10_000, misses: 1, sketches_refused: 0 });
    }

    #[test]
    fn without_room_it_remembers_nothing() {
        let mut recent = Recent::new(0);
        recent.put(7, &Reduced::default());
        assert_eq!(recent.get(7), None);
    }
}
