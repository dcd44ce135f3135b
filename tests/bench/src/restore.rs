//! State brought back: accounts of one request each go through the account task, which is killed; then
//! it starts again with its checkpoint, and once more with nothing but the changelog.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kafka_harness::Cluster;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::State;
use crate::installation::{Installation, PARTITIONS, Sender};
use crate::load::{EACH, Writer, id, now_ms};
use crate::process::Process;
use crate::report::Report;
use crate::watcher::{Watcher, account_of_key};

/// Between checkpoints, and some more.
const CHECKPOINT: Duration = Duration::from_secs(12);

const PATIENCE: Duration = Duration::from_secs(600);

/// Accounts that publish after each start, so that there is a first answer.
const PROBES: u64 = 40;

/// The first of them: no other account goes so far.
const PROBE: u64 = 1 << 32;

/// What a start did.
struct Started {
    /// Until every partition was taken over.
    ready: f64,
    /// Until the first public record could be read.
    answered: f64,
    /// CPU until every partition was taken over.
    cpu: f64,
    /// What the log says of each partition, added up.
    said: BTreeMap<&'static str, f64>,
}

/// Fills, kills, brings back.
pub fn restore(cluster: &Cluster, state: &State) -> Result<Report> {
    let accounts = if state.full { 1_000_000 } else { state.accounts };
    let stage = Installation::new(cluster)?;
    let sender = Sender::new(cluster.client(), &stage.input)?;
    let _others = stage.run("others", &["object", "campaign"], &[], false)?;
    let mut filled = stage.run("account", &["account"], &[], true)?;
    let mut writer = Writer::default();
    for n in 0..accounts {
        let account = id(n);
        sender.send(&account, writer.request(n, &account, now_ms()))?;
    }
    sender.finish()?;
    wait_until_read(&stage).with_context(|| filled.said())?;
    // The next transaction after this writes a checkpoint, and those behind it are its tail.
    std::thread::sleep(CHECKPOINT);
    for n in accounts..accounts + accounts / 20 {
        let account = id(n);
        sender.send(&account, writer.request(n, &account, now_ms()))?;
    }
    sender.finish()?;
    wait_until_read(&stage).with_context(|| filled.said())?;
    std::thread::sleep(CHECKPOINT / 2);
    filled.kill();
    let warm = start(&stage, &sender, 0, true)?;
    let cold = start(&stage, &sender, 1, false)?;
    let mut report = Report::new("restore");
    report.note(format!("{accounts} accounts of one request each, {PARTITIONS} partitions"));
    let of = |started: &Started, key: &str| started.said.get(key).copied().unwrap_or_default();
    let (records, bytes, seconds) =
        (of(&cold, "records"), of(&cold, "bytes"), of(&cold, "seconds"));
    report.add("changelog: records", records, "");
    report.add("changelog: a record", bytes / records, "bytes");
    report.add("changelog: restored", records / seconds, "records/s");
    report.add("changelog: restored, bytes", bytes / seconds / 1e6, "MB/s");
    report.add("changelog: CPU a record", cold.cpu * 1e6 / records, "µs");
    report.add("changelog: process start to taken over", cold.ready, "s");
    report.add("changelog: process start to first answer", cold.answered, "s");
    report.add("checkpoint: records of the tail", of(&warm, "records"), "");
    report.add("checkpoint: loaded, with the tail", of(&warm, "seconds"), "s");
    report.add("checkpoint: process start to taken over", warm.ready, "s");
    report.add("checkpoint: process start to first answer", warm.answered, "s");
    Ok(report)
}

/// Starts the account task, with something to do, and kills it when it has answered. `earlier`: how
/// often that was done before.
fn start(
    stage: &Installation<'_>,
    sender: &Sender,
    earlier: u64,
    checkpoint: bool,
) -> Result<Started> {
    let (first, before) = (PROBE + earlier * PROBES, earlier * PROBES);
    let mut writer = Writer::default();
    for n in 0..EACH * PROBES {
        let account = id(first + n % PROBES);
        sender.send(&account, writer.request(EACH * first + n, &account, now_ms()))?;
    }
    sender.finish()?;
    let topic = stage.topic("fingerprints");
    let watcher = Watcher::start(stage.cluster.client(), &topic, PARTITIONS, account_of_key)?;
    let begun = Instant::now();
    let mut process = stage.run("account", &["account"], &[], checkpoint)?;
    let (ready, cpu) = wait_until_ready(&process, begun)?;
    ensure!(watcher.wait_for(before + 1, PATIENCE), "no answer\n{}", process.said());
    let seen = watcher.finish();
    let (_, at) = seen.get(before as usize).context("an answer")?;
    let answered = at.duration_since(begun).as_secs_f64();
    let said = of_partitions(&process.said());
    wait_until_read(stage)?;
    process.kill();
    Ok(Started { ready, answered, cpu, said })
}

/// Waits until every partition was taken over. Returns when, and the CPU until then.
fn wait_until_ready(process: &Process, begun: Instant) -> Result<(f64, f64)> {
    while process.said().matches("taken over").count() < PARTITIONS as usize {
        ensure!(begun.elapsed() < PATIENCE, "not taken over\n{}", process.said());
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok((begun.elapsed().as_secs_f64(), process.cpu()?))
}

/// The numbers in the lines of a log, added up over partitions.
fn of_partitions(log: &str) -> BTreeMap<&'static str, f64> {
    let mut sums = BTreeMap::new();
    for line in log.lines().filter(|line| line.contains("taken over")) {
        for key in ["records", "bytes", "seconds"] {
            let value = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse::<f64>().ok());
            *sums.entry(key).or_insert(0.0) += value.unwrap_or_default();
        }
    }
    sums
}

/// Waits until the account task has committed all of its input.
fn wait_until_read(stage: &Installation<'_>) -> Result<()> {
    let progress = Progress::new(stage)?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
        if progress.left()?.is_some_and(|left| left == 0) {
            return Ok(());
        }
    }
    anyhow::bail!("the input was not read in time")
}

/// How far the account task has read its input.
pub struct Progress<'a> {
    stage: &'a Installation<'a>,
    consumer: BaseConsumer,
}

impl<'a> Progress<'a> {
    /// Of this installation.
    pub fn new(stage: &'a Installation<'a>) -> Result<Progress<'a>> {
        let mut client = stage.cluster.client();
        client.set("group.id", stage.topic("account"));
        Ok(Progress { stage, consumer: client.create().context("a consumer")? })
    }

    /// Records whose reading was committed; a group that has just begun may not know.
    pub fn read(&self) -> Option<u64> {
        let mut list = TopicPartitionList::new();
        (0..PARTITIONS as i32).for_each(|partition| {
            list.add_partition(&self.stage.input, partition);
        });
        let committed = self.consumer.committed_offsets(list, Duration::from_secs(15)).ok()?;
        let offset = |offset| match offset {
            Offset::Offset(offset) => offset as u64,
            _ => 0,
        };
        Some(committed.elements().iter().map(|place| offset(place.offset())).sum())
    }

    /// Records that are still to be read.
    fn left(&self) -> Result<Option<u64>> {
        let mut end = 0;
        for partition in 0..PARTITIONS as i32 {
            let wait = Duration::from_secs(15);
            end += self.consumer.fetch_watermarks(&self.stage.input, partition, wait)?.1 as u64;
        }
        Ok(self.read().map(|read| end.saturating_sub(read)))
    }
}
