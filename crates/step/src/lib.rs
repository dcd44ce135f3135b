//! The contract every stage keeps, and the ground it stands on.
//!
//! A stage is an [`Operator`]: a synchronous, deterministic function of state and record. It learns
//! time from [`Clock`], the outside world from [`Versions`] (tables with effect times), and keeps
//! what it must remember in [`Keyed`] tables of a slot. Nothing here reads a clock, draws a random
//! number, does I/O or depends on the order of a hash map; the drivers' business (topics, files,
//! transactions) is unknown here.

pub mod chi2;
mod clock;
mod codec;
pub mod decay;
mod operator;
mod rows;
mod slot;
mod state;
mod versions;

pub use clock::{Clock, Stamp, TimeConfig};
pub use codec::{Corrupt, decode, decode_first, encode, encode_to};
pub use event::{Nats, ln, ln_ratio};
pub use operator::{Operator, Stamped};
pub use rows::Rows;
pub use slot::{BySlot, SLOTS, Slot, partition_of};
pub use state::{Change, Keyed, One, Persist, TableId};
pub use versions::Versions;

/// A bucket: the index of a window of the configured width, counted from the epoch.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Bucket(pub i64);

impl Bucket {
    /// The bucket of `width` milliseconds that holds `time`.
    #[must_use]
    pub fn of(time: event::EventTime, width: i64) -> Bucket {
        Bucket(time.0.div_euclid(width))
    }

    /// When it ends (and the next begins).
    #[must_use]
    pub fn end(self, width: i64) -> event::EventTime {
        event::EventTime((self.0 + 1).saturating_mul(width))
    }
}
