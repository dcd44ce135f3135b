//! A worker: one thread that owns partitions of one task.
//!
//! Its turn: gather records; let the shards work; end a transaction. Only while it gathers can the
//! group take partitions away or give it more, and then nothing is half done.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use event::intake::Limits;
use pipeline::message::Changes;
use pipeline::topology::Topic;
use pipeline::{Config, Intake};
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::checkpoint::{Checkpoint, Keeper};
use crate::clients::{group_consumer, side_consumer};
use crate::error::Error;
use crate::faults::{self, Fault};
use crate::host::Host;
use crate::item::{Item, Reader, table_message};
use crate::outbox::{Names, Outbox};
use crate::ownership::{Change, Ownership};
use crate::producer::Producer;
use crate::restore::Restorer;
use crate::settings::Settings;
use crate::status::Status;
use crate::task::{Counts, Task};
use crate::time::now;

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

/// How long to wait for records of one topic before looking at another.
const GLANCE: Duration = Duration::from_millis(2);

/// Bytes of records in a transaction, at most.
const TURN_BYTES: usize = 32 << 20;

/// A topic partition that a shard reads, and how far it has.
struct Place {
    topic: String,
    partition: i32,
    /// The offset of the next record to be taken.
    next: i64,
    /// The end was seen.
    at_end: bool,
}

