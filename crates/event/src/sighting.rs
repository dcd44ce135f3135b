//! A sighting: an account touched an object. Record of the topic `sightings`, keyed by object.
//!
//! Sightings travel in blocks per destination partition and bucket, since a record each would cost
//! more than everything else together. What a block says is a set: its order means nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{AccountKey, Digest, Name, ObjectKey};

/// What kind of thing is shared. The order is the order of rows in evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// An artifact the platform minted for one account and another sent back.
    Artifact,
    /// A payment instrument.
    Payment,
    /// A device id.
    Device,
    /// The shape of sign-up mail addresses, a referral.
    Registration,
    /// A network: /24 or /48.
    Network,
    /// A fingerprint of text.
    Text,
    /// The share of work itself: accounts of one template served alike.
    LoadBalance,
}

/// How the account touched the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Touch {
    /// Used it.
    Use,
    /// The platform minted it for this account.
    Mint,
    /// Sent it back, in the given session.
    Reference(Digest),
}

/// An account as a block of sightings introduces it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighted {
    /// The account.
    pub account: AccountKey,
    /// Its name.
    pub name: Name,
    /// Its organisation, if it has one: accounts of one organisation are one party.
    pub organization: Option<Digest>,
}

/// One account touched one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// The object.
    pub object: ObjectKey,
    /// What kind of thing it is.
    pub layer: Layer,
    /// How it was touched.
    pub touch: Touch,
    /// Index into the block's accounts.
    pub by: u32,
}

/// Sightings of one bucket for one destination partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SightingBlock {
    /// The accounts that appear.
    pub accounts: Vec<Arc<Sighted>>,
    /// What they touched.
    pub sightings: Vec<Sighting>,
}

/// How many touches of a layer there were in an hour of the day: the ground a null stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stratum {
    /// Whose data.
    pub tenant: Digest,
    /// Of which kind.
    pub layer: Layer,
    /// Hour of the day, 0 to 23, or [`Stratum::ALL_DAY`] for what people do not do by the hour.
    pub hour: u8,
}

impl Stratum {
    /// The hour of a stratum that is not divided by hours.
    pub const ALL_DAY: u8 = 24;
}
