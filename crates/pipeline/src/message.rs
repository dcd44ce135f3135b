//! What passes between tasks, and what a shard hands to its driver.

use event::EventTime;
use event::enriched::Enriched;
use event::link::Link;
use event::public::{Alert, Cluster, Decision, Fingerprint};
use event::sighting::{SightingBlock, Stratum};
use event::standing::Standing;
use event::table::Row;
use serde::{Deserialize, Serialize};
use step::{Bucket, Change, Slot, Stamped};

use crate::topology::Topic;

/// How far one upstream partition has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Every bucket before this one is complete.
    pub to: Bucket,
    /// Set once nothing more will come: the largest effective time there was.
    pub ended: Option<EventTime>,
}

/// `events`: from a source partition of `route` to an account partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToAccount {
    /// An event with the time at which it counts.
    Event(Box<Stamped<Enriched>>),
    /// All events of this source before `to` were sent; `ended` as in [`Progress`].
    Closed {
        /// Exclusive.
        to: EventTime,
        /// Set once nothing more will come.
        ended: Option<EventTime>,
    },
}

/// `sightings`: from an account partition to an object partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToObject {
    /// Sightings of one bucket.
    Block(Bucket, SightingBlock),
    /// Buckets are complete, with the touches per stratum in them.
    Closed(Progress, Vec<(Bucket, Stratum, u64)>),
}

/// `standings` and `links`: to the campaign task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToCampaign {
    /// How an account stands at the end of what was seen of a bucket.
    Standing(Bucket, Box<Standing>),
    /// Links of one bucket.
    Links(Bucket, Vec<Link>),
    /// A control record of a bucket.
    Control(Bucket, Box<event::control::Control>),
    /// Buckets are complete.
    Closed(Progress),
}

/// `tables`: to every account partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TableMessage {
    /// A row.
    Row(Row),
    /// Every row with an effect time before this was sent.
    Complete(EventTime),
}

/// A public record.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is described by its type")]
pub enum Record {
    Fingerprint(Box<Fingerprint>),
    Decision(Box<Decision>),
    Cluster(Box<Cluster>),
    Alert(Box<Alert>),
}

/// A public record with its place: files merge by (`as_of`, `key`, `sequence`).
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// When its shard knew it.
    pub as_of: EventTime,
    /// The record key.
    pub key: String,
    /// How many of this topic and key came before.
    pub sequence: u64,
    /// The record.
    pub record: Record,
}

impl Published {
    /// Its topic.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self.record {
            Record::Fingerprint(_) => Topic::Fingerprints,
            Record::Decision(_) => Topic::Decisions,
            Record::Cluster(_) => Topic::Clusters,
            Record::Alert(_) => Topic::Alerts,
        }
    }
}

/// Where a row of state lives within a shard: the part (a stage's state or the shard's own), and the
/// slot if the part is kept by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Which part of the shard.
    pub part: u8,
    /// Which slot.
    pub slot: Slot,
}

impl Place {
    /// Every place where a shard may have state, in order.
    pub fn all() -> impl Iterator<Item = Place> {
        let slots = |part| (0..=u8::MAX).map(move |slot| Place { part, slot: Slot(slot) });
        (0..PARTS).flat_map(slots)
    }
}

/// No shard has a part with this number or a greater one.
const PARTS: u8 = 4;

/// What a shard hands out at a commit: nothing else leaves it.
pub type Changes = Vec<(Place, Change)>;
