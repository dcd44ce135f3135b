//! Why an evaluation could not be made. What is merely missing is null in the result instead.

use std::io;
use std::path::PathBuf;

/// Why an evaluation could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be opened.
    #[error("could not open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file ended or broke in the middle (a cut `.gz`, a failing disk).
    #[error("could not read {} after line {line}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The last line that was read whole.
        line: u64,
        /// What the system or the decompressor said.
        source: io::Error,
    },
    /// A line of the truth or of an output is not what it must be.
    #[error("{}:{line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// An Avro container was given where lines of JSON are read.
    #[error("{} is an Avro container, where JSON lines (.gz, .zst) are read", path.display())]
    Avro {
        /// The file.
        path: PathBuf,
    },
    /// The truth names no account.
    #[error(
        "{} names no account: each needs a line {{\"account_id\", \"campaign\", \"role\", \
         \"segment\"}}",
        path.display()
    )]
    NoTruth {
        /// The truth.
        path: PathBuf,
    },
    /// The directory holds nothing that a replay writes.
    #[error(
        "{} holds neither decisions.jsonl nor clusters.jsonl nor summary.json: is it what a \
         replay wrote with --output?",
        path.display()
    )]
    NoOutput {
        /// The directory.
        path: PathBuf,
    },
    /// Truth and stream are not about the same accounts.
    #[error(
        "the truth does not belong to this stream: none of its {accounts} accounts (such as \
            {example:?}) occurs in {searched}"
    )]
    Mismatch {
        /// How many accounts the truth names.
        accounts: usize,
        /// One of them.
        example: String,
        /// Where they were looked for.
        searched: String,
    },
    /// A folder holds no text that could be a prompt.
    #[error(
        "{} holds no prompt: give .txt files with one a line, or .jsonl with `text`, `prompt`, \
         `instruction` or `question`",
        path.display()
    )]
    NoTexts {
        /// The folder.
        path: PathBuf,
    },
    /// The result could not be written.
    #[error("could not write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
