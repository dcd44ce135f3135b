//! A running system's input, written to files that a replay turns into the same bytes.
//!
//! One file a partition: its records as they are, as far as the task that reads them has committed, and
//! between them, where they took part, the clock records of `clocks`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pipeline::topology::Topic;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::settings::Settings;
use crate::task::{Counts, Task};

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// What was recorded of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The file.
    pub file: PathBuf,
    /// The first offset there is; above 0, older records are gone and a replay begins without them.
    pub from: i64,
    /// The offset behind the last record.
    pub to: i64,
    /// Records written.
    pub records: u64,
    /// Clock records among them.
    pub clocks: u64,
}

/// A record of `clocks`.
#[derive(Debug, Deserialize)]
struct Clock {
    topic: String,
    partition: i32,
    offset: i64,
    event_time: i64,
}

type Clocks = BTreeMap<(String, i32), Vec<Clock>>;

/// Writes the input, up to what was committed, to files in a folder.
///
/// # Errors
/// If the cluster can't be read, or a file can't be written.
pub fn record(settings: &Settings, folder: &Path) -> Result<Vec<Recorded>, Error> {
    let counts = Counts::ask(settings)?;
    let task = if counts.routed { Task::Route } else { Task::Account };
    let mut config = settings.client();
    config
        .set("group.id", settings.group(task.name()))
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "error");
    let consumer: BaseConsumer = config.create().map_err(Error::kafka("cannot make a consumer"))?;
    let mut clocks = read_clocks(&consumer, &settings.topic(Topic::Clocks))?;
    let mut all = Vec::new();
    for (topic, partitions) in settings.input.iter().zip(&counts.inputs) {
        for partition in 0..*partitions as i32 {
            let number = all.len();
            let file = folder.join(format!("{number:03}-{topic}-{partition}.jsonl"));
            let clocks = clocks.remove(&(topic.clone(), partition)).unwrap_or_default();
            all.push(one(&consumer, topic, partition, file, clocks)?);
        }
    }
    Ok(all)
}

fn one(
    consumer: &BaseConsumer,
    topic: &str,
    partition: i32,
    file: PathBuf,
    clocks: Vec<Clock>,
) -> Result<Recorded, Error> {
    let reading = || Error::kafka(format!("cannot read {topic}/{partition}"));
    let (from, _) = consumer.fetch_watermarks(topic, partition, ANSWER).map_err(reading())?;
    let mut asked = TopicPartitionList::new();
    asked.add_partition(topic, partition);
    let committed = consumer.committed_offsets(asked, ANSWER).map_err(reading())?;
    let to = match committed.find_partition(topic, partition).map(|found| found.offset()) {
        Some(Offset::Offset(to)) => to.max(from),
        _ => from,
    };
    let cannot = |source| Error::File { path: file.clone(), source };
    let mut writer = BufWriter::new(File::create(&file).map_err(cannot)?);
    let mut recorded = Recorded {
        topic: topic.to_owned(),
        partition,
        file: file.clone(),
        from,
        to,
        records: 0,
        clocks: 0,
    };
    let mut clocks = clocks.into_iter().peekable();
    let mut put_clocks = |writer: &mut BufWriter<File>, before: i64| -> std::io::Result<u64> {
        let mut written = 0;
        while let Some(clock) = clocks.next_if(|clock| clock.offset <= before) {
            let Clock { offset, event_time, .. } = clock;
            let id = format!("clock-{partition}-{offset}-{event_time}");
            let line = serde_json::json!({
                "type": "clock", "event_id": id, "event_time": event_time,
            });
            writeln!(writer, "{line}")?;
            written += 1;
        }
        Ok(written)
    };
    if to > from {
        each(consumer, topic, partition, from, &mut |message| {
            if message.offset() >= to {
                return Ok(false);
            }
            recorded.clocks += put_clocks(&mut writer, message.offset()).map_err(cannot)?;
            let mut line = message.payload().unwrap_or_default().to_vec();
            // A line break in a record is white space, or makes it unreadable either way.
            line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
            line.push(b'\n');
            writer.write_all(&line).map_err(cannot)?;
            recorded.records += 1;
            Ok(message.offset() + 1 < to)
        })?;
    }
    recorded.clocks += put_clocks(&mut writer, to).map_err(cannot)?;
    writer.flush().map_err(cannot)?;
    Ok(recorded)
}

fn read_clocks(consumer: &BaseConsumer, topic: &str) -> Result<Clocks, Error> {
    let reading = || Error::kafka(format!("cannot read {topic}"));
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER).map_err(reading())?;
    let partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
    let mut clocks = Clocks::new();
    for partition in 0..partitions as i32 {
        let (low, end) = consumer.fetch_watermarks(topic, partition, ANSWER).map_err(reading())?;
        if low >= end {
            continue;
        }
        each(consumer, topic, partition, low, &mut |message| {
            let parsed = serde_json::from_slice(message.payload().unwrap_or_default());
            let clock: Clock = parsed.map_err(|error| Error::Unreadable {
                topic: topic.to_owned(),
                partition,
                offset: message.offset(),
                detail: error.to_string(),
            })?;
            clocks.entry((clock.topic.clone(), clock.partition)).or_default().push(clock);
            Ok(true)
        })?;
    }
    Ok(clocks)
}

/// Hands over a partition's committed records from an offset on, as long as they are wanted.
fn each(
    consumer: &BaseConsumer,
    topic: &str,
    partition: i32,
    from: i64,
    take: &mut dyn FnMut(&BorrowedMessage<'_>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let reading = || Error::kafka(format!("cannot read {topic}/{partition}"));
    let mut list = TopicPartitionList::new();
    let place = list.add_partition_offset(topic, partition, Offset::Offset(from));
    place.and_then(|()| consumer.assign(&list)).map_err(reading())?;
    loop {
        match consumer.poll(Duration::from_secs(1)) {
            None => {}
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) => return Err(reading()(error)),
            Some(Ok(message)) if take(&message)? => {}
            Some(Ok(_)) => break,
        }
    }
    consumer.unassign().map_err(reading())
}
