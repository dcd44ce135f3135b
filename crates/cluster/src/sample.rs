//! A sample of the accounts that carry a text, and how much two of them overlap.

use event::id::Digest;
use serde::{Deserialize, Serialize, Serializer};

/// Overlap from which two fingerprints are of one template, in hundredths (Jaccard).
const SAME: usize = 50;
/// Values compared.
const DEPTH: usize = 64;
/// At most so many of them are in one sample only when the overlap is [`SAME`].
const MISSED: usize = DEPTH * (100 - SAME) / 100;

/// The smallest mixed account keys, in order, with a sieve: a bit for each, by its low bits. A hot
/// text is compared with every template there is, and the sieve alone tells nearly all of them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<Digest>")]
pub struct Sample {
    values: Vec<Digest>,
    sieve: [u64; 8],
}

impl From<Vec<Digest>> for Sample {
    fn from(values: Vec<Digest>) -> Sample {
        let mut sieve = [0; 8];
        for value in &values {
            sieve[(value.0 >> 6) as usize % 8] |= 1_u64 << (value.0 % 64);
        }
        Sample { values, sieve }
    }
}

impl From<&[Digest]> for Sample {
    fn from(values: &[Digest]) -> Sample {
        values.to_vec().into()
    }
}

impl Serialize for Sample {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(to)
    }
}

impl Sample {
    /// Jaccard overlap of two samples, in hundredths, if it is at least [`SAME`]: of the 64 smallest
    /// values of both together, how many are in each (A. Broder 1997). Of samples of different depth
    /// only the common depth counts.
    pub fn overlap(&self, other: &Sample) -> Option<usize> {
        let (one, other) = if self.may_overlap(other) {
            (&self.values[..], &other.values[..])
        } else {
            return None;
        };
        let (mut left, mut right, mut seen, mut both) = (0, 0, 0, 0);
        while left < one.len() && right < other.len() && seen < DEPTH {
            if seen - both > MISSED {
                return None;
            }
            match one[left].cmp(&other[right]) {
                std::cmp::Ordering::Less => left += 1,
                std::cmp::Ordering::Greater => right += 1,
                std::cmp::Ordering::Equal => {
                    left += 1;
                    right += 1;
                    both += 1;
                }
            }
            seen += 1;
        }
        // What only one of them has beyond the other's end counts while the samples are whole.
        let rest = (one.len() - left) + (other.len() - right);
        let seen = (seen + rest).min(DEPTH);
        Some(both * 100 / seen.max(1)).filter(|overlap| *overlap >= SAME)
    }

    /// False only if the overlap is less than [`SAME`]: each value of both sets a bit in both
    /// sieves, and no more values of ours than we have bits too few share one.
    fn may_overlap(&self, other: &Sample) -> bool {
        let bits = |words: &[u64; 8]| words.iter().map(|word| word.count_ones() as usize).sum();
        let ours: usize = bits(&self.sieve);
        let mut common = self.sieve;
        common.iter_mut().zip(other.sieve).for_each(|(word, theirs)| *word &= theirs);
        let both: usize = self.values.len() - ours + bits(&common);
        let seen = self.values.len().max(other.values.len()).min(DEPTH);
        both * 100 >= seen * SAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: impl Iterator<Item = u64>) -> Sample {
        values.map(Digest).collect::<Vec<_>>().into()
    }

    #[test]
    fn overlap_counts_what_both_have() {
        let overlap = |one: Sample, other: Sample| one.overlap(&other);
        assert_eq!(overlap(sample(0..10), sample(0..10)), Some(100));
        assert_eq!(overlap(sample(0..10), sample(3..13)), Some(53));
        assert_eq!(overlap(sample(0..10), sample(5..15)), None, "a third");
        assert_eq!(overlap(sample(0..90), sample(200..290)), None);
    }

    #[test]
    fn the_sieve_misses_nothing() {
        // Values that collide in the sieve as well as such that do not.
        for stride in [1, 2, 64, 512, 4_096] {
            for shift in 0..40 {
                let (one, other) = (
                    sample((0..40).map(|value| value * stride)),
                    sample((shift..shift + 40).map(|value| value * stride)),
                );
                let both = 40 - shift as usize;
                let same = both * 100 / (80 - both).min(64);
                assert_eq!(one.overlap(&other).is_some(), same >= SAME, "{stride} {shift}");
            }
        }
    }
}
