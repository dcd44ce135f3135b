//! Plain union-find: whoever shares an address, a device or a card is one group, and the larger the
//! group, the more suspect.

use std::collections::BTreeMap;

use super::seen::{Seen, hash};
use super::union_find::UnionFind;
use super::{Baseline, Standpoint};

/// The first account that was seen with each key.
pub struct SharedKeys {
    first: BTreeMap<u64, u32>,
    groups: UnionFind,
}

impl SharedKeys {
    /// For so many accounts.
    #[must_use]
    pub fn new(accounts: usize) -> SharedKeys {
        SharedKeys { first: BTreeMap::new(), groups: UnionFind::new(accounts) }
    }
}

impl Baseline for SharedKeys {
    fn name(&self) -> &'static str {
        "shared keys"
    }

    fn about(&self) -> &'static str {
        "the size of the group that shares addresses, devices or cards, however loosely"
    }

    fn take(&mut self, account: u32, seen: &Seen) {
        let client = seen.client.as_ref();
        let address = client.and_then(|client| client.ip.as_deref());
        let device = client.and_then(|client| client.device_id.as_deref());
        for key in [address, device, seen.instrument.as_deref()].into_iter().flatten() {
            let first = *self.first.entry(hash(key)).or_insert(account);
            self.groups.join(first, account);
        }
    }

    fn scores(mut self: Box<Self>, _: &[Standpoint]) -> Option<Vec<f64>> {
        let sizes = self.groups.sizes();
        (!self.first.is_empty())
            .then(|| sizes.into_iter().map(|size| f64::from(size - 1)).collect())
    }
}
