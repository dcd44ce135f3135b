//! Why an import stopped. A line out of form does not stop it.

use std::io;
use std::path::PathBuf;

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No format has this name.
    #[error("unknown format {name:?}; known are {known}")]
    UnknownFormat {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Options that can't be met.
    #[error("{0}")]
    Options(&'static str),
    /// A file could not be opened.
    #[error("could not open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file ended or broke in the middle.
    #[error("could not read {} after line {line}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The last line that was read whole.
        line: u64,
        /// What the system or the decompressor said.
        source: io::Error,
    },
    /// The events could not be written.
    #[error("could not write the events")]
    Write(#[source] io::Error),
}

impl Error {
    pub(crate) fn unknown_format(name: &str) -> Error {
        let known: Vec<&str> = crate::formats().iter().map(|format| format.name).collect();
        Error::UnknownFormat { name: name.to_owned(), known: known.join(", ") }
    }
}
