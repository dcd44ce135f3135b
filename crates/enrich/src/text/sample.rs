//! From words to a block's sketch: its exact digest and a sample of its five-word fingerprints.
//!
//! Which fingerprints are kept depends on their own hash, so that two fillings of one template keep
//! the same ones. At the very beginning and end of a block, where templates are, one of two is kept;
//! further in one of four; in between, where a long slot's text would crowd them out, one of
//! sixteen. The one of sixteen are among the one of four and those among the one of two, so that a
//! template is recognised wherever it stands. Each zone has a quota, or the cap would take a
//! template's few fingerprints away for the sake of eight hundred words of filling.

use super::words::{Sink, Word, fold};
use crate::Config;

/// Words in one fingerprint.
const SPAN: u32 = 5;
/// Fingerprints in a sketch.
pub const CAP: usize = 32;
/// Windows at the beginning and at the end that are sampled densely.
const EDGE: usize = 64;
/// Windows at the very beginning and end, of which more are kept.
const RIM: usize = 16;
/// How many of the cap the rims, the two edges behind them and the middle may claim before the rest
/// is shared.
const QUOTAS: [usize; 5] = [8, 8, 6, 6, 4];
/// A block of fewer words than a fingerprint has one of its own if it has this many words
const SHORT_WORDS: u32 = 3;
/// and letters: greetings and thanks have less, and must not link anybody.
const SHORT_LETTERS: u32 = 20;

/// Step from one place in the block to the next: any large odd number.
const PLACE: u64 = 0xd6e8_feb8_6659_fd93;

/// What is gathered while the words of one block go by.
pub struct Sampler {
    words: u32,
    letters: u32,
    exact: u64,
    place: u64,
    rolling: u64,
    window: [u64; 8],
    before: [u64; 3],
    head: [u64; EDGE],
    tail: [u64; EDGE],
    middle: Vec<u64>,
    multiplier: u64,
    rim: u64,
    dense: u64,
    sparse: u64,
}

/// A block's words before they are keyed for a tenant.
#[derive(Debug, PartialEq, Eq)]
pub struct Sample {
    /// Hash of the canonical word sequence; means nothing if there are no words.
    pub exact: u64,
    /// Words in the block.
    pub words: u32,
    /// Kept fingerprints, at most [`CAP`], in no particular order, some perhaps twice.
    pub fingerprints: Vec<u64>,
}

impl Sampler {
    /// A sampler with the multiplier of the word hashes and the shares to keep.
    pub fn new(multiplier: u64, config: &Config) -> Sampler {
        Sampler {
            words: 0,
            letters: 0,
            exact: 0,
            place: 0,
            rolling: 0,
            window: [0; 8],
            before: [0; 3],
            head: [0; EDGE],
            tail: [0; EDGE],
            middle: Vec::new(),
            multiplier,
            rim: u64::from(config.rim) - 1,
            dense: u64::from(config.dense) - 1,
            sparse: u64::from(config.sparse) - 1,
        }
    }

    /// The sample of the words so far.
    pub fn finish(mut self) -> Sample {
        let windows = self.words.saturating_sub(SPAN - 1) as usize;
        let fingerprints = if windows == 0 {
            let telling = self.words >= SHORT_WORDS && self.letters >= SHORT_LETTERS;
            if telling { vec![!self.exact] } else { Vec::new() }
        } else {
            self.choose(windows)
        };
        Sample { exact: self.exact, words: self.words, fingerprints }
    }

    fn choose(&mut self, windows: usize) -> Vec<u64> {
        let mut middle = std::mem::take(&mut self.middle);
        let (mut first, mut last) = ([0; RIM], [0; RIM]);
        let (mut near_first, mut near_last) = ([0; EDGE - RIM], [0; EDGE - RIM]);
        let rim = self.rim;
        // The zones do not overlap; a block without a middle has smaller ones.
        let begin = windows.min(RIM);
        let end = windows.saturating_sub(RIM).max(begin);
        let head = end.min(EDGE);
        let tail = windows.saturating_sub(EDGE).clamp(head, end);
        let mut zones = [
            gather(&mut first, rim, self.head[..begin].iter()),
            gather(&mut last, rim, (end..windows).map(|at| &self.tail[at % EDGE])),
            gather(&mut near_first, self.dense, self.head[begin..head].iter()),
            gather(&mut near_last, self.dense, (tail..end).map(|at| &self.tail[at % EDGE])),
            &mut middle,
        ];
        for zone in &mut zones {
            zone.sort_unstable();
        }
        within_quotas(zones)
    }

    #[inline(never)]
    fn keep(&mut self, hash: u64) {
        self.middle.push(hash);
        if self.middle.len() == 8 * CAP {
            self.middle.sort_unstable();
            self.middle.dedup();
            self.middle.truncate(CAP);
        }
    }
}

