//! Turns the enriched events of an account into its behaviour, and says what objects it touched.
//!
//! Reads enriched events in the account's own order. Keeps, per account, decayed windows, chains,
//! flows, rhythm and mix: at most [`ACCOUNT_BYTES_MAX`] bytes as stored. Writes `fingerprints` when
//! they changed enough, `sightings` of shared objects (at most 16 a request on average), `standings`
//! of accounts that the joint lane watches, and an observation for the account lane. Knows nothing
//! about other accounts: likeness is `correlate`'s business.

mod account;
mod chain;
mod features;
mod flow;
mod operator;
mod sight;

pub use account::{ACCOUNT_BYTES_MAX, Account};
pub use features::foresee;
pub use operator::{Config, Fingerprinter, Out, SlotState, Tables};
pub use sight::Touched;
