//! A worker: one thread that owns partitions of one task.
//!
//! Its turn: gather records; let the shards work; end a transaction. Only while it gathers can the
//! group take partitions away or give it more, and then nothing is half done.

mod commit;
mod room;
mod silence;
mod takeover;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event::intake::Limits;
use pipeline::{Config, Intake};
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::checkpoint::Keeper;
use crate::clients::group_consumer;
use crate::error::Error;
use crate::faults;
use crate::item::{Reader, table_message};
use crate::outbox::Names;
use crate::owned::Owned;
use crate::ownership::Ownership;
use crate::priority;
use crate::producer::Producer;
use crate::restore::Restorer;
use crate::settings::Settings;
use crate::status::Status;
use crate::task::{Counts, Task};
use crate::time::now;
use crate::trouble::{still_fits, trouble};
use room::Room;

/// What all workers of a process share.
pub struct Shared {
    /// How to reach the broker.
    pub settings: Settings,
    /// The configuration of the tasks.
    pub config: Config,
    /// What is taken at all.
    pub limits: Limits,
    /// Takes events in.
    pub intake: Arc<Intake>,
    /// Partition counts.
    pub counts: Counts,
    /// This process among its peers.
    pub instance: String,
    /// What a changelog that this process begins is called: no two are called alike.
    pub incarnation: String,
    /// Whether the inputs end where they end now.
    pub until_end: bool,
}

/// How long to wait for records when there is nothing else to do.
const IDLE: Duration = Duration::from_millis(100);

/// How long to read at least.
const GATHER: Duration = Duration::from_millis(10);

/// How long to wait for records of one topic before looking at another.
const GLANCE: Duration = Duration::from_millis(2);

/// Records that are read before the shards work on them: few, so that they are still in the cache, and
/// their memory is soon free for the next.
const SPOONFUL: usize = 256;

/// Bytes of records in a transaction, at most.
const TURN_BYTES: usize = 32 << 20;

/// A worker.
pub struct Worker {
    shared: Arc<Shared>,
    task: Task,
    names: Names,
    transactional_id: String,
    consumer: BaseConsumer<Ownership>,
    /// Reads what the group does not divide: `tables`, or what the campaign task reads beside.
    side: Option<BaseConsumer>,
    restorer: Restorer,
    keeper: Option<Keeper>,
    producer: Producer,
    reader: Reader,
    owned: BTreeMap<u32, Owned>,
    /// When the last transaction began.
    began_at: Instant,
    room: Room,
    /// The group's first word: for a planted fault.
    first_group: Option<ConsumerGroupMetadata>,
    status: Arc<Status>,
}

impl Worker {
    /// A worker that joins its task's group.
    ///
    /// # Errors
    /// If the broker can't be reached or refuses.
    pub fn new(
        shared: Arc<Shared>,
        task: Task,
        number: usize,
        status: Arc<Status>,
    ) -> Result<Worker, Error> {
        let settings = &shared.settings;
        let id = settings.transactional_id(task.name(), &shared.instance, number);
        let producer = Producer::new(settings, task.name(), &id)?;
        let consumer = group_consumer(&shared, task, number)?;
        let owned_topics = settings.owned_topics(task);
        let topics: Vec<&str> = owned_topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(Error::kafka("cannot subscribe"))?;
        let keyed = (!shared.counts.routed).then_some(shared.counts.accounts);
        Ok(Worker {
            names: Names::new(settings, task.name()),
            transactional_id: id,
            side: None,
            restorer: Restorer::new(settings, task)?,
            keeper: match &settings.state_dir {
                Some(dir) => Some(Keeper::new(dir, settings)?),
                None => None,
            },
            producer,
            consumer,
            reader: Reader::new(task, Arc::clone(&shared.intake), shared.limits, keyed),
            owned: BTreeMap::new(),
            began_at: now(),
            room: Room::new(settings.memory_bytes()),
            first_group: None,
            task,
            status,
            shared,
        })
    }

    /// Works until told to stop, or until its inputs have ended.
    ///
    /// # Errors
    /// If it can't go on: what was not committed will be done again.
    pub fn run(&mut self) -> Result<(), Error> {
        priority::of_task(self.task);
        while !self.status.stopping() && !self.finished() {
            match self.turn() {
                Ok(()) => self.status.turned(self.owned.len()),
                Err(error @ (Error::Transaction { .. } | Error::Undelivered { .. })) => {
                    tracing::warn!(task = self.task.name(), %error, "starting over from what was committed");
                    if matches!(error, Error::Undelivered { .. }) {
                        still_fits(&self.shared.settings)?;
                    }
                    self.start_over()?;
                }
                // Opened again it is put away, and that is said there.
                Err(Error::Store(error)) if room::is_lost(&error) => self.start_over()?,
                Err(error) => return Err(error),
            }
        }
        self.say_in_log();
        self.consumer.unsubscribe();
        if let Some(keeper) = &self.keeper {
            let checkpoints = self.owned.values_mut().filter_map(|owned| owned.checkpoint.as_mut());
            checkpoints.for_each(|checkpoint| keeper.write(checkpoint));
            keeper.finish();
        }
        Ok(())
    }

    fn finished(&self) -> bool {
        let ended = |owned: &Owned| owned.host.has_ended() && owned.pending.is_empty();
        self.shared.until_end && !self.owned.is_empty() && self.owned.values().all(ended)
    }

