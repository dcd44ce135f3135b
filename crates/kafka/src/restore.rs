//! Getting a partition's state back from its changelog.

use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::error::Error;
use crate::host::Host;
use crate::settings::Settings;
use crate::task::Task;
use crate::time::{nap, now};
use crate::wire;

/// How long whoever had the partition before may take to end what it began: its transaction's
/// timeout, and some time for the broker to see to it.
const PREDECESSOR: Duration = Duration::from_secs(60);

/// Reads changelogs. Belongs to a worker.
pub struct Restorer {
    topic: String,
    /// Sees what was committed.
    committed: BaseConsumer,
    /// Sees everything, to know whether something is still open.
    everything: BaseConsumer,
}

/// What a restore read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restored {
    /// Where the changelog goes on.
    pub next: i64,
    /// Records read.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Restorer {
    /// A restorer of a task's state.
    ///
    /// # Errors
    /// If a client can't be made.
    pub fn new(settings: &Settings, task: Task) -> Result<Restorer, Error> {
        let make = |isolation: &str| -> Result<BaseConsumer, Error> {
            let mut config = settings.client();
            config
                .set("group.id", settings.group(task.name()))
                .set("enable.auto.commit", "false")
                .set("enable.partition.eof", "true")
                .set("isolation.level", isolation)
                .set("auto.offset.reset", "error");
            if config.get("queued.max.messages.kbytes").is_none() {
                config.set("queued.max.messages.kbytes", "32768");
            }
            config.create().map_err(Error::kafka("cannot make a consumer"))
        };
        Ok(Restorer {
            topic: settings.changelog(task.name()),
            committed: make("read_committed")?,
            everything: make("read_uncommitted")?,
        })
    }

    /// Restores a shard from its changelog, from an offset on (0: all of it).
    ///
    /// # Errors
    /// If the changelog can't be read, or holds what this program does not understand.
    pub fn restore(&self, partition: u32, from: i64, host: &mut Host) -> Result<Restored, Error> {
        let partition = partition as i32;
        let (low, end) = self.wait_until_stable(partition)?;
        let mut restored = Restored { next: from.max(low), ..Restored::default() };
        if restored.next >= end {
            return Ok(restored);
        }
        let mut list = TopicPartitionList::new();
        let offset = Offset::Offset(restored.next);
        let place = list.add_partition_offset(&self.topic, partition, offset);
        place.and_then(|()| self.committed.assign(&list)).map_err(self.reading())?;
        loop {
            match self.committed.poll(Duration::from_millis(500)) {
                None => {}
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => return Err(self.reading()(error)),
                Some(Ok(message)) => {
                    restored.records += 1;
                    restored.bytes += message.payload_len() as u64 + message.key_len() as u64;
                    self.put_back(&message, host)?;
                }
            }
        }
        restored.next = end;
        self.committed.unassign().map_err(self.reading())?;
        Ok(restored)
    }

    fn put_back(
        &self,
        message: &rdkafka::message::BorrowedMessage<'_>,
        host: &mut Host,
    ) -> Result<(), Error> {
        let unreadable = |detail: String| Error::Unreadable {
            topic: self.topic.clone(),
            partition: message.partition(),
            offset: message.offset(),
            detail: format!("{detail}; state of another version can be rebuilt from the input"),
        };
        let key = message.key().unwrap_or_default();
        let (place, table, key) = wire::read_row_key(key).map_err(unreadable)?;
        host.restore(place, table, key, message.payload())
            .map_err(|error| unreadable(error.to_string()))
    }

    /// Waits until no transaction is open on the changelog. Returns its first offset and its end.
    fn wait_until_stable(&self, partition: i32) -> Result<(i64, i64), Error> {
        let ask = |consumer: &BaseConsumer| {
            consumer
                .fetch_watermarks(&self.topic, partition, Duration::from_secs(15))
                .map_err(self.reading())
        };
        let started = now();
        loop {
            let (_, end) = ask(&self.everything)?;
            let (low, stable) = ask(&self.committed)?;
            if stable >= end {
                return Ok((low, end));
            }
            if started.elapsed() > PREDECESSOR {
                let topic = &self.topic;
                return Err(Error::Unfit(format!(
                    "{topic}/{partition}: a transaction stays open at {stable} of {end}: is another \
                     installation writing here, or a broker unable to end it?"
                )));
            }
            nap(Duration::from_millis(20));
        }
    }

    fn reading(&self) -> impl FnOnce(KafkaError) -> Error + use<> {
        Error::kafka(format!("cannot read {}", self.topic))
    }
}
