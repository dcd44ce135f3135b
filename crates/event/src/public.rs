//! The public records: what Iolaus says, one shape per topic, as it is written in JSON.
//!
//! Identifiers are the platform's own. Numbers of evidence are nats (natural logarithms of
//! e-values) with three digits; every number stands beside what is normal.

use serde::{Deserialize, Serialize};

use crate::EventTime;
use crate::contract::{Action, Mode, Unit};
use crate::rfc3339;

/// The three families of evidence that may not stand in for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// What is asked for.
    Content,
    /// What only accounts run together do.
    Coordination,
    /// Who pays, signs up, connects.
    Identity,
}

/// One reason of a decision or cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable name of the reason.
    pub code: Box<str>,
    /// Its family.
    pub family: Family,
    /// Its weight.
    pub nats: f64,
    /// What was seen.
    pub value: Box<str>,
    /// What is normal.
    pub normal: Box<str>,
    /// The same in plain words.
    pub text: Box<str>,
}

/// Which lane decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say what they are")]
pub enum Lane {
    Account,
    Joint,
}

/// A graduated decision. Record of the topic `decisions`, keyed by tenant, lane, unit and id; a
/// later one of the same key replaces it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Content-derived id.
    pub decision_id: Box<str>,
    /// Effect.
    #[serde(with = "rfc3339")]
    pub event_time: EventTime,
    /// Until when, unless it is replaced.
    #[serde(with = "rfc3339::option")]
    pub expires_at: Option<EventTime>,
    /// Whose data; empty for the default tenant.
    pub tenant: Box<str>,
    /// Who decided.
    pub lane: Lane,
    /// What it is about.
    pub unit: Unit,
    /// The account, where the unit has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<Box<str>>,
    /// The key, where the unit is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub api_key_id: Option<Box<str>>,
    /// The cluster, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster_id: Option<Box<str>>,
    /// The flow, where the unit is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flow_id: Option<Box<str>>,
    /// What to do.
    pub action: Action,
    /// Whether to do it or only to write it down.
    pub mode: Mode,
    /// Combined evidence.
    pub nats: f64,
    /// Why, heaviest first.
    pub reasons: Vec<Reason>,
    /// What would make it benign after all.
    pub benign_if: Box<str>,
}

/// A member of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The account.
    pub account_id: Box<str>,
    /// How firmly it belongs, 0 to 1.
    pub weight: f64,
}

/// What became of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say what they are")]
pub enum ClusterStatus {
    Born,
    Changed,
    Merged,
    Ended,
}

/// One of the separate verdicts on a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say what they are")]
pub enum Verdict {
    Undetermined,
    Suspected,
    Supported,
}

/// A cluster of accounts that act in concert. Record of the topic `clusters`, keyed by cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its id: kept through growth, merge, split and churn, never used again.
    pub cluster_id: Box<str>,
    /// Close of the bucket in which this was known.
    #[serde(with = "rfc3339")]
    pub event_time: EventTime,
    /// Whose data.
    pub tenant: Box<str>,
    /// What became of it.
    pub status: ClusterStatus,
    /// The cluster it went into, if it merged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merged_into: Option<Box<str>>,
    /// The cluster it split from, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Box<str>>,
    /// First record of any member.
    #[serde(with = "rfc3339")]
    pub first_seen: EventTime,
    /// Requests of its members so far.
    pub requests: u64,
    /// Of these, on its templates.
    pub template_requests: u64,
    /// Its templates.
    pub templates: Vec<Box<str>>,
    /// Whether its answers are harvested.
    pub distillation: Verdict,
    /// Whether access is pooled or resold.
    pub resale: Verdict,
    /// Why, heaviest first.
    pub reasons: Vec<Reason>,
    /// Who belongs to it, by account id.
    pub members: Vec<Member>,
}

/// Something a person should look at. Record of the topic `alerts`, keyed by cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Content-derived id.
    pub alert_id: Box<str>,
    /// When.
    #[serde(with = "rfc3339")]
    pub event_time: EventTime,
    /// Whose data.
    pub tenant: Box<str>,
    /// `campaign`, `escalation`, `pivot`.
    pub kind: Box<str>,
    /// The cluster.
    pub cluster_id: Box<str>,
    /// How many accounts.
    pub accounts: u64,
    /// The strongest act decided so far.
    pub action: Action,
    /// One line for a person.
    pub summary: Box<str>,
    /// Why, heaviest first.
    pub reasons: Vec<Reason>,
}

/// How many requests have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What they have in common.
    pub name: Box<str>,
    /// How many they are.
    pub count: u64,
}

/// The behaviour of one account. Record of the topic `fingerprints`, keyed by account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The account.
    pub account_id: Box<str>,
    /// Whose data.
    pub tenant: Box<str>,
    /// The account's latest effective time.
    #[serde(with = "rfc3339")]
    pub event_time: EventTime,
    /// First record.
    #[serde(with = "rfc3339")]
    pub first_seen: EventTime,
    /// Requests so far.
    pub requests: u64,
    /// Requests, decayed with a half-life of a day.
    pub recent_requests: f64,
    /// Sessions so far.
    pub sessions: u64,
    /// Records that came too late to keep their time.
    pub clamped: u64,
    /// Mean tokens read and written per request.
    pub tokens: [u64; 2],
    /// Share of requests that are near-copies of a recent one with other content in the slots.
    pub chain_share: f64,
    /// Share of requests that look like harvesting.
    pub harvest_like_share: f64,
    /// Requests by capability, most first.
    pub capabilities: Vec<Counted>,
    /// Requests by model, most first.
    pub models: Vec<Counted>,
    /// Requests by hour of the day, UTC.
    pub hours: [u32; 24],
    /// Pauses between requests: up to 1 s, 2 s, 4 s, …, longer than 4 h 33 min.
    pub pauses: [u32; 16],
    /// Distinct networks, clients and devices lately.
    pub networks: u32,
    /// Distinct clients lately.
    pub clients: u32,
    /// Distinct devices lately.
    pub devices: u32,
    /// Templates it walks, with requests on each.
    pub templates: Vec<Counted>,
    /// Own evidence from content.
    pub content_nats: f64,
    /// Own evidence from conversations that began elsewhere.
    pub orphan_nats: f64,
}

/// A record that could not be used. Record of the topic `dead-letters`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Stable name of what is wrong.
    pub reason: Box<str>,
    /// What is wrong, in words, with the field.
    pub detail: Box<str>,
    /// The file it was read from; on Kafka `topic/partition`.
    pub file: Box<str>,
    /// The line, counted from 1 (in Avro containers the record, on Kafka the offset).
    pub line: u64,
    /// SHA-256 of its bytes, in hex: the bytes themselves stay where they were.
    pub digest: Box<str>,
    /// How long it was.
    pub bytes: u64,
}
