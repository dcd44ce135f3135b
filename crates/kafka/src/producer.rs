//! A worker's producer: one transaction at a time, and nothing left to chance about how it ended.
//!
//! librdkafka does not know KIP-890: after a commit whose end is unknown, a delayed request could hit
//! the next transaction. So a producer that met any error is thrown away, and with it everything
//! that its transaction covered; the next one with the same transactional id ends what was open.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pipeline::message::Changes;
use rdkafka::ClientContext;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::error::Error;
use crate::faults;
use crate::outbox::{Names, Outgoing};
use crate::settings::Settings;
use crate::wire;

/// How long a worker may leave a transaction open: what is downstream of it waits as long, should it
/// die.
const TRANSACTION: Duration = Duration::from_secs(10);

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// What became of the records that were sent.
#[derive(Debug, Default)]
struct Sent {
    failed: Option<KafkaError>,
    /// The newest offset of each changelog partition.
    changelog: Vec<(i32, i64)>,
}

/// Hears of deliveries, on the client's own thread.
#[derive(Clone, Debug, Default)]
struct Deliveries {
    sent: Arc<(Mutex<Sent>, Condvar)>,
    /// Records of which nothing was heard yet. Goes down with `sent` locked.
    waiting: Arc<AtomicUsize>,
}

impl Deliveries {
    fn lock(&self) -> MutexGuard<'_, Sent> {
        self.sent.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "producer");
    }
}

impl ProducerContext for Deliveries {
    /// Whether the record was one of the changelog.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, changelog: usize) {
        let mut sent = self.lock();
        match result {
            Ok(message) if changelog == 1 => {
                let (partition, offset) = (message.partition(), message.offset());
                match sent.changelog.iter_mut().find(|(known, _)| *known == partition) {
                    Some((_, newest)) => *newest = (*newest).max(offset),
                    None => sent.changelog.push((partition, offset)),
                }
            }
            Ok(_) => {}
            Err((error, _)) => sent.failed = Some(error.clone()),
        }
        if self.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.sent.1.notify_all();
        }
    }
}

/// A producer whose transactional id was taken over.
pub struct Producer {
    task: &'static str,
    inner: ThreadedProducer<Deliveries>,
    deliveries: Deliveries,
}

impl Producer {
    /// Makes a producer and ends what its predecessor of the same id left open.
    ///
    /// # Errors
    /// If the broker can't be reached or refuses.
    pub fn new(settings: &Settings, task: &'static str, id: &str) -> Result<Producer, Error> {
        let mut config = settings.client();
        config
            .set("transactional.id", id)
            .set("transaction.timeout.ms", TRANSACTION.as_millis().to_string())
            .set("partitioner", "murmur2_random");
        let tuned =
            [("compression.type", "lz4"), ("linger.ms", "1"), ("batch.num.messages", "100000")];
        let sized = [("message.max.bytes", "16000000"), ("queue.buffering.max.kbytes", "131072")];
        for (key, value) in tuned.into_iter().chain(sized) {
            if config.get(key).is_none() {
                config.set(key, value);
            }
        }
        let deliveries = Deliveries::default();
        let inner: ThreadedProducer<Deliveries> = config
            .create_with_context(deliveries.clone())
            .map_err(Error::kafka("cannot make a producer"))?;
        inner
            .init_transactions(ANSWER)
            .map_err(Error::kafka(format!("cannot begin transactions as `{id}`")))?;
        Ok(Producer { task, inner, deliveries })
    }

    fn failed(&self, doing: &str, error: &KafkaError) -> Error {
        Error::Transaction { task: self.task, detail: format!("{doing}: {error}") }
    }

    fn undelivered(&self, detail: String) -> Error {
        Error::Undelivered { task: self.task, detail }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// If the producer was fenced or is broken.
    pub fn begin(&self) -> Result<(), Error> {
        self.inner.begin_transaction().map_err(|error| self.failed("begin", &error))
    }

    /// Sends a record within the transaction.
    ///
    /// # Errors
    /// If it can't be sent at all.
    pub fn send(&self, names: &Names, outgoing: Outgoing) -> Result<(), Error> {
        let changelog = outgoing.topic.is_none();
        let topic = outgoing.topic.map_or(names.changelog.as_str(), |topic| names.of(topic));
        let mut record =
            BaseRecord::with_opaque_to(topic, usize::from(changelog)).key(&outgoing.key);
        record.partition = outgoing.partition;
        record.headers = outgoing.headers;
        record.payload = outgoing.payload.as_ref();
        self.hand_over(record)
    }

    /// Sends the rows that changed to the changelog partition of the same number.
    ///
    /// # Errors
    /// If they can't be sent at all.
    pub fn send_changes(
        &self,
        names: &Names,
        partition: u32,
        changes: &Changes,
    ) -> Result<(), Error> {
        let mut key = Vec::new();
        for (place, (table, row, value)) in changes {
            wire::row_key(*place, *table, row, &mut key);
            let mut record = BaseRecord::with_opaque_to(&names.changelog, 1).key(&key);
            record.partition = Some(partition as i32);
            record.payload = value.as_ref();
            self.hand_over(record)?;
        }
        Ok(())
    }

    fn hand_over(&self, mut record: BaseRecord<'_, Vec<u8>, Vec<u8>, usize>) -> Result<(), Error> {
        self.deliveries.waiting.fetch_add(1, Ordering::AcqRel);
        loop {
            let Err((error, back)) = self.inner.send(record) else { return Ok(()) };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                self.deliveries.waiting.fetch_sub(1, Ordering::AcqRel);
                return Err(self.undelivered(format!("{}: {error}", back.topic)));
            }
            // The client's buffer is full: deliveries make room.
            let sent = self.deliveries.lock();
            let wait = self.deliveries.sent.1.wait_timeout(sent, Duration::from_millis(5));
            drop(wait);
            record = back;
        }
    }

    /// Waits until everything that was sent is on the broker. Returns the newest offset of each
    /// changelog partition that was written to.
    ///
    /// # Errors
    /// If anything could not be delivered.
    pub fn delivered(&self) -> Result<Vec<(i32, i64)>, Error> {
        let mut sent = self.deliveries.lock();
        let waiting = || self.deliveries.waiting.load(Ordering::Acquire);
        while waiting() > 0 && sent.failed.is_none() {
            let waited = self.deliveries.sent.1.wait_timeout(sent, ANSWER);
            let (now, time) = waited.unwrap_or_else(PoisonError::into_inner);
            sent = now;
            if time.timed_out() && waiting() > 0 {
                let detail = format!("{} records were not delivered", waiting());
                return Err(self.undelivered(detail));
            }
        }
        match sent.failed.take() {
            Some(error) => Err(self.undelivered(error.to_string())),
            None => Ok(std::mem::take(&mut sent.changelog)),
        }
    }

    /// Makes the offsets part of the transaction. The group's generation is the only fence between
    /// workers, so this is done in every transaction.
    ///
    /// # Errors
    /// If the group has moved on, or the broker refuses.
    pub fn offsets(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), Error> {
        self.inner
            .send_offsets_to_transaction(offsets, group, ANSWER)
            .map_err(|error| self.failed("send offsets", &error))
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// If it was not committed, or nobody knows.
    pub fn commit(&self) -> Result<(), Error> {
        if faults::commit_fails() {
            let aborted = self.inner.abort_transaction(ANSWER);
            return Err(
                self.failed("commit (as planned)", &aborted.err().unwrap_or(KafkaError::Canceled))
            );
        }
        self.inner.commit_transaction(ANSWER).map_err(|error| self.failed("commit", &error))
    }
}
