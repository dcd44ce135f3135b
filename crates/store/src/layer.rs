//! Layers: the rows of a slot, oldest first. The bottom has nearly all, those above what changed since.
//!
//! A write adds a layer of what changed to each slot it touches, for to write the pages again on which
//! 20,000 of a million accounts stand would be to write three quarters of the store. Layers of like
//! size are made one, and from time to time all layers of some slots become their new bottom, with
//! as much work a write as follows from what it brought.

use serde::{Deserialize, Serialize};
use step::Slot;

use crate::filter::Filter;
use crate::page::{Address, page_of};

/// What a page holds at most on average: so that most are one chunk of the database.
const PAGE_BYTES: u64 = 12 << 10;

/// More pages a layer has not; they grow instead.
const BITS_MOST: u8 = 14;

/// So many layers of like size stand side by side before they become one.
const LAYERS_ALIKE: usize = 3;

/// Layers below this size are alike.
const LAYER_BYTES_LEAST: u64 = 4 << 10;

/// How much of the bottom has changed before it is made anew, at least: a quarter, and this.
const CHANGED_BYTES_LEAST: u64 = 32 << 10;

/// A slot has no more layers than this.
const LAYERS_MOST: usize = 20;

/// How much a write makes anew of bottoms, and again of layers above them, at most: four times what
/// it brings, and this.
const RENEWED_BYTES: u64 = 8 << 20;

/// A layer as the position tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layer {
    /// The write it came with.
    pub sequence: u64,
    pub bank: u8,
    /// It has `1 << bits` pages.
    pub bits: u8,
    pub rows: u64,
    /// Of these, rows that say that older ones are gone.
    pub gone: u64,
    pub bytes: u64,
    /// The sum of its pages' checksums: a page lost, or of another time, does not add up.
    pub sum: u64,
}

impl Layer {
    /// How many pages it has, as bits.
    pub fn bits_for(bytes: u64) -> u8 {
        let pages = bytes.div_ceil(PAGE_BYTES).max(1);
        (pages.next_power_of_two().trailing_zeros() as u8).min(BITS_MOST)
    }

    /// The places of its pages.
    pub fn addresses(&self, slot: Slot, depth: u8) -> impl Iterator<Item = Address> + use<> {
        let bank = self.bank;
        (0..1_u32 << self.bits).map(move |page| Address { slot, depth, bank, page: page as u16 })
    }
}

/// What a page must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The lower half of its checksum.
    pub sum: u32,
    pub bytes: u32,
}

/// A layer and what is kept of it in memory.
#[derive(Debug)]
pub(crate) struct Held {
    pub layer: Layer,
    pub filter: Filter,
    pub checks: Vec<Check>,
}

impl Held {
    /// The page on which the group stands, if it has one here.
    pub fn find(&self, slot: Slot, depth: u8, group: u64) -> Option<Address> {
        let page = page_of(group, self.layer.bits);
        let address = Address { slot, depth, bank: self.layer.bank, page };
        self.filter.maybe_has(group).then_some(address)
    }

    /// Bytes it takes in memory.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Held>() + self.filter.bytes() + size_of_val(&*self.checks)
    }
}

/// Which layers become one with what comes in: `from` and all above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub slot: Slot,
    pub from: usize,
}