/// A shard that is ours.
struct Owned {
    host: Host,
    places: Vec<Place>,
    /// Records that were read and not taken: place, offset, record.
    pending: VecDeque<(usize, i64, Item)>,
    paused: bool,
    /// Its changelog has no record yet.
    unborn: bool,
    checkpoint: Option<Checkpoint>,
}

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
    committed_at: Instant,
    /// What the last transaction said of offsets, and the group's first word: for planted faults.
    sent: TopicPartitionList,
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
            side: match task {
                Task::Account | Task::Campaign => Some(side_consumer(settings, task)?),
                Task::Route | Task::Object => None,
            },
            restorer: Restorer::new(settings, task)?,
            keeper: match &settings.state_dir {
                Some(dir) => Some(Keeper::new(dir, settings)?),
                None => None,
            },
            producer,
            consumer,
            reader: Reader::new(task, Arc::clone(&shared.intake), shared.limits, keyed),
            owned: BTreeMap::new(),
            committed_at: now(),
            sent: TopicPartitionList::new(),
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
        while !self.status.stopping() && !self.finished() {
            match self.turn() {
                Ok(()) => self.status.turned(self.owned.len()),
                Err(error @ Error::Transaction { .. }) => {
                    tracing::warn!(task = self.task.name(), %error, "starting over from what was committed");
                    self.start_over()?;
                }
                Err(error) => return Err(error),
            }
        }
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
        faults::at(faults::Place::AfterPoll);
        self.owned.values_mut().for_each(Owned::work);
        if self.owned.values().any(|owned| owned.host.touched()) {
            self.commit()?;
        }
        Ok(())
    }

    /// Reads until there is enough for a transaction, or it is time for one.
    fn gather(&mut self) -> Result<(), Error> {
        let interval = Duration::from_millis(self.shared.settings.commit_interval_ms);
        let due = self.committed_at + interval;
        let idle = now() + IDLE;
        let (mut records, mut bytes) = (0, 0);
        let mut news = false;
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
                Some((_, reason)) => Err(Error::Unfit(format!(
                    "the group of the {} task shut this process out: {reason}",
                    task.name()
                ))),
                None => {
                    hard(&error, &format!("cannot read for the {} task", task.name()))?;
                    Ok(None)
                }
            },
        }
    }

    /// The end of a partition was seen; of which topic is not said.
    fn note_end(&mut self, partition: i32) -> Result<(), Error> {
        let several = self.shared.settings.input.len() > 1;
        for owned in self.owned.values_mut() {
            let seen = owned.pending.back().map(|(_, offset, _)| offset + 1);
            let place = &mut owned.places[0];
            if place.partition != partition {
                continue;
            }
            place.at_end = !several || {
                let wait = Duration::from_secs(15);
                let asked = self.consumer.fetch_watermarks(&place.topic, partition, wait);
                let (_, end) = asked.map_err(Error::kafka("cannot learn where an input ends"))?;
                seen.unwrap_or(place.next) >= end
            };
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
                Some(Err(error)) => hard(&error, "cannot read beside")?,
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

    /// Does what the group said. Returns whether it said anything.
    fn follow_group(&mut self) -> Result<bool, Error> {
        let changes = self.consumer.context().take();
        let any = !changes.is_empty();
        for change in changes {
            match change {
                Change::Taken(places) => {
                    for (topic, partition) in places {
                        let index = shard_of(&self.shared, self.task, &topic, partition);
                        self.owned.remove(&index);
                        tracing::info!(task = self.task.name(), partition = index, "given up");
                    }
                }
                Change::Given(places) => self.take_over(&places)?,
            }
        }
        Ok(any)
    }

    /// Restores the state of partitions and begins to read them where their predecessor left off.
    fn take_over(&mut self, places: &[(String, i32)]) -> Result<(), Error> {
        let mut begin = TopicPartitionList::new();
        for (topic, partition) in places {
            let index = shard_of(&self.shared, self.task, topic, *partition);
            let mut owned = self.restore(index)?;
            let mut read = vec![(topic.clone(), *partition)];
            read.extend(self.shared.settings.beside(self.task).map(|topic| (topic, 0)));
            owned.places = self.committed_places(&read)?;
            let next = Offset::Offset(owned.places[0].next);
            begin.add_partition_offset(topic, *partition, next).map_err(Error::kafka("assign"))?;
            self.owned.insert(index, owned);
        }
        self.consumer.incremental_assign(&begin).map_err(Error::kafka("cannot assign"))?;
        self.read_beside()
    }

    /// A shard as it was committed: from the checkpoint, if there is a good one, and the changelog.
    fn restore(&self, index: u32) -> Result<Owned, Error> {
        let Shared { config, counts, settings, .. } = &*self.shared;
        let started = now();
        let log = self.restorer.look(index)?;
        let mut fresh = || Host::new(self.task, index, *config, counts);
        let (mut host, mut checkpoint, from) = match &self.keeper {
            None => (fresh(), None, log.low),
            Some(keeper) => {
                let partitions = counts.of(self.task);
                let opened =
                    keeper.open(settings, self.task, index, partitions, &log, &mut fresh)?;
                (opened.0, Some(opened.1), opened.2)
            }
        };
        let blind = checkpoint.is_some() && faults::planted(Fault::CheckpointWithoutOffset);
        let from = if blind { log.end } else { from };
        let restored = self.restorer.restore(index, from, &log, &mut host, &mut |row, next| {
            if let (Some(keeper), Some(checkpoint)) = (&self.keeper, &mut checkpoint) {
                keeper.note(checkpoint, vec![row], next);
            }
        })?;
        if faults::verifies() && checkpoint.is_some() {
            let mut whole = fresh();
            self.restorer.restore(index, log.low, &log, &mut whole, &mut |_, _| {})?;
            if !host.remembers_as(&whole) {
                let task = self.task.name();
                return Err(Error::Unfit(format!(
                    "{task}-{index}: checkpoint and changelog differ"
                )));
            }
        }
        faults::at(faults::Place::AfterRestore);
        tracing::info!(
            task = self.task.name(),
            partition = index,
            checkpoint = from,
            records = restored.records,
            bytes = restored.bytes,
            seconds = started.elapsed().as_secs_f64(),
            "taken over"
        );
        Ok(Owned {
            host,
            places: Vec::new(),
            pending: VecDeque::new(),
            paused: false,
            unborn: log.incarnation.is_none(),
            checkpoint,
        })
    }

    /// How far the group has read, once every open transaction has ended.
    fn committed_places(&self, read: &[(String, i32)]) -> Result<Vec<Place>, Error> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in read {
            list.add_partition(topic, *partition);
        }
        let offsets = self
            .consumer
            .committed_offsets(list, Duration::from_secs(60))
            .map_err(Error::kafka("cannot learn how far the group has read"))?;
        let place = |(topic, partition): &(String, i32)| -> Result<Place, Error> {
            let found = offsets.find_partition(topic, *partition);
            let next = match found.map(|found| found.offset()) {
                Some(Offset::Offset(next)) => next,
                _ => self.first_offset(topic, *partition)?,
            };
            Ok(Place { topic: topic.clone(), partition: *partition, next, at_end: false })
        };
        read.iter().map(place).collect()
    }

    fn first_offset(&self, topic: &str, partition: i32) -> Result<i64, Error> {
        let asked = self.consumer.fetch_watermarks(topic, partition, Duration::from_secs(15));
        asked.map(|(low, _)| low).map_err(Error::kafka(format!("cannot ask about {topic}")))
    }

    /// Begins to read beside: tables from their beginning, since what was read of them is no state;
    /// anything else from where the shard left off.
    fn read_beside(&mut self) -> Result<(), Error> {
        let Some(side) = &self.side else { return Ok(()) };
        let mut list = TopicPartitionList::new();
        let mut add = |topic: &str, partition: i32, offset: Offset| {
            list.add_partition_offset(topic, partition, offset).map_err(Error::kafka("assign"))
        };
        if self.task == Task::Account {
            add(self.names.of(Topic::Tables), 0, Offset::Beginning)?;
        } else {
            for place in self.owned.values().flat_map(|owned| owned.places.iter().skip(1)) {
                add(&place.topic, place.partition, Offset::Offset(place.next))?;
            }
        }
        side.assign(&list).map_err(Error::kafka("cannot assign"))
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

    /// One transaction: what followed, what changed, how far was read.
    fn commit(&mut self) -> Result<(), Error> {
        faults::at(faults::Place::MidBatch);
        if faults::planted(Fault::OffsetsFirst) {
            self.commit_offsets_alone()?;
        }
        self.producer.begin()?;
        faults::at(faults::Place::AfterBegin);
        let mut outbox = Outbox::default();
        let mut changed = Vec::new();
        for (index, owned) in &mut self.owned {
            if owned.host.touched() {
                if std::mem::take(&mut owned.unborn) {
                    outbox.incarnation(*index, &self.shared.incarnation);
                }
                let changes = owned.host.hand_out(&mut outbox);
                outbox.changes(*index, &changes);
                changed.push((*index, changes));
            }
        }
        for outgoing in outbox.records {
            self.producer.send(&self.names, outgoing)?;
        }
        faults::at(faults::Place::AfterSends);
        let written = self.producer.delivered()?;
        faults::at(faults::Place::AfterDelivery);
        self.send_offsets()?;
        faults::at(faults::Place::AfterOffsets);
        self.producer.commit()?;
        faults::at(faults::Place::AfterCommit);
        self.committed_at = now();
        self.keep(changed, &written);
        Ok(())
    }

    /// How far was read, of every partition, changed or not.
    fn send_offsets(&mut self) -> Result<(), Error> {
        let offsets = self.offsets()?;
        if faults::planted(Fault::OffsetsWhenChanged) && offsets == self.sent {
            return Ok(());
        }
        let group = self.consumer.group_metadata().ok_or_else(|| Error::Transaction {
            task: self.task.name(),
            detail: "the consumer is in no group".to_owned(),
        })?;
        if faults::planted(Fault::OldGeneration) {
            let group = self.first_group.get_or_insert(group);
            self.producer.offsets(&offsets, group)?;
        } else {
            self.producer.offsets(&offsets, &group)?;
        }
        self.sent = offsets;
        Ok(())
    }

    fn offsets(&self) -> Result<TopicPartitionList, Error> {
        let mut offsets = TopicPartitionList::new();
        for place in self.owned.values().flat_map(|owned| &owned.places) {
            offsets
                .add_partition_offset(&place.topic, place.partition, Offset::Offset(place.next))
                .map_err(Error::kafka("offsets"))?;
        }
        Ok(offsets)
    }

    /// What [`Fault::OffsetsFirst`] does.
    fn commit_offsets_alone(&self) -> Result<(), Error> {
        let committed = self.consumer.commit(&self.offsets()?, CommitMode::Sync);
        committed.map_err(Error::kafka("offsets"))?;
        faults::at(faults::Place::AfterOffsets);
        Ok(())
    }

    /// What was committed goes to the checkpoints.
    fn keep(&mut self, changed: Vec<(u32, Changes)>, written: &[(i32, i64)]) {
        let Some(keeper) = &self.keeper else { return };
        for (index, changes) in changed {
            let newest = written.iter().find(|(partition, _)| *partition == index as i32);
            let owned = self.owned.get_mut(&index).and_then(|owned| owned.checkpoint.as_mut());
            if let (Some(checkpoint), Some((_, newest))) = (owned, newest) {
                keeper.note(checkpoint, changes, newest + 1);
            }
        }
    }

    /// After a transaction that failed, or of which nobody knows: a new producer ends it one way or
    /// the other, and every shard begins again from what was committed.
    fn start_over(&mut self) -> Result<(), Error> {
        self.producer =
            Producer::new(&self.shared.settings, self.task.name(), &self.transactional_id)?;
        let places: Vec<(String, i32)> = self
            .owned
            .values()
            .map(|owned| (owned.places[0].topic.clone(), owned.places[0].partition))
            .collect();
        if faults::planted(Fault::NoRollback) {
            return Ok(());
        }
        self.owned.clear();
        let mut list = TopicPartitionList::new();
        for (topic, partition) in &places {
            list.add_partition(topic, *partition);
        }
        // If the group has taken them away meanwhile, it will say so at the next poll.
        if self.consumer.incremental_unassign(&list).is_ok() {
            self.take_over(&places)?;
        }
        Ok(())
    }
}

impl Owned {
    /// Keeps a record until the shard takes it.
    fn keep(&mut self, message: &BorrowedMessage<'_>, item: Item) {
        let here = |place: &Place| {
            place.partition == message.partition() && place.topic == message.topic()
        };
        if let Some(place) = self.places.iter().position(here) {
            self.places[place].at_end = false;
            self.pending.push_back((place, message.offset(), item));
        }
    }

    fn work(&mut self) {
        self.host.settle();
        while let Some((place, offset, item)) = self.pending.pop_front() {
            if let Some(item) = self.host.offer(item) {
                self.pending.push_front((place, offset, item));
                break;
            }
            self.places[place].next = offset + 1;
        }
        self.host.settle();
        if self.pending.is_empty() && self.places.iter().all(|place| place.at_end) {
            self.host.end();
        }
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

/// Errors of a poll that do not pass by themselves.
fn hard(error: &KafkaError, doing: &str) -> Result<(), Error> {
    use rdkafka::error::RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::OffsetOutOfRange
            | Code::AutoOffsetReset
            | Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::FencedInstanceId
            | Code::Authentication
            | Code::Fatal,
        ) => Err(Error::kafka(doing)(error.clone())),
        _ => {
            tracing::warn!(%error, "{doing}");
            Ok(())
        }
    }
}
