//! Runs the tasks in this process over recorded files.
//!
//! The same shards and the same loop body as on Kafka, with queues for topics. To prove that nothing
//! but the input matters, a run can be split over partitions and instances, interleaved, restarted
//! at random points from its changelog and given everything twice, all by seed. Knows files and
//! threads; knows nothing of what the stages do.

mod cpu;
mod duplicates;
mod error;
mod hand_over;
mod lines;
mod output;
mod queue;
mod random;
mod report;
mod run;
mod source;

pub use cpu::{peak_rss_bytes, process_cpu};
pub use error::Error;
pub use report::Summary;
pub use run::{Faults, Inputs, Options, Progress, run};
pub use source::open_text;
