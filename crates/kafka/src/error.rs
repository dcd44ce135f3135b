//! What can go wrong between us and a broker.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// Errors of the driver. None of them loses anything: what was not committed is done again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting cannot be used.
    #[error("{key}: {detail}")]
    Setting {
        /// Which.
        key: String,
        /// Why, and what to do.
        detail: String,
    },
    /// The broker refused something, or could not be reached.
    #[error("{doing}: {why}")]
    Kafka {
        /// What was tried.
        doing: String,
        /// What the client library says.
        why: KafkaError,
    },
    /// No broker answers.
    #[error(
        "no broker answers at {servers} ({detail}); look at kafka.bootstrap_servers and, if the cluster \
         wants a login or TLS, at kafka.properties"
    )]
    Unreachable {
        /// Where they were looked for.
        servers: String,
        /// The last thing the client library complained of.
        detail: String,
    },
    /// The cluster does not fit.
    #[error("{0}")]
    Unfit(String),
    /// A record of ours cannot be read.
    #[error("{topic}/{partition}@{offset}: {detail}")]
    Unreadable {
        /// Where it stands.
        topic: String,
        /// Where it stands.
        partition: i32,
        /// Where it stands.
        offset: i64,
        /// What is wrong, and what to do.
        detail: String,
    },
    /// The group lets this worker in no more.
    #[error(
        "the group of the {task} task shut this process out: {reason}; does another process run under \
         the same `kafka.instance`?"
    )]
    ShutOut {
        /// Of which task.
        task: &'static str,
        /// What the client library says.
        reason: String,
    },
    /// A file can't be written.
    #[error("cannot write {}", path.display())]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The local disk.
    #[error(transparent)]
    Store(store::Error),
    /// A worker panicked.
    #[error("a worker panicked: this is a bug; see its message above")]
    Bug,
    /// Records could not be written: their transaction is done again.
    #[error("what {task} wrote was not delivered: {detail}")]
    Undelivered {
        /// Of which task.
        task: &'static str,
        /// What happened.
        detail: String,
    },
    /// A transaction did not end well: what it covered is done again.
    #[error("a transaction of {task} did not end well: {detail}")]
    Transaction {
        /// Of which task.
        task: &'static str,
        /// What happened.
        detail: String,
    },
}

impl Error {
    /// Wraps an error of the client library.
    pub fn kafka(doing: impl Into<String>) -> impl FnOnce(KafkaError) -> Error {
        let doing = doing.into();
        move |why| Error::Kafka { doing, why }
    }

    /// Whether it passes by itself: brokers restart, leaders move.
    #[must_use]
    pub fn passes(&self) -> bool {
        let Error::Kafka { why, .. } = self else { return false };
        matches!(
            why.rdkafka_error_code(),
            Some(
                Code::AllBrokersDown
                    | Code::BrokerTransportFailure
                    | Code::BrokerNotAvailable
                    | Code::OperationTimedOut
                    | Code::RequestTimedOut
                    | Code::NetworkException
                    | Code::LeaderNotAvailable
                    | Code::NotLeaderForPartition
                    | Code::WaitingForCoordinator
                    | Code::CoordinatorLoadInProgress
                    | Code::CoordinatorNotAvailable
                    | Code::NotCoordinator
            )
        )
    }
}
