//! The local checkpoint of one partition of one task, in sled.
//!
//! A checkpoint is a cache of committed state and never its only copy: the truth is the compacted
//! changelog topic. So whatever is wrong with it (lost, damaged, stale, of somebody else, of a newer
//! version) means that it is put away and that state comes from the changelog, with the reason returned
//! for one line in the log. Nothing is believed unchecked: what tells which pages there are is checked
//! when it is opened, and each page whenever it is read.
//!
//! # What is kept how
//!
//! A row belongs to a *slot*, and within it to the *group* that the first eight bytes of its key name:
//! an account's rows share a group, whatever their part and table. Rows stand on *pages* by the hash of
//! their group, pages form *layers*: the bottom one has nearly all rows of a slot, those above it what
//! changed since. A write adds layers, joins those of like size, and makes some bottoms anew. Filters
//! in memory say which layers may have a group, so a fetch reads the one or two pages that do. Rows of
//! tables that are wanted whole when a shard begins share a group, and are read without the others.
//!
//! Every page has a checksum over its rows, its place, the write it came with and the identity of the
//! checkpoint; a layer has the sum of its pages' checksums, and a *head* with its filter and each page's
//! checksum, which opening reads; the *position* row has a checksum over all layers, the offset and the time. New pages go where no position points, are synced, and then the
//! position is put and synced: a write is there or it is not.
//!
//! # What it costs
//!
//! `cargo run --release -p store --example accounts`: a million accounts with two rows each of 700 and
//! 150 bytes that do not compress (856 MB), one partition, random accounts dirty; two cores of a
//! virtual machine that others kept busy (load 4 to 6), so that times of the wall are high.
//!
//! | what | cost |
//! |---|---|
//! | write 1,000 dirty accounts | 0.08 s, at most 0.24 s; 0.07 s of CPU; 6.2 MB of pages |
//! | write 20,000 dirty accounts | 1.0 s, at most 1.4 s; 0.74 s of CPU; 86 MB of pages (17 MB are new) |
//! | open after a kill, all checked | 2.0 s |
//! | open after a clean end, all checked | 2.0 s |
//! | read all rows | 1.5 s |
//! | fetch an account | 84 µs, 99 of 100 below 0.3 ms |
//! | ask the filter | 0.26 µs, 0.7 % false positives |
//! | memory | 57 MB while opened and read, at most 183 MB while written; 3.2 MB of it filters and checks |
//! | disk | 3.6 GB: four to five times the rows, reached early and not exceeded |
//!
//! A page is 6 to 12 KB. In sled alone, 850 MB as pages of 64 KB were scanned in 0.4 s and written in
//! 3 to 4 s, as pages of 8 KB in 0.6 s and 3.5 to 4.5 s, and a cold page was read in 240 µs and 70 µs:
//! sled keeps and reads 16 neighbours together. To write again all pages on which 20,000 of a million accounts
//! stand would be 600 MB, which is why there are layers.

mod engine;
mod error;
mod filter;
mod head;
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
pub use store::{Fetched, Opened, Store, Together};
