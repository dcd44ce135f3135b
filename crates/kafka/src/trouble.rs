//! Errors while a worker reads: which pass by themselves, and what to say of those that do not.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::admin::Connection;
use crate::admin::check::workable;
use crate::error::Error;
use crate::settings::Settings;
use crate::task::Task;
use crate::time::nap;

/// An error of a poll. `Ok` if it passes by itself.
///
/// # Errors
/// If it does not, with what to do.
pub fn trouble(error: &KafkaError, settings: &Settings, task: Task) -> Result<(), Error> {
    let doing = format!("cannot read for the {} task", task.name());
    match error.rdkafka_error_code() {
        Some(Code::OffsetOutOfRange | Code::AutoOffsetReset) => {
            Err(Error::Unfit(format!("{doing}: {error}; {}", gap(settings, task))))
        }
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            tracing::warn!(%error, "{doing}");
            still_fits(settings)
        }
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed,
        ) => Err(Error::Unfit(format!(
            "{doing}: {error}; `iolaus topics acls` prints the rights that are needed"
        ))),
        Some(Code::FencedInstanceId | Code::Authentication | Code::Fatal) => {
            Err(Error::kafka(doing)(error.clone()))
        }
        _ => {
            tracing::warn!(%error, "{doing}");
            Ok(())
        }
    }
}

/// What to do where records are gone that were not read.
pub fn gap(settings: &Settings, task: Task) -> String {
    format!(
        "records were deleted before they were read, or the topic was made anew: start anew under another \
         kafka.prefix, or, to go on without them, stop the task everywhere and set its group `{}` to what \
         is there (kafka-consumer-groups.sh --reset-offsets --to-earliest)",
        settings.group(task.name())
    )
}

/// What a worker ended with; if topics are gone meanwhile, then that.
pub fn explained(error: Error, settings: &Settings) -> Error {
    match error {
        Error::Kafka { .. } => still_fits(settings).err().unwrap_or(error),
        error => error,
    }
}

/// Whether the topics are still there: a broker that comes up may not know them at once, and is asked
/// again.
///
/// # Errors
/// If they are not. A cluster that does not answer is no such thing.
pub fn still_fits(settings: &Settings) -> Result<(), Error> {
    let ask = || Connection::open(settings).and_then(|connection| workable(&connection, settings));
    if matches!(ask(), Err(Error::Unfit(_))) {
        nap(Duration::from_secs(2));
        if let Err(error @ Error::Unfit(_)) = ask() {
            return Err(error);
        }
    }
    Ok(())
}
