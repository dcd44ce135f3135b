//! Gives the state of a replay to an installation that has none: it goes on where the archive ends.
//!
//! What changelogs, tables and groups would hold, had the installation read the archive itself, is written
//! to them. A changelog's first record is what makes it one, and its group's offsets come last: an
//! installation to which only a part was given does not start, and says so.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use pipeline::hand_over::{Entry, FORMAT, Head, Owner, Tail, configuration, decode};
use pipeline::topology::Topic;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use serde::Serialize;

use crate::clients::side_consumer;
use crate::error::Error;
use crate::outbox::{Names, Outbox};
use crate::producer::Producer;
use crate::restore::Restorer;
use crate::settings::Settings;
use crate::task::{Counts, Task};
use crate::worker::Shared;

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Rows in one transaction.
const AT_ONCE: u64 = 20_000;

/// The longest entry: no row of state is near it.
const ENTRY_BYTES: usize = 256 << 20;

/// What was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// Rows of state.
    pub rows: u64,
    /// Messages of the tables.
    pub tables: u64,
    /// Where each partition of the input is read on.
    pub next: Vec<i64>,
}

const TASKS: [Task; 3] = [Task::Account, Task::Object, Task::Campaign];

/// Gives what stands in `file` to the installation of `shared`, whose input is read on from `next`.
///
/// # Errors
/// If the file is damaged or of another configuration, the installation has state already, or the cluster
/// refuses; nothing has started to work either way.
pub fn load(shared: &Shared, file: &Path, next: &[i64]) -> Result<Loaded, Error> {
    let settings = &shared.settings;
    let mut entries = Entries::open(file)?;
    let head = entries.head()?;
    fits(shared, &head, file)?;
    let input = offsets(settings, next)?;
    for task in TASKS {
        is_new(settings, task, shared.counts.of(task))?;
    }
    let id = format!("{}-0", settings.group("load"));
    let producer = Producer::new(settings, "load", &id)?;
    let loaded = write(shared, &producer, &mut entries, next)?;
    let at_end = |topics: &[Topic]| ends(settings, topics);
    commit(settings, Task::Campaign, &at_end(&[Topic::Links, Topic::Standings])?)?;
    commit(settings, Task::Object, &at_end(&[Topic::Sightings])?)?;
    commit(settings, Task::Account, &input)?;
    Ok(loaded)
}

/// The entries of a file.
struct Entries<'a> {
    file: &'a Path,
    from: zstd::Decoder<'static, BufReader<File>>,
}

impl Entries<'_> {
    fn open(file: &Path) -> Result<Entries<'_>, Error> {
        let opened = File::open(file).and_then(zstd::Decoder::new);
        match opened {
            Ok(from) => Ok(Entries { file, from }),
            Err(why) => Err(unusable(file, &why)),
        }
    }

    fn next(&mut self) -> Result<Entry, Error> {
        let mut length = [0; 4];
        let mut bytes = Vec::new();
        let read = self.from.read_exact(&mut length).and_then(|()| {
            let length = u32::from_le_bytes(length) as usize;
            if length > ENTRY_BYTES {
                return Err(ErrorKind::InvalidData.into());
            }
            bytes.resize(length, 0);
            self.from.read_exact(&mut bytes)
        });
        read.map_err(|why| unusable(self.file, &why))?;
        decode(&bytes).map_err(|why| unusable(self.file, &why))
    }

    fn head(&mut self) -> Result<Head, Error> {
        match self.next()? {
            Entry::Head(head) if head.format == FORMAT => Ok(head),
            Entry::Head(head) => {
                let format = head.format;
                Err(unusable(self.file, &format!("format {format}, this program reads {FORMAT}")))
            }
            _ => Err(unusable(self.file, &"it does not begin with a head")),
        }
    }
}

fn unusable(file: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::Unfit(format!(
        "{}: not a whole hand-over of `iolaus replay --hand-over` ({why})",
        file.display()
    ))
}

/// Whether state that was made so can go on here.
fn fits(shared: &Shared, head: &Head, file: &Path) -> Result<(), Error> {
    let (file, Counts { accounts, objects, routed, .. }) = (file.display(), &shared.counts);
    let partitions = head.partitions;
    if *routed {
        return Err(Error::Unfit(
            "kafka.input: state is handed over to one topic keyed by account, and not through `route`"
                .to_owned(),
        ));
    }
    if (*accounts, *objects) != (partitions, partitions) {
        return Err(Error::Unfit(format!(
            "{file}: made of {partitions} partitions; here the input has {accounts}, and the object task \
             {objects}: both must have {partitions} (kafka.object_partitions)"
        )));
    }
    if head.configuration != configuration(&shared.config) {
        return Err(Error::Unfit(format!(
            "{file}: made under another configuration: give the replay the same `--config`"
        )));
    }
    if head.keys != shared.intake.key_check() {
        return Err(Error::Unfit(format!(
            "{file}: made with another secret: what is sketched here would never be found in it \
             (keys.secret_file)"
        )));
    }
    Ok(())
}

