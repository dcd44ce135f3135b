//! Slots: the 256 fixed shares of the key space that state is kept by.
//!
//! A slot is `murmur2(key) mod 256` and a partition holds the slots that are equal to it modulo the
//! partition count, which divides 256. Since Kafka's default partitioner is `murmur2(key) mod N`,
//! a topic keyed by account already is partitioned like this, and what is kept per slot does not
//! change when the partition count does.

use serde::{Deserialize, Serialize};

/// How many slots there are.
pub const SLOTS: u32 = 256;

/// One share of the key space.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Slot(pub u8);

impl Slot {
    /// The slot of a Kafka record key.
    #[must_use]
    pub fn of_key(key: &[u8]) -> Slot {
        Slot((murmur2(key) & 0x7fff_ffff).to_le_bytes()[0])
    }

    /// The slot of something that is a keyed digest already.
    #[must_use]
    pub fn of_digest(digest: event::id::Digest) -> Slot {
        Slot(digest.0.to_le_bytes()[0])
    }
}

/// What a shard keeps by slot: a place for each of the [`SLOTS`], found by its number.
#[derive(Clone, Debug)]
pub struct BySlot<T>(Vec<Option<Box<T>>>);

impl<T> Default for BySlot<T> {
    fn default() -> Self {
        BySlot((0..SLOTS).map(|_| None).collect())
    }
}

impl<T> BySlot<T> {
    /// What is kept of a slot.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<&T> {
        self.0[usize::from(slot.0)].as_deref()
    }

    /// What is kept of a slot, to be changed.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.0[usize::from(slot.0)].as_deref_mut()
    }

    /// What is kept of a slot, made by `new` if there is nothing.
    pub fn entry(&mut self, slot: Slot, new: impl FnOnce() -> T) -> &mut T {
        self.0[usize::from(slot.0)].get_or_insert_with(|| Box::new(new()))
    }

    /// What is kept of each slot of which anything is, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Slot, &mut T)> {
        let slots = (0..=u8::MAX).map(Slot).zip(&mut self.0);
        slots.filter_map(|(slot, kept)| Some((slot, kept.as_deref_mut()?)))
    }

    /// The same, to look at.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        let slots = (0..=u8::MAX).map(Slot).zip(&self.0);
        slots.filter_map(|(slot, kept)| Some((slot, kept.as_deref()?)))
    }
}

/// The partition, of `partitions` (a divisor of 256), that holds `slot`.
#[must_use]
pub fn partition_of(slot: Slot, partitions: u32) -> u32 {
    u32::from(slot.0) % partitions
}

/// The hash of Kafka's default partitioner (MurmurHash2, 32 bits, seed 0x9747b28c; A. Appleby).
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ (data.len() as u32);
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let mut word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        word = word.wrapping_mul(M);
        word ^= word >> 24;
        hash = hash.wrapping_mul(M) ^ word.wrapping_mul(M);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_like_kafka() {
        // The vectors of Kafka's own test of `Utils.murmur2`.
        for (text, expected) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()) as i32, expected, "{text}");
        }
    }

    #[test]
    fn slot_and_partition_agree_with_the_partitioner() {
        for key in ["abc", "21", "foobar"] {
            let positive = murmur2(key.as_bytes()) & 0x7fff_ffff;
            for partitions in [1, 2, 4, 8, 64, 256] {
                assert_eq!(
                    partition_of(Slot::of_key(key.as_bytes()), partitions),
                    positive % partitions
                );
            }
        }
    }
}
