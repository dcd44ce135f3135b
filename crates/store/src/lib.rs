//! The local checkpoint of one partition of one task, in sled.
//!
//! A checkpoint is a cache of committed state and never its only copy: the truth is the compacted
//! changelog topic. So it is checked whole when it is opened, and whatever is wrong with it (lost,
//! damaged, stale, of somebody else, of a newer version) means that it is put away and that state
//! comes from the changelog, with the reason returned for one line in the log.

mod engine;
mod error;
mod filter;
mod home;
mod identity;
mod layer;
mod load;
mod page;
mod position;
mod report;
mod slot;
mod store;
#[cfg(test)]
mod tests;

pub use error::{Error, Refused};
pub use identity::Identity;
pub use report::{Report, TableReport, Written};
pub use store::{Fetched, Opened, Store};
