//! Why a replay could not run. What is wrong with single records is no error: they are dead letters.
//!
//! Where the system gives the cause, it is the error's source and not said twice.

use std::path::PathBuf;

/// Why a replay could not run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each is")]
pub enum Error {
    #[error("cannot read input {}", path.display())]
    Input { path: PathBuf, source: std::io::Error },
    #[error("cannot read input {}: it is a directory; give the files in it", path.display())]
    Directory { path: PathBuf },
    #[error("cannot read input {}: {detail}", path.display())]
    Container { path: PathBuf, detail: String },
    #[error("cannot write {}", path.display())]
    Output { path: PathBuf, source: std::io::Error },
    #[error("no input: give at least one file")]
    NoInput,
    #[error("{0}")]
    Usage(String),
    #[error(
        "{}: account `{account}` belongs to partition {expected} of {partitions}, but this file is \
         partition {found}; files that are not split by the partitioner of Kafka (murmur2) are \
         several inputs: leave `--keyed` out", path.display()
    )]
    NotKeyed { path: PathBuf, account: String, expected: u32, found: u32, partitions: u32 },
    #[error(
        "{}: its last {waiting} records, from {from} on, wait for the other partitions, which end earlier; \
         end each file with a clock record of the time at which the archive was cut, so that nobody waits \
         for those that were silent then", path.display()
    )]
    Ragged { path: PathBuf, waiting: usize, from: String },
    #[error(
        "{}: a record asks for behaviour {version}, and this program knows none beyond {}: upgrade it",
        path.display(), event::contract::BEHAVIOUR
    )]
    Behaviour { path: PathBuf, version: u64 },
    #[error("a row of state could not be read back")]
    State(#[from] step::Corrupt),
    #[error("the tasks wait for each other; this is a fault of the program")]
    Stalled,
}
