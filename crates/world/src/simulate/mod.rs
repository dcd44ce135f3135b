//! The simulator: a platform's day as a stream of events, and the truth about every account in it.
//!
//! A stream is a function of its plan. Everything about an account follows from its number and the
//! seed; between two requests an account is a few numbers in a heap ordered by time, so memory
//! grows with the accounts and not with the requests, and nothing needs sorting afterwards.
//!
//! Start with [`plan`] for what can be asked for, `person` for ordinary accounts and
//! `campaign` for attacks; `exchange` is the one place where a request becomes an event.

mod calibration;
mod campaign;
mod catalogue;
mod client;
mod dialogue;
mod exchange;
mod facts;
mod geography;
mod group;
#[cfg(test)]
mod leak_tests;
mod person;
pub mod plan;
mod population;
mod prompts;
pub(crate) mod random;
pub mod reaction;
mod relay;
mod render;
pub mod scenario;
mod scenario_file;
mod setting;
mod stream;
#[cfg(test)]
mod tests;
mod text;
pub mod texts;
mod tongue;
mod typed;
mod words;

use std::io::Write;

pub use plan::{People, Plan, Scenario};
use setting::Setting;

/// Why a plan could not be simulated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No scenario has that name.
    #[error(
        "no scenario is named {0:?}; there are {names}, demo, all",
        names = scenario::NAMES.join(", ")
    )]
    UnknownScenario(String),
    /// The scenario file cannot be read.
    #[error("the scenario file: {0}")]
    File(String),
    /// The plan contradicts itself.
    #[error("the plan: {0}")]
    Plan(String),
    /// An event could not be written as JSON.
    #[error("writing an event")]
    Json(#[from] serde_json::Error),
    /// The output failed.
    #[error("writing the stream")]
    Output(#[from] std::io::Error),
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Accounts in the truth; each appears in the stream.
    pub accounts: u64,
    /// Lines of the stream.
    pub events: u64,
    /// Requests among them.
    pub requests: u64,
    /// Requests that are harvest, refused and blocked ones included.
    pub harvest_requests: u64,
    /// Sign-ups.
    pub signups: u64,
    /// Payments.
    pub payments: u64,
    /// Identity checks.
    pub verifications: u64,
    /// Blocks.
    pub enforcements: u64,
    /// Bytes of the stream.
    pub bytes: u64,
    /// Bytes of system prompts, tools and turns.
    pub prompt_bytes: u64,
    /// Accounts and requests of each segment that the plan has.
    pub segments: Vec<SegmentCount>,
}

/// What one segment did.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SegmentCount {
    /// Its name in the truth.
    pub name: String,
    /// Its accounts.
    pub accounts: u64,
    /// Their requests.
    pub requests: u64,
}

/// Writes a plan's stream and its truth, one JSON object per line.
///
/// The events are in time order. The truth has one line per account, in random order, then one line
/// per harvest request, in the order of the stream. `progress` is told after every simulated minute
/// how many are done, and of how many.
///
/// # Errors
/// Where the plan contradicts itself, or an output fails.
pub fn simulate(
    plan: &Plan,
    events: &mut dyn Write,
    truth: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Counts, Error> {
    plan.check()?;
    let setting = Setting::new(plan);
    stream::write(&setting, events, truth, progress)
}
