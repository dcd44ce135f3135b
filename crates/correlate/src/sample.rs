//! A uniform sample of the accounts that share an object, and how many there are.
//!
//! The k minimum values sketch (Z. Bar-Yossef et al. 2002): accounts are mixed by one fixed
//! function and the 64 smallest values kept. Below 64 the count is exact; above it is
//! 63 / (the 64th value as a share of the range), off by about one eighth. Since the function is the
//! same for every object, two samples can be compared with each other. Adding is commutative.

use event::id::{AccountKey, Digest};
use serde::{Deserialize, Serialize};

/// Values kept.
pub const KEPT: usize = 64;

/// The sample: mixed account keys, smallest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sample(Vec<Digest>);

/// A bijection of 64 bits (the finalizer of SplitMix64; G. Steele et al. 2014): account keys are
/// keyed digests already, this only makes the order of samples another one than that of keys.
#[must_use]
pub fn mix(account: AccountKey) -> Digest {
    let mut word = account.0.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    Digest(word ^ word >> 31)
}

impl Sample {
    /// Adds an account. Returns whether the sample changed.
    pub fn add(&mut self, account: AccountKey) -> bool {
        let value = mix(account);
        match self.0.binary_search(&value) {
            Ok(_) => false,
            Err(KEPT) => false,
            Err(at) => {
                self.0.insert(at, value);
                self.0.truncate(KEPT);
                true
            }
        }
    }

    /// Distinct accounts added.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        match self.0.get(KEPT - 1) {
            None => self.0.len() as u64,
            Some(last) => {
                let range = u128::from(u64::MAX);
                ((KEPT as u128 - 1) * range / u128::from(last.0.max(1))) as u64
            }
        }
    }

    /// The values, smallest first.
    #[must_use]
    pub fn values(&self) -> &[Digest] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample_of(keys: impl Iterator<Item = u64>) -> Sample {
        let mut sample = Sample::default();
        keys.for_each(|key| {
            sample.add(AccountKey(Digest(key)));
        });
        sample
    }

    #[test]
    fn counts_exactly_below_its_size_and_closely_above() {
        assert_eq!(sample_of((0..40).chain(0..40)).distinct(), 40);
        for accounts in [200_u64, 5_000, 100_000] {
            let estimate = sample_of(0..accounts).distinct();
            assert!(estimate.abs_diff(accounts) < accounts / 2, "{estimate} of {accounts}");
        }
    }

    #[test]
    fn does_not_depend_on_order() {
        assert_eq!(sample_of(0..1_000), sample_of((0..1_000).rev()));
    }
}
