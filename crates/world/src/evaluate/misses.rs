//! What was missed, and why, as far as the outputs tell.

use std::collections::BTreeMap;

use event::contract::Action;
use serde::{Deserialize, Serialize};

use super::campaign::Campaigns;
use super::decisions::Decisions;
use super::membership::Membership;
use super::touched::Touched;
use super::truth::Truth;

/// Accounts of a campaign that were missed for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// The campaign.
    pub campaign: String,
    /// Why, in words.
    pub cause: String,
    /// How many accounts.
    pub accounts: u64,
    /// Harvest exchanges they made.
    pub harvest: u64,
    /// One of them: the one with the most harvest.
    pub example: String,
}

/// The reasons, most at fault last.
const CAUSES: [&str; 5] = [
    "made no harvest request in this stream",
    "in no cluster, and no evidence of its own",
    "in no cluster; evidence of its own, but too little",
    "in a cluster; the evidence stayed below `shape`",
    "acted on, but only after the campaign had ended",
];

/// Misses by campaign and cause, the largest first.
#[must_use]
pub fn misses(
    truth: &Truth,
    campaigns: &Campaigns,
    touched: &Touched,
    decisions: &Decisions,
    membership: &Membership,
) -> Vec<Miss> {
    let mut found: BTreeMap<(u32, usize), Miss> = BTreeMap::new();
    for (id, campaign, _) in truth.attackers().filter(|(id, ..)| !campaigns.was_found(*id)) {
        let harvest = campaigns.harvest().get(&id).map_or(0, |requests| requests.made);
        let clustered = membership.cluster_of.contains_key(&id);
        let scored = decisions.scores.contains_key(&id);
        let cause = match () {
            () if touched.found(id, None).is_some() => 4,
            () if harvest == 0 && campaigns.knows_the_stream() => 0,
            () if clustered => 3,
            () if scored => 2,
            () => 1,
        };
        let miss = found.entry((campaign, cause)).or_insert_with(|| Miss {
            campaign: truth.campaigns.text(campaign).to_owned(),
            cause: CAUSES[cause].to_owned(),
            accounts: 0,
            harvest: 0,
            example: String::new(),
        });
        miss.accounts += 1;
        miss.harvest += harvest;
        if miss.example.is_empty() {
            miss.example = truth.names.text(id).to_owned();
        }
    }
    let mut all: Vec<Miss> = found.into_values().collect();
    all.sort_by(|left, right| right.harvest.cmp(&left.harvest).then(left.cause.cmp(&right.cause)));
    all
}

/// Benign accounts that were acted on the hardest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Harmed {
    /// The account.
    pub account_id: String,
    /// What it stands for.
    pub segment: String,
    /// The strongest act it bore.
    pub action: Action,
    /// The strongest evidence stated, in nats.
    pub nats: f64,
}

/// The most that are listed.
const LISTED: usize = 20;

/// Benign accounts with `verify` or more, the worst first.
#[must_use]
pub fn harmed(truth: &Truth, touched: &Touched, decisions: &Decisions) -> Vec<Harmed> {
    let mut all = Vec::new();
    for (id, account) in (0u32..).zip(&truth.accounts) {
        let harm = touched.harm(id).filter(|_| account.campaign.is_none());
        if let Some(action) = harm.filter(|action| *action >= Action::Verify) {
            all.push(Harmed {
                account_id: truth.names.text(id).to_owned(),
                segment: truth.segments.text(account.segment).to_owned(),
                action,
                nats: decisions.scores.get(&id).map_or(0.0, |(_, nats)| *nats),
            });
        }
    }
    all.sort_by(|left, right| {
        right.action.cmp(&left.action).then(right.nats.total_cmp(&left.nats))
    });
    all.truncate(LISTED);
    all
}
