//! A standing: what the joint lane needs to know of one account. Record of the topic `standings`.
//!
//! A snapshot of the account's own counters after its record number `sequence`; of several in a
//! bucket the last one counts, so the order of arrival means nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::EventTime;
use crate::id::{AccountKey, Digest, Name, ObjectKey};

/// Requests of one account on one template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The template.
    pub template: ObjectKey,
    /// Requests on it since it was known.
    pub requests: u64,
    /// Sessions begun with it since it was known.
    pub sessions: u64,
    /// Requests the account had made before it was first seen on it.
    pub before: u64,
    /// First request on it.
    pub since: EventTime,
    /// Latest request on it.
    pub until: EventTime,
    /// The key most lately used for it, as the platform names it.
    pub api_key: Option<Arc<str>>,
}

impl Flow {
    /// Whether it is at least half of what an account with so many requests did since it was first
    /// seen on it: what came before the template was known must not count against it.
    #[must_use]
    pub fn is_most_of(&self, requests: u64) -> bool {
        self.requests * 2 >= requests.saturating_sub(self.before)
    }
}

/// Requests for one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUse {
    /// The model, as the platform names it.
    pub model: Arc<str>,
    /// Requests for it.
    pub requests: u64,
}

/// One account as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The account.
    pub account: AccountKey,
    /// Its name.
    pub name: Name,
    /// Its organisation.
    pub organization: Option<Digest>,
    /// Number of its records so far; the greater one is the newer standing.
    pub sequence: u64,
    /// First record.
    pub first_seen: EventTime,
    /// Latest record.
    pub last_seen: EventTime,
    /// Whether its sign-up was seen.
    pub signed_up: bool,
    /// Requests so far.
    pub requests: u64,
    /// Sessions so far (a pause of half an hour ends one).
    pub sessions: u64,
    /// Requests that ask in words for what trains a copy.
    pub harvest_like: u64,
    /// Hours of the day with a request, as bits.
    pub hours: u32,
    /// Own evidence from content.
    pub content: crate::Nats,
    /// Own evidence from conversations that began elsewhere.
    pub orphans: crate::Nats,
    /// Keys in use.
    pub keys: u32,
    /// Whether the platform blocked it, and when.
    pub blocked_at: Option<EventTime>,
    /// Templates it walks, most used first.
    pub flows: Vec<Flow>,
    /// Models it uses, most used first.
    pub models: Vec<ModelUse>,
}