/// Where the input is read on, each within what there is.
fn offsets(settings: &Settings, next: &[i64]) -> Result<TopicPartitionList, Error> {
    let consumer = side_consumer(settings, Task::Account)?;
    let mut list = TopicPartitionList::new();
    let topic = &settings.input[0];
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER).map_err(asking(topic))?;
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    if next.len() != partitions {
        return Err(Error::Unfit(format!(
            "--next: {} offsets for the {partitions} partitions of {topic}",
            next.len()
        )));
    }
    for (partition, next) in (0..).zip(next) {
        let (low, end) =
            consumer.fetch_watermarks(topic, partition, ANSWER).map_err(asking(topic))?;
        if !(low..=end).contains(next) {
            return Err(Error::Unfit(format!(
                "--next: {topic}/{partition} has the offsets {low} to {end}, and is to be read on from {next}"
            )));
        }
        list.add_partition_offset(topic, partition, Offset::Offset(*next))
            .map_err(asking(topic))?;
    }
    Ok(list)
}

fn asking(topic: &str) -> impl FnOnce(rdkafka::error::KafkaError) -> Error {
    Error::kafka(format!("cannot ask about {topic}"))
}

/// Whether a task has worked here before.
fn is_new(settings: &Settings, task: Task, partitions: u32) -> Result<(), Error> {
    let restorer = Restorer::new(settings, task)?;
    for partition in 0..partitions {
        let log = restorer.look(partition)?;
        if log.end > log.low {
            return Err(Error::Unfit(format!(
                "{}/{partition} holds state already: give the replay's to a new installation, under \
                 another kafka.prefix",
                settings.changelog(task.name())
            )));
        }
    }
    Ok(())
}

/// Writes rows and tables, some thousand in a transaction. The first of these begins the changelogs.
fn write(
    shared: &Shared,
    producer: &Producer,
    entries: &mut Entries<'_>,
    next: &[i64],
) -> Result<Loaded, Error> {
    let names = TASKS.map(|task| Names::new(&shared.settings, task.name()));
    producer.begin()?;
    for (task, names) in TASKS.iter().zip(&names) {
        let mut outbox = Outbox::default();
        for partition in 0..shared.counts.of(*task) {
            outbox.incarnation(partition, &shared.incarnation);
        }
        outbox.records.into_iter().try_for_each(|record| producer.send(names, record))?;
    }
    let (mut rows, mut tables) = (0, 0);
    loop {
        match entries.next()? {
            Entry::Row { owner, partition, place, table, key, value } => {
                let names = match owner {
                    Owner::Account => &names[0],
                    Owner::Object => &names[1],
                    Owner::Campaign => &names[2],
                };
                let row = vec![(place, (table, key, Some(value)))];
                producer.send_changes(names, partition, &row)?;
                rows += 1;
            }
            Entry::Table(message) => {
                let mut outbox = Outbox::default();
                outbox.table(&message);
                outbox.records.into_iter().try_for_each(|one| producer.send(&names[2], one))?;
                tables += 1;
            }
            Entry::Tail(Tail { entries }) if entries == rows + tables => break,
            Entry::Tail(_) | Entry::Head(_) => {
                return Err(unusable(entries.file, &"entries are missing"));
            }
        }
        if (rows + tables) % AT_ONCE == 0 {
            producer.delivered()?;
            producer.commit()?;
            producer.begin()?;
        }
    }
    producer.delivered()?;
    producer.commit()?;
    Ok(Loaded { rows, tables, next: next.to_owned() })
}

/// The ends of our own topics: nothing in them is news to the state that was given.
fn ends(settings: &Settings, topics: &[Topic]) -> Result<TopicPartitionList, Error> {
    let consumer = side_consumer(settings, Task::Campaign)?;
    let mut list = TopicPartitionList::new();
    for topic in topics.iter().map(|topic| settings.topic(*topic)) {
        let metadata = consumer.fetch_metadata(Some(&topic), ANSWER).map_err(asking(&topic))?;
        let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        for partition in 0..partitions as i32 {
            let (_, end) =
                consumer.fetch_watermarks(&topic, partition, ANSWER).map_err(asking(&topic))?;
            list.add_partition_offset(&topic, partition, Offset::Offset(end))
                .map_err(asking(&topic))?;
        }
    }
    Ok(list)
}

fn commit(settings: &Settings, task: Task, offsets: &TopicPartitionList) -> Result<(), Error> {
    let consumer = side_consumer(settings, task)?;
    let group = settings.group(task.name());
    consumer
        .commit(offsets, CommitMode::Sync)
        .map_err(Error::kafka(format!("cannot set where `{group}` reads on")))
}
