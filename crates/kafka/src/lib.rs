//! The tasks on a broker.
//!
//! A worker owns partitions of one task on one thread. It polls, lets its shards work, and ends one
//! transaction that holds what they said, the rows of state that changed, and how far they have read.
//! It polls only between transactions, so whoever takes a partition over never finds half of one.

pub mod dead_letters;
pub mod error;
mod names;
pub mod settings;

pub use error::Error;
pub use settings::Settings;
