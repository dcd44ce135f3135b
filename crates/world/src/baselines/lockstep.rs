//! After SynchroTrap (Cao and others 2014): accounts that do the same from the same place within the
//! same hour, again and again, are alike; whoever is alike by half or more is one group.

use std::collections::{BTreeMap, BTreeSet};

use event::time::HOUR;

use super::seen::{Seen, hash};
use super::union_find::UnionFind;
use super::{Baseline, Standpoint};

/// The least likeness (Jaccard) and the least common actions.
const LIKENESS: f64 = 0.5;
const COMMON: u32 = 3;

/// Accounts per action beyond which it says nothing.
const CROWD: usize = 64;

/// Actions: a network in an hour; who did each.
#[derive(Default)]
pub struct Lockstep {
    actions: BTreeMap<u64, BTreeSet<u32>>,
    count: BTreeMap<u32, u32>,
}

impl Baseline for Lockstep {
    fn name(&self) -> &'static str {
        "lockstep"
    }

    fn about(&self) -> &'static str {
        "the size of the group that comes from the same networks in the same hours (SynchroTrap-like)"
    }

    fn take(&mut self, account: u32, seen: &Seen) {
        let Some(network) = seen.network().filter(|_| seen.is_request()) else { return };
        let hour = seen.event_time.0.0.div_euclid(HOUR) as u64;
        let action = hash(network) ^ crate::simulate::random::mix(hour);
        if self.actions.entry(action).or_default().insert(account) {
            *self.count.entry(account).or_default() += 1;
        }
    }

    fn scores(self: Box<Self>, accounts: &[Standpoint]) -> Option<Vec<f64>> {
        let mut common: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for doers in self.actions.values().filter(|doers| doers.len() <= CROWD) {
            let doers: Vec<u32> = doers.iter().copied().collect();
            for (place, &one) in doers.iter().enumerate() {
                for &other in &doers[place + 1..] {
                    *common.entry((one, other)).or_default() += 1;
                }
            }
        }
        let mut groups = UnionFind::new(accounts.len());
        for ((one, other), both) in &common {
            let either = self.count[one] + self.count[other] - both;
            if *both >= COMMON && f64::from(*both) >= LIKENESS * f64::from(either) {
                groups.join(*one, *other);
            }
        }
        let sizes = groups.sizes();
        (!self.actions.is_empty())
            .then(|| sizes.into_iter().map(|size| f64::from(size - 1)).collect())
    }
}
