//! Getting a partition's state back from its changelog.

use std::time::Duration;

use pipeline::message::Place;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use step::{Change, Corrupt};

use crate::error::Error;
use crate::settings::Settings;
use crate::task::Task;
use crate::time::{nap, now};
use crate::wire;

/// How long whoever had the partition before may take to end what it began: its transaction's
/// timeout, and some time for the broker to see to it.
const PREDECESSOR: Duration = Duration::from_secs(60);

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Reads changelogs. Belongs to a worker.
pub struct Restorer {
    topic: String,
    /// Sees what was committed.
    committed: BaseConsumer,
    /// Sees everything, to know whether something is still open.
    everything: BaseConsumer,
}

/// A changelog partition on which no transaction is open.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Its first offset.
    pub low: i64,
    /// Its end.
    pub end: i64,
    /// What its first record calls it: another one, if the topic was deleted and made again.
    pub incarnation: Option<String>,
}

/// Takes a row of a changelog, with the offset behind it.
pub type Take<'a> = dyn FnMut((Place, Change), i64) -> Result<(), Corrupt> + 'a;

/// What a restore read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restored {
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
                .set("auto.offset.reset", "error")
                // A request that waits for more holds up the one for the next partition.
                .set("fetch.wait.max.ms", "5");
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

    /// Looks at a changelog, once whoever wrote to it before has ended what it began.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn look(&self, partition: u32) -> Result<Log, Error> {
        let (low, end) = self.wait_until_stable(partition as i32)?;
        let mut incarnation = None;
        self.read(partition as i32, low, end, &mut |message| {
            if message.key() == Some(wire::INCARNATION) {
                let name = message.payload().unwrap_or_default();
                incarnation = Some(String::from_utf8_lossy(name).into_owned());
            }
            Ok(false)
        })?;
        Ok(Log { low, end, incarnation })
    }

    /// Reads a changelog from an offset to the end. `take` is given every row, with the offset behind it.
    ///
    /// # Errors
    /// If the changelog can't be read, or holds what this program does not understand.
    pub fn restore(
        &self,
        partition: u32,
        from: i64,
        log: &Log,
        take: &mut Take<'_>,
    ) -> Result<Restored, Error> {
        let mut restored = Restored::default();
        self.read(partition as i32, from, log.end, &mut |message| {
            restored.records += 1;
            restored.bytes += message.payload_len() as u64 + message.key_len() as u64;
            if message.key() != Some(wire::INCARNATION) {
                self.give(message, take)?;
            }
            Ok(true)
        })?;
        Ok(restored)
    }

    /// Whether nothing that was committed stands in a topic from an offset on. Its last offset would not
    /// tell: the end of a transaction is one, too.
    ///
    /// # Errors
    /// If the topic can't be read.
    pub fn ends_at(&self, topic: &str, partition: i32, next: i64) -> Result<bool, Error> {
        let reading = || Error::kafka(format!("cannot learn where {topic} ends"));
        let mut list = TopicPartitionList::new();
        let place = list.add_partition_offset(topic, partition, Offset::Offset(next));
        place.and_then(|()| self.committed.assign(&list)).map_err(reading())?;
        let started = now();
        let found = loop {
            match self.committed.poll(Duration::from_secs(1)) {
                Some(Err(KafkaError::PartitionEOF(_))) => break Ok(true),
                Some(Err(error)) => break Err(reading()(error)),
                Some(Ok(_)) => break Ok(false),
                // The end is told once: who gives up here would wait for ever.
                None if started.elapsed() > ANSWER => {
                    let late = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                    break Err(reading()(late));
                }
                None => {}
            }
        };
        self.committed.unassign().map_err(reading())?;
        found
    }

    /// Hands over what was committed from an offset to the end, as long as it is wanted.
    fn read(
        &self,
        partition: i32,
        from: i64,
        end: i64,
        take: &mut dyn FnMut(&BorrowedMessage<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        if from >= end {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        let place = list.add_partition_offset(&self.topic, partition, Offset::Offset(from));
        place.and_then(|()| self.committed.assign(&list)).map_err(self.reading())?;
        loop {
            match self.committed.poll(Duration::from_millis(500)) {
                None => {}
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => return Err(self.reading()(error)),
                Some(Ok(message)) if take(&message)? => {}
                Some(Ok(_)) => break,
            }
        }
        self.committed.unassign().map_err(self.reading())
    }

    fn give(&self, message: &BorrowedMessage<'_>, take: &mut Take<'_>) -> Result<(), Error> {
        let unreadable = |detail: String| Error::Unreadable {
            topic: self.topic.clone(),
            partition: message.partition(),
            offset: message.offset(),
            detail: format!("{detail}; state of another version can be rebuilt from the input"),
        };
        let key = message.key().unwrap_or_default();
        let (place, table, key) = wire::read_row_key(key).map_err(unreadable)?;
        let row = (place, (table, key.to_vec(), message.payload().map(<[u8]>::to_vec)));
        take(row, message.offset() + 1).map_err(|error| unreadable(error.to_string()))
    }

    /// Waits until no transaction is open on the changelog. Returns its first offset and its end.
    fn wait_until_stable(&self, partition: i32) -> Result<(i64, i64), Error> {
        let ask = |consumer: &BaseConsumer| {
            consumer.fetch_watermarks(&self.topic, partition, ANSWER).map_err(self.reading())
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
