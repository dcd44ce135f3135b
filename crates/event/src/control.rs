//! The control log: releases, policies and the acts of people, reduced like everything else. What
//! steers the result is in the log, or no replay could reproduce it.

use serde::{Deserialize, Serialize};

use crate::EventTime;
use crate::contract::{Action, Mode, Unit};
use crate::id::{AccountKey, Digest};

/// A record of the control log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// Digest of the event id.
    pub id: Digest,
    /// When it happened.
    pub time: EventTime,
    /// Whose data, as a digest.
    pub tenant: Digest,
    /// What it says.
    pub word: Word,
}

/// What a control record says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Word {
    /// A model appeared.
    ModelReleased {
        /// The model, as the platform names it.
        model: Box<str>,
    },
    /// A model changed in another way (deprecation, safeguards, price).
    ModelChanged {
        /// The model, as the platform names it.
        model: Box<str>,
    },
    /// A client was updated and adds these fingerprints to everybody's requests.
    ClientReleased {
        /// Fingerprints of the added texts.
        fingerprints: Vec<Digest>,
    },
    /// A verdict on a unit.
    Feedback {
        /// The unit.
        subject: SubjectKey,
        /// Whether it clears the unit (`benign`, `appeal_upheld`); otherwise it confirms it.
        clears: bool,
        /// Who and why.
        because: Box<str>,
    },
    /// A rule for automatic decisions; without a subject for everybody of the tenant.
    Policy {
        /// The unit.
        subject: Option<SubjectKey>,
        /// Whether decisions are enforced.
        mode: Mode,
        /// The strongest automatic act.
        max_action: Action,
        /// Until when.
        expires_at: EventTime,
        /// Who and why.
        because: Box<str>,
    },
    /// A person lets a held act pass.
    Approval {
        /// The unit.
        subject: SubjectKey,
        /// The act.
        action: Action,
        /// Until when.
        expires_at: EventTime,
        /// Who and why.
        because: Box<str>,
    },
    /// A person ends a decision.
    Lift {
        /// The unit.
        subject: SubjectKey,
        /// Who and why.
        because: Box<str>,
    },
    /// A person exempts a unit, or silences it for a while.
    Exempt {
        /// The unit.
        subject: SubjectKey,
        /// Until when.
        expires_at: EventTime,
        /// Who and why.
        because: Box<str>,
    },
    /// What a unit said it does; what it declares is watched, not acted on.
    Declared {
        /// The unit.
        subject: SubjectKey,
        /// The use.
        usage: Box<str>,
        /// Until when.
        expires_at: EventTime,
    },
    /// Decisions are made in another way from here on.
    Behaviour {
        /// Which.
        version: u64,
    },
    /// An indicator from a partner: noted, never acted on alone.
    Indicator,
}

/// The unit an act is about, as the pipeline knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SubjectKey {
    /// An account.
    Account(AccountKey),
    /// An organisation.
    Organization(Digest),
    /// A cluster, flow or key, by its public id.
    Named(Unit, Box<str>),
}
