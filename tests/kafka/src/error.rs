//! What keeps a broker from starting.

use std::io;
use std::path::PathBuf;

/// Why there is no Kafka.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither way leads to a Kafka.
    #[error(
        "no Kafka to be had: IOLAUS_TEST_KAFKA names no bootstrap servers, no Docker engine answers, \
         and of `java` (17 or newer) and `mvn` the system lacks {lacks}"
    )]
    Nowhere {
        /// The programs that are missing.
        lacks: String,
    },
    /// Maven did not bring the artifacts.
    #[error("Maven could not fetch Kafka's artifacts:\n{output}")]
    Maven {
        /// What it said.
        output: String,
    },
    /// A file or program could not be used.
    #[error("could not {doing}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why not.
        source: io::Error,
    },
    /// The data folder could not be formatted.
    #[error("could not format the folder of broker {node}:\n{output}")]
    Format {
        /// The broker.
        node: usize,
        /// What the tool said.
        output: String,
    },
    /// A broker ended by itself.
    #[error("broker {node} ended while it was started ({status}); the end of {}:\n{log}", path.display())]
    Ended {
        /// The broker.
        node: usize,
        /// How.
        status: String,
        /// Its log.
        path: PathBuf,
        /// The log's last lines.
        log: String,
    },
    /// It took too long.
    #[error("{what} took longer than {seconds} s; the last log lines:\n{log}")]
    Late {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// Logs.
        log: String,
    },
    /// The cluster was not started by us, so it can't be stopped, proxied or given rights.
    #[error("{what} needs a Kafka of our own, but IOLAUS_TEST_KAFKA names {bootstrap}")]
    NotOurs {
        /// What was asked for.
        what: &'static str,
        /// The servers.
        bootstrap: String,
    },
    /// The client library refused.
    #[error("could not {doing}")]
    Client {
        /// What was being done.
        doing: String,
        /// Why not.
        source: rdkafka::error::KafkaError,
    },
    /// A broker refused.
    #[error("the broker refused to {doing}: {code}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The protocol's error code or its name.
        code: String,
    },
}

/// Puts what was being done before an input or output error.
pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    let doing = doing.into();
    move |source| Error::Io { doing, source }
}
