//! The tasks on a broker.
//!
//! A worker owns partitions of one task on one thread. It polls, lets its shards work, and ends one
//! transaction that holds what they said, the rows of state that changed, and how far they have read.
//! It polls only between transactions, so whoever takes a partition over never finds half of one.

pub mod admin;
mod checkpoint;
mod clients;
pub mod dead_letters;
pub mod error;
mod faults;
mod host;
mod item;
mod memory;
mod names;
mod outbox;
mod owned;
mod ownership;
mod priority;
mod producer;
mod residents;
mod restore;
pub mod run;
pub mod settings;
pub mod state;
mod status;
mod task;
mod time;
mod trouble;
mod wire;
mod worker;

pub use error::Error;
pub use run::Running;
pub use settings::Settings;
pub use status::{Accounts, Status};
pub use task::{Counts, Task};
pub use worker::Shared;
