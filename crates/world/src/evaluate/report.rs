//! The shape of `evaluation.json`. Programs rely on its names; null is written where nothing
//! supports a number, never 0 or 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreement::Agreement;
use super::chance::Chance;
use super::decisions::Counts;
use super::interval::Interval;
use super::misses::{Harmed, Miss};
use super::ranking::Ranking;
use super::validity::Validity;

/// What was found, against the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Over the accounts of all campaigns, and the benign ones hit beside them.
    pub accounts: Accounts,
    /// What benign accounts had to bear.
    pub benign: Benign,
    /// How clusters agree with campaigns.
    pub clusters: Clusters,
    /// Each campaign, by name.
    pub campaigns: Vec<Campaign>,
    /// Benign accounts by segment, by name.
    pub segments: Vec<Segment>,
    /// Mean absolute error of the share of harvest in accounts that carry customers' requests too,
    /// where the cluster records claim one (a member's `harvest_share`, else the cluster's
    /// `template_requests` of `requests`).
    pub demix_error: Option<f64>,
    /// F1 of telling harvest from customers' requests within such accounts: a request is called harvest
    /// while `safeguard` or more is in effect on the whole account, its cluster, key or organisation.
    /// Requests under an act on a flow alone are left out, since the outputs don't say which they are.
    #[serde(default)]
    pub demix_f1: Option<f64>,
    /// Whether the published own evidence keeps its word on honest accounts, by family.
    #[serde(default)]
    pub validity: Vec<Validity>,
    /// What chance alone links, if results of the shuffled stream were given.
    #[serde(default)]
    pub chance: Option<Chance>,
    /// Median time from the first harvest request of an account that began after its campaign was
    /// detected until it is linked to it; an account never linked counts as for ever.
    pub replacement_link_time_s: Option<f64>,
    /// Whether decisions were fed back to the traffic. Here they never are: the stream is what was
    /// recorded, so `leaked` counts what would have been served had the attacker not reacted.
    pub feedback: bool,
    /// How well the evidence ranks accounts.
    pub ranking: Ranking,
    /// What was missed, and why, the most harvest first.
    pub misses: Vec<Miss>,
    /// Benign accounts that were acted on the hardest, at most 20.
    pub harmed: Vec<Harmed>,
    /// Decisions by mode; shadow ones count as if enforced.
    pub decisions: Counts,
    /// What was read of the input, if it was given.
    pub input: Option<Input>,
    /// What a reader must know to trust the numbers, in plain words.
    pub notes: Vec<String>,
}

/// Over the accounts of all campaigns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accounts {
    /// Found accounts among found and benign ones shaped or worse.
    pub precision: Option<f64>,
    /// Found accounts among those of campaigns.
    pub recall: Option<f64>,
    /// 95 % interval of the precision.
    pub precision_interval: Option<Interval>,
    /// 95 % interval of the recall.
    pub recall_interval: Option<Interval>,
    /// Accounts of campaigns in the truth.
    pub attack: u64,
    /// Those found.
    pub found: u64,
    /// Accounts the truth does not know, shaped or worse: neither good nor bad here.
    pub unlabelled_shaped: u64,
}

/// What benign accounts had to bear, at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Benign {
    /// Accounts of role `benign` or `bystander`.
    pub accounts: u64,
    /// With `verify` or more.
    pub above_observe: u64,
    /// With `shape` or more.
    pub shaped: u64,
    /// With `block`.
    pub blocked: u64,
    /// 95 % interval of the share above `observe`.
    pub above_observe_interval: Option<Interval>,
    /// 95 % interval of the share shaped.
    pub shaped_interval: Option<Interval>,
    /// 95 % interval of the share blocked.
    pub blocked_interval: Option<Interval>,
}

/// How clusters agree with campaigns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clusters {
    /// The measures; purity is over clustered accounts only.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// Clusters with members at the end.
    pub clusters: u64,
    /// Accounts compared: those of campaigns, and benign ones in clusters.
    pub accounts: u64,
    /// Of them, in a cluster.
    pub clustered: u64,
}

/// One campaign.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its name in the truth.
    pub name: String,
    /// Its accounts.
    pub accounts: u64,
    /// Those with `shape` or more in effect while the campaign ran.
    pub found: u64,
    /// Their share.
    pub recall: Option<f64>,
    /// 95 % interval of that share.
    pub recall_interval: Option<Interval>,
    /// Harvest exchanges it would have made unhindered.
    pub planned: Option<u64>,
    /// Harvest exchanges in the input.
    pub made: Option<u64>,
    /// Those made and not contained.
    pub leaked: Option<u64>,
    /// Leaked among planned.
    pub leaked_share: Option<f64>,
    /// Leaked per account.
    pub leaked_per_account: Option<f64>,
    /// From its first harvest exchange until it was first acted on.
    pub time_to_detection_s: Option<f64>,
    /// The same until half of its accounts had been found.
    pub time_to_half_found_s: Option<f64>,
    /// Harvest exchanges on a model that was released within the stream; none without a release.
    #[serde(default)]
    pub pivoted: Option<u64>,
    /// From the first of them until an alert of kind `pivot` on a cluster of its accounts.
    #[serde(default)]
    pub pivot_delay_s: Option<f64>,
    /// As for the whole evaluation.
    pub replacement_link_time_s: Option<f64>,
    /// Accounts that began after it was detected.
    pub replacements: Option<u64>,
    /// Those linked to it.
    pub replacements_linked: Option<u64>,
    /// Other requests of its accounts: a pool's customers, or cover.
    pub customer_requests: Option<u64>,
    /// Those made while the whole account was shaped or worse.
    pub customer_requests_shaped: Option<u64>,
    /// What the clusters that hold its accounts are said to do, with how many accounts each.
    pub verdicts: BTreeMap<String, u64>,
    /// Harvest exchanges made, and contained of them, by the hour since 1970.
    pub timeline: BTreeMap<i64, [u64; 2]>,
    /// Its accounts of role `harvest`.
    pub harvest: Part,
    /// Its accounts of role `pool`.
    pub pool: Part,
}

/// The accounts of one role in a campaign.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// How many.
    pub accounts: u64,
    /// Those found.
    pub found: u64,
    /// Harvest exchanges they made.
    pub made: Option<u64>,
    /// Those not contained.
    pub leaked: Option<u64>,
}

/// The benign accounts of a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name in the truth.
    pub name: String,
    /// Benign accounts in it.
    pub accounts: u64,
    /// With `verify` or more, ever.
    pub above_observe: u64,
    /// With `shape` or more.
    pub shaped: u64,
    /// With `block`.
    pub blocked: u64,
    /// Lower end of the 95 % interval of the share above `observe`.
    pub wilson_low: Option<f64>,
    /// Its upper end.
    pub wilson_high: Option<f64>,
}

/// What was read of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Events.
    pub events: u64,
    /// Of them, requests.
    pub requests: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Accounts of the truth that occur.
    pub accounts: u64,
    /// From the first event to the last, in milliseconds.
    #[serde(default)]
    pub span_ms: i64,
}