impl Sink for Sampler {
    #[inline]
    fn words(&mut self, words: &[Word]) {
        let multiplier = self.multiplier;
        let [mut first, mut second, mut third] = self.before;
        let (mut exact, mut place, mut rolling) = (self.exact, self.place, self.rolling);
        let mut letters = 0;
        for (slot, word) in (self.words as usize..).zip(words) {
            let mut hash = word.hash;
            if word.solo {
                // Five characters of such a script say much less than five words, so each is taken
                // together with the three before it and a fingerprint spans eight.
                let context =
                    first.rotate_left(48) ^ second.rotate_left(32) ^ third.rotate_left(16);
                hash = fold(context ^ hash, multiplier);
            }
            (first, second, third) = (second, third, word.hash);
            letters += word.letters;
            // A sum, so that no word waits for the one before it; the place makes order count.
            place = place.wrapping_add(PLACE);
            exact = exact.wrapping_add(fold(hash ^ place, multiplier));
            let leaving = self.window[slot.wrapping_sub(SPAN as usize) & 7];
            self.window[slot & 7] = hash;
            // Each of the five words is turned by another amount, so that their order counts.
            rolling = rolling.rotate_left(13) ^ hash ^ leaving.rotate_left(13 * SPAN);
            let Some(at) = slot.checked_sub(SPAN as usize - 1) else { continue };
            // What leaves the ring is neither in the head nor, whatever follows, in the tail.
            let left = std::mem::replace(&mut self.tail[at % EDGE], rolling);
            if at < EDGE {
                self.head[at] = rolling;
            } else if at >= 2 * EDGE && left & self.sparse == 0 {
                self.keep(left);
            }
        }
        self.before = [first, second, third];
        (self.exact, self.place, self.rolling) = (exact, place, rolling);
        self.words = self.words.saturating_add(words.len() as u32);
        self.letters = self.letters.saturating_add(letters);
    }
}

/// Those of at most `N` hashes that are kept, gathered in `room` without a branch for each.
fn gather<'a, const N: usize>(
    room: &'a mut [u64; N],
    mask: u64,
    hashes: impl Iterator<Item = &'a u64>,
) -> &'a mut [u64] {
    let mut kept = 0;
    for hash in hashes {
        room[kept % N] = *hash;
        kept += usize::from(hash & mask == 0);
    }
    &mut room[..kept.min(N)]
}

/// Up to [`CAP`] hashes of sorted zones: each zone's smallest up to its quota, then the smallest of
/// the rest. A phrase said in two zones is there twice.
fn within_quotas(zones: [&mut [u64]; 5]) -> Vec<u64> {
    let mut chosen = Vec::with_capacity(CAP);
    let mut rest = Vec::new();
    for (zone, quota) in zones.into_iter().zip(QUOTAS) {
        let mut previous = None;
        let mut left = quota;
        for hash in zone.iter().filter(|hash| previous.replace(**hash) != Some(**hash)) {
            let to = if left > 0 { &mut chosen } else { &mut rest };
            left = left.saturating_sub(1);
            to.push(*hash);
        }
    }
    let free = CAP - chosen.len();
    if free > 0 && rest.len() > free {
        rest.sort_unstable();
    }
    chosen.extend(rest.iter().take(free));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(words: impl Iterator<Item = u64>) -> Sample {
        let mut sampler = Sampler::new(0x9e37_79b9_7f4a_7c15, &Config::default());
        for number in words {
            let hash = fold(number ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db);
            sampler.words(&[Word { hash, letters: 7, solo: false, before: 0 }]);
        }
        sampler.finish()
    }

    #[test]
    fn short_blocks_have_one_fingerprint_or_none() {
        for (words, fingerprints) in [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)] {
            assert_eq!(sample(0..words).fingerprints.len(), fingerprints, "{words}");
        }
    }

    #[test]
    fn no_sketch_exceeds_the_cap_and_the_shares_are_kept() {
        let mut short = 0;
        for seed in 0..200 {
            let base = seed * 1_000_000;
            short += sample(base..base + 68).fingerprints.len();
            assert!(sample(base..base + 5_000).fingerprints.len() <= CAP);
        }
        // 64 windows each: 32 in the rims, of which half are kept, and one of four of the others.
        assert!((22 * 200..26 * 200).contains(&short), "{short}");
    }

    #[test]
    fn a_template_at_either_end_shows_whatever_fills_the_middle() {
        let mut lost = 0;
        for seed in 0..500 {
            let template = seed * 1_000_000;
            for filling in [10, 60, 250, 800] {
                let fill = |salt: u64| {
                    let slot = template + 10_000 * salt..template + 10_000 * salt + filling;
                    sample(
                        (template..template + 20).chain(slot).chain(template + 20..template + 40),
                    )
                };
                let (left, right) = (fill(1), fill(2));
                lost +=
                    u32::from(!left.fingerprints.iter().any(|f| right.fingerprints.contains(f)));
            }
        }
        // Thirty-two windows are in both, nearly all of them in the rims.
        assert_eq!(lost, 0, "of 2000");
    }
}