    fn turn(&mut self) -> Result<(), Error> {
        self.gather()?;
        self.hear_silence()?;
        faults::at(faults::Place::AfterPoll);
        self.owned.values_mut().try_for_each(Owned::work)?;
        self.owned.values_mut().for_each(|owned| owned.host.work());
        if self.owned.values().any(|owned| owned.host.touched()) {
            self.commit()?;
        }
        self.make_room()
    }

    /// Reads until there is enough for a transaction, or it is time for one. The shards work meanwhile.
    fn gather(&mut self) -> Result<(), Error> {
        let interval = Duration::from_millis(self.shared.settings.commit_interval_ms);
        let begun = now();
        // A transaction takes time of its own, so the next is due from when the last began; but if that
        // took the whole interval, there is still to be something to commit.
        let due = (self.began_at + interval).max(begun + GATHER.min(interval));
        let idle = begun + IDLE;
        let (mut records, mut bytes) = (0, 0);
        let mut news = self.owned.values().any(|owned| owned.host.is_due());
        while records < self.shared.settings.commit_records && bytes < TURN_BYTES {
            let now = now();
            let until = if news { due } else { idle.max(due) };
            if now >= until && (news || now >= idle) {
                break;
            }
            let wait = if records == 0 || self.side.is_some() { GLANCE } else { until - now };
            match self.poll_group(wait)? {
                Some(size) => {
                    records += 1;
                    bytes += size;
                    news = true;
                    if records % SPOONFUL == 0 {
                        self.owned.values_mut().try_for_each(Owned::work)?;
                    }
                    continue;
                }
                None => news |= self.follow_group()?,
            }
            let side = self.poll_side()?;
            bytes += side;
            news |= side > 0;
        }
        self.hold_back()
    }

    /// Polls the group's topics. Returns the size of a record that was read.
    fn poll_group(&mut self, wait: Duration) -> Result<Option<usize>, Error> {
        let (task, until_end) = (self.task, self.shared.until_end);
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Ok(message)) => {
                let index = shard_of(&self.shared, task, message.topic(), message.partition());
                // A record of a partition that was just given up may still come by.
                let Some(owned) = self.owned.get_mut(&index) else { return Ok(None) };
                let item = self.reader.read(&message)?;
                owned.keep(&message, item);
                Ok(Some(message.payload_len().max(1)))
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                // Seen at the end of inputs only: of a task's own topics more may always come.
                if until_end && matches!(task, Task::Route | Task::Account) {
                    self.note_end(partition)?;
                }
                Ok(None)
            }
            Some(Err(error)) => match self.consumer.client().fatal_error() {
                Some((_, reason)) => Err(Error::ShutOut { task: task.name(), reason }),
                None => {
                    trouble(&error, &self.shared.settings, task)?;
                    Ok(None)
                }
            },
        }
    }

    /// The end of a partition was seen; of which topic is not said.
    fn note_end(&mut self, partition: i32) -> Result<(), Error> {
        let several = self.task == Task::Route && self.shared.settings.input.len() > 1;
        for owned in self.owned.values_mut() {
            let seen = owned.pending.back().map(|(_, offset, _)| offset + 1);
            let place = &mut owned.places[0];
            if place.partition == partition && !place.at_end {
                let next = seen.unwrap_or(place.next);
                place.at_end = !several || self.restorer.ends_at(&place.topic, partition, next)?;
            }
        }
        Ok(())
    }

    /// Polls what the group does not divide. Returns the bytes that were read.
    fn poll_side(&mut self) -> Result<usize, Error> {
        let Some(side) = &self.side else { return Ok(0) };
        let mut bytes = 0;
        while bytes < TURN_BYTES {
            match side.poll(Duration::ZERO) {
                None => break,
                Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) => trouble(&error, &self.shared.settings, self.task)?,
                Some(Ok(message)) => {
                    bytes += message.payload_len().max(1);
                    if self.task == Task::Account {
                        let row = table_message(&message)?;
                        self.owned.values_mut().for_each(|owned| owned.host.table(&row));
                    } else if let Some(owned) = self.owned.get_mut(&0) {
                        let item = self.reader.read(&message)?;
                        owned.keep(&message, item);
                    }
                }
            }
        }
        Ok(bytes)
    }

    /// Stops fetching for shards that have enough to do.
    fn hold_back(&mut self) -> Result<(), Error> {
        let enough = self.shared.settings.commit_records;
        for owned in self.owned.values_mut() {
            let full = owned.pending.len() >= enough;
            if full == owned.paused || (owned.paused && owned.pending.len() > enough / 2) {
                continue;
            }
            let mut list = TopicPartitionList::new();
            list.add_partition(&owned.places[0].topic, owned.places[0].partition);
            let told = if full { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
            told.map_err(Error::kafka("cannot pause"))?;
            owned.paused = full;
        }
        Ok(())
    }
}

/// The shard that a topic partition belongs to.
fn shard_of(shared: &Shared, task: Task, topic: &str, partition: i32) -> u32 {
    if task != Task::Route {
        return partition as u32;
    }
    let inputs = shared.settings.input.iter().zip(&shared.counts.inputs);
    let before: u32 = inputs.take_while(|(name, _)| *name != topic).map(|(_, count)| count).sum();
    before + partition as u32
}
