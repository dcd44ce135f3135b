//! Which stages form which task, and the loop body that both drivers run.
//!
//! `topology` is the product on one screen. A [`Shard`](account::AccountShard) is one partition of
//! one task: it is given records, keeps state, and hands out what followed since it was last asked:
//! a driver makes that one transaction. Gates, watermarks, buckets and tables live here, so that no
//! driver can disagree about them. Nothing here does I/O or knows which driver it is in.

pub mod account;
pub mod campaign;
pub mod control;
pub mod digest;
pub mod hand_over;
pub mod intake;
mod merge;
pub mod message;
pub mod object;
pub mod progress;
pub mod route;
pub mod topology;

pub use intake::{Intake, Taken};
pub use message::{Changes, Published, Record};

use step::TimeConfig;

/// The configuration of all tasks. Part of what a result depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// Time.
    pub time: TimeConfig,
    /// The fingerprint stage.
    pub fingerprint: fingerprint::Config,
    /// The correlate stage.
    pub correlate: correlate::Config,
    /// The cluster stage.
    pub cluster: cluster::Config,
}

impl Config {
    /// Puts the numbers that several stages must agree on where each finds them.
    #[must_use]
    pub fn agreed(mut self) -> Config {
        self.fingerprint.bucket = self.time.bucket;
        self.correlate.bucket = self.time.bucket;
        self.cluster.time = self.time;
        self
    }
}

/// Hears which stage works now, so that a driver can say what each costs. It observes; nothing
/// depends on it.
pub trait Meter {
    /// The stage that works from now on.
    fn enter(&mut self, stage: topology::Stage);
}

/// A meter that does not listen.
impl Meter for () {
    fn enter(&mut self, _: topology::Stage) {}
}
