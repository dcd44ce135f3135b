//! An observation: what the account lane needs to know of an account. Passed from `fingerprint` to
//! `decide` inside the account task.

use serde::{Deserialize, Serialize};

use crate::id::{AccountKey, Digest, Name};
use crate::{EventTime, Nats};

/// What the account lane needs to know of an account after one of its records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The account.
    pub account: AccountKey,
    /// Its name.
    pub name: Name,
    /// Its organisation.
    pub organization: Option<Digest>,
    /// The slot's time.
    pub as_of: EventTime,
    /// Requests so far.
    pub requests: u64,
    /// Of these, such as ask in words for what trains a copy.
    pub harvest_like: u64,
    /// Of these, near-copies of a recent one with other content in the slots.
    pub chained: u64,
    /// Sessions so far.
    pub sessions: u64,
    /// Own evidence from content.
    pub content: Nats,
    /// Own evidence from conversations that began elsewhere.
    pub orphans: Nats,
}
