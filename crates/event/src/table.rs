//! Table rows: what the campaign task tells the others. Records of the topic `tables`.

use serde::{Deserialize, Serialize};

use crate::EventTime;
use crate::contract::{Action, Mode};
use crate::id::{AccountKey, Digest, ObjectKey};

/// A row with the time from which it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// From when it holds.
    pub effect: EventTime,
    /// What holds.
    pub entry: Entry,
}

/// What holds from a row's effect time on; it replaces an earlier row of the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A fingerprint belongs to a template (or to none any more).
    Template {
        /// The fingerprint.
        fingerprint: ObjectKey,
        /// Its template.
        template: Option<ObjectKey>,
    },
    /// A fingerprint is known to come from a client: it is no template of anyone.
    KnownText {
        /// The fingerprint.
        fingerprint: Digest,
    },
    /// An account belongs to a cluster (or to none any more): its standings are wanted.
    Watched {
        /// The account.
        account: AccountKey,
        /// Whether it is watched.
        watched: bool,
    },
    /// What may be decided about an account on its own evidence.
    Rule {
        /// Digest of the account, or of the organisation for all its accounts; `None` for every
        /// account of the tenant.
        subject: Option<Digest>,
        /// Whose rule.
        tenant: Digest,
        /// The rule; `None` ends an earlier one.
        rule: Option<Rule>,
    },
}

/// What automatic decisions may do to a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The strongest act; `Lift` allows none at all.
    pub max_action: Action,
    /// Whether decisions are acted on.
    pub mode: Mode,
    /// Until when.
    pub expires_at: EventTime,
    /// Who made it and why, for the reasons of decisions it holds back.
    pub because: Box<str>,
}