/// What a write does, from the sizes of every slot's layers and what comes in for it.
///
/// Slots fill alike, so all would be due in one write; those that need it most come first.
pub(crate) fn plan(layers: &[Vec<u64>], incoming: &[u64]) -> Vec<Step> {
    let budget = incoming.iter().sum::<u64>() * 4 + RENEWED_BYTES;
    let renewed = afford(
        budget,
        layers.iter().zip(incoming).map(|(layers, incoming)| {
            let (bottom, above) = layers.split_first()?;
            let changed = above.iter().sum::<u64>() + incoming;
            let due = changed > CHANGED_BYTES_LEAST.max(bottom / 4);
            due.then(|| (changed * 1024 / bottom.max(&1), bottom + changed))
        }),
    );
    let joining = afford(
        budget,
        layers.iter().zip(incoming).map(|(layers, incoming)| {
            let joined = &layers[joined(layers, *incoming)..];
            (*incoming > 0 && !joined.is_empty())
                .then(|| (layers.len() as u64, joined.iter().sum()))
        }),
    );
    let slots =
        (0..=u8::MAX).map(Slot).zip(layers.iter().zip(incoming)).zip(renewed.iter().zip(joining));
    slots
        .filter(|((_, (_, incoming)), (renewed, _))| **incoming > 0 || **renewed)
        .map(|((slot, (layers, incoming)), (renewed, may_join))| {
            let from = match layers.len() {
                _ if *renewed => 0,
                LAYERS_MOST.. => 1,
                _ if may_join => joined(layers, *incoming),
                count => count,
            };
            Step { slot, from }
        })
        .collect()
}

/// Of what each slot asks for (how much it needs it, and what it costs), what the budget allows.
fn afford(mut budget: u64, asked: impl Iterator<Item = Option<(u64, u64)>>) -> Vec<bool> {
    let asked: Vec<_> = asked.collect();
    let mut given = vec![false; asked.len()];
    let mut order: Vec<usize> = (0..asked.len()).filter(|slot| asked[*slot].is_some()).collect();
    order.sort_by_key(|slot| std::cmp::Reverse(asked[*slot]));
    for slot in order {
        let (_, cost) = asked[slot].unwrap_or_default();
        if cost <= budget {
            budget -= cost;
            given[slot] = true;
        }
    }
    given
}

/// From where on layers are so like a new one of `incoming` bytes that they should become one.
fn joined(layers: &[u64], incoming: u64) -> usize {
    let (mut from, mut bytes) = (layers.len(), incoming);
    while from > 1 {
        let most = tier(bytes);
        let alike = layers[1..from].iter().rev().take_while(|bytes| tier(**bytes) <= most);
        let alike = alike.count();
        if alike < LAYERS_ALIKE {
            break;
        }
        bytes += layers[from - alike..from].iter().sum::<u64>();
        from -= alike;
    }
    from
}

/// Layers of one tier are within four times of each other.
fn tier(bytes: u64) -> u32 {
    (bytes / LAYER_BYTES_LEAST).checked_ilog2().map_or(0, |log| log / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_of_like_size_become_one_and_stay_few() {
        let mut layers: Vec<u64> = vec![1 << 40];
        let mut written = 0;
        for _ in 0..4_000 {
            let from = joined(&layers, 7_000);
            let bytes = layers.drain(from..).sum::<u64>() + 7_000;
            layers.push(bytes);
            written += bytes;
            assert!(layers.len() < 20, "{} layers", layers.len());
        }
        let times = written as f64 / (4_000.0 * 7_000.0);
        assert!(times < 7.0, "a row is written {times} times on its way to the bottom");
    }

    #[test]
    fn what_is_made_anew_follows_what_comes_in() {
        // A million accounts of 850 bytes in 256 slots, 2,000 of them changed in each write.
        let (bottom, incoming) = (3_300_000, [6_600; 256]);
        let mut layers = vec![vec![bottom]; 256];
        let (mut most, mut total, mut above) = (0, 0, 0);
        for _ in 0..400 {
            let mut written = 0;
            for Step { slot, from } in plan(&layers, &incoming) {
                let layers = &mut layers[usize::from(slot.0)];
                let bytes = layers.drain(from..).sum::<u64>() + 6_600;
                layers.push(if from == 0 { bottom } else { bytes });
                written += bytes;
            }
            most = most.max(written);
            total += written;
            let changed = layers.iter().map(|layers| layers[1..].iter().sum::<u64>());
            above = above.max(changed.max().unwrap_or(0));
        }
        assert!(most < 60 << 20, "{most} bytes in one write");
        assert!(total / 400 < 20 << 20, "{} bytes a write", total / 400);
        assert!(above < bottom / 2, "{above} bytes above the bottom");
    }
}
