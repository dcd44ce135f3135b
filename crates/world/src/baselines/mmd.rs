//! After arXiv 2606.05725: how far the mean of a window of queries lies from that of honest ones, as a
//! maximum mean discrepancy.
//!
//! The paper takes sentence embeddings and windows of up to 1,500 queries; here a query is its hashed
//! words, and the window is what an account asked, or what came from one network.

use std::collections::BTreeMap;

use super::embed::Sums;
use super::seen::{Seen, hash};
use super::{Baseline, Standpoint};

/// The fewest queries that are judged.
const FEWEST: u32 = 8;

/// Sums by account or by network.
pub struct Mmd {
    pooled: bool,
    accounts: Vec<Sums>,
    /// Of each network, by its hash; and which networks an account came from.
    networks: BTreeMap<u64, Sums>,
    members: BTreeMap<(u32, u64), u32>,
}

impl Mmd {
    /// One window for each account.
    #[must_use]
    pub fn per_account(accounts: usize) -> Mmd {
        Mmd::new(accounts, false)
    }

    /// One window for each network, and an account is judged by the one it uses most.
    #[must_use]
    pub fn pooled(accounts: usize) -> Mmd {
        Mmd::new(accounts, true)
    }

    fn new(accounts: usize, pooled: bool) -> Mmd {
        let accounts = vec![Sums::default(); accounts];
        Mmd { pooled, accounts, networks: BTreeMap::new(), members: BTreeMap::new() }
    }

    /// The sums of the accounts that are known to be honest.
    fn reference(&self, standpoints: &[Standpoint]) -> Sums {
        let mut reference = Sums::default();
        for (sums, standpoint) in self.accounts.iter().zip(standpoints) {
            if *standpoint == Standpoint::Reference {
                reference.join(sums);
            }
        }
        reference
    }
}

fn judged(sums: &Sums, reference: &Sums) -> f64 {
    if sums.count < FEWEST { 0.0 } else { sums.discrepancy(reference).max(0.0) }
}

impl Baseline for Mmd {
    fn name(&self) -> &'static str {
        if self.pooled { "MMD pooled" } else { "MMD per account" }
    }

    fn about(&self) -> &'static str {
        match self.pooled {
            true => "how far the queries of the account's network lie from honest ones",
            false => "how far the account's queries lie from honest ones",
        }
    }

    fn take(&mut self, account: u32, seen: &Seen) {
        let Some(point) = seen.point() else { return };
        self.accounts[account as usize].add(point);
        if let Some(network) = seen.network().map(hash).filter(|_| self.pooled) {
            self.networks.entry(network).or_default().add(point);
            *self.members.entry((account, network)).or_default() += 1;
        }
    }

    fn scores(self: Box<Self>, standpoints: &[Standpoint]) -> Option<Vec<f64>> {
        let reference = self.reference(standpoints);
        if reference.count < FEWEST {
            return None;
        }
        if !self.pooled {
            return Some(self.accounts.iter().map(|sums| judged(sums, &reference)).collect());
        }
        let mut scores = vec![0.0; standpoints.len()];
        let mut most = vec![0; standpoints.len()];
        for ((account, network), uses) in &self.members {
            let place = *account as usize;
            if *uses > most[place] {
                most[place] = *uses;
                scores[place] = judged(&self.networks[network], &reference);
            }
        }
        Some(scores)
    }
}
