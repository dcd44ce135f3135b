//! Which partitions a worker owns: what the group says, written down until the worker has time.
//!
//! A worker polls only between transactions. So a partition that is taken away is given up at once,
//! and one that is given waits, unread, until its state was restored.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;

/// Something the group said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// These are ours now, and no others.
    Given(Vec<(String, i32)>),
    /// None is.
    Taken,
}

/// Hears what the group says, on the thread that polls.
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    changes: Arc<Mutex<Vec<Change>>>,
}

impl Ownership {
    /// What was said since the last time.
    pub fn take(&self) -> Vec<Change> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, change: Change) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }
}

impl ClientContext for Ownership {
    fn error(&self, error: KafkaError, reason: &str) {
        if !matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::PartitionEOF)) {
            tracing::warn!(%error, reason, "consumer");
        }
    }
}

impl ConsumerContext for Ownership {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            let elements = partitions.elements();
            let named = elements.iter().map(|one| (one.topic().to_owned(), one.partition()));
            self.note(Change::Given(named.collect()));
            return;
        }
        self.note(Change::Taken);
        // It is all that we had.
        if let Err(error) = consumer.unassign() {
            tracing::warn!(%error, "giving partitions up");
        }
    }
}
