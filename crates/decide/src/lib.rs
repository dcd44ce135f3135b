//! Turns evidence into graduated decisions with reasons, in two lanes.
//!
//! The account lane reads observations of one account and may observe, verify or shape on its own
//! evidence at fixed levels. The joint lane reads dossiers of clusters and the control log; it alone
//! decides on flows, clusters, keys and blocks. Both keep what they decided last, so that a record
//! is written when something changed and not before. Policies, exemptions and the other acts of
//! people bound both. Knows nothing of how the evidence was found.

mod account_lane;
mod apart;
mod evidence;
mod joint_lane;
mod ladder;
mod rules;

pub use account_lane::{AccountLane, AccountState};
pub use joint_lane::{In, JointLane, JointState, Out};
pub use rules::{RuleTable, rule_for_account};

use event::EventTime;
use event::public::Decision;

/// A decision with its place in its topic.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Decided {
    /// When the lane knew it.
    pub as_of: EventTime,
    /// The record key: tenant, lane, unit, id.
    pub key: String,
    /// How many of this key came before.
    pub sequence: u64,
    /// The record.
    pub decision: Decision,
}
