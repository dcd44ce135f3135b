//! What travels: the data contract a platform sends, the records of every topic, their codecs.
//!
//! `contract` is the shape of canonical events; `intake` reads them from JSON and says what is
//! wrong with the rest. Everything else is a record of one topic, one file each. This crate knows
//! no stage, no driver, no clock.

pub mod contract;
pub mod control;
pub mod dossier;
pub mod enriched;
pub mod id;
pub mod intake;
pub mod link;
mod nats;
pub mod observation;
pub mod public;
pub mod rfc3339;
pub mod sighting;
pub mod standing;
pub mod table;
pub mod time;

pub use nats::{Nats, ln, ln_ratio};
pub use time::EventTime;
