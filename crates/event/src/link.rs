//! Links: who shares what. Records of the topic `links`, from the object task to the campaign task.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Nats;
use crate::id::{Digest, ObjectKey};
use crate::sighting::{Layer, Sighted};

/// What was learnt of an object in one bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Link {
    /// An artifact minted for one account came back from another.
    Echo {
        /// For whom it was minted.
        minter: Arc<Sighted>,
        /// Who sent it back.
        bearer: Arc<Sighted>,
        /// In which session: many artifacts of one conversation are one echo.
        session: Digest,
    },
    /// An account is among those that share an object.
    Shares {
        /// The object.
        object: ObjectKey,
        /// What kind of thing it is.
        layer: Layer,
        /// The account.
        account: Arc<Sighted>,
    },
    /// How widely an object is shared now, sent when that has grown by a quarter.
    Spread {
        /// The object.
        object: ObjectKey,
        /// What kind of thing it is.
        layer: Layer,
        /// Whose data.
        tenant: Digest,
        /// Distinct accounts (exact to 64, estimated above).
        accounts: u64,
        /// How surprising it is that one more account shares it by chance.
        surprise: Nats,
        /// The accounts with the smallest mixed keys, in that order: a uniform sample, comparable
        /// between objects.
        sample: Vec<Digest>,
    },
}
