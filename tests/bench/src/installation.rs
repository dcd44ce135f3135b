//! An installation of its own for each measurement: topics with a prefix, and a configuration.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use kafka_harness::Cluster;
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext};
use step::{Slot, partition_of};
use tempfile::TempDir;

use crate::process::{self, Process};

/// Partitions of the input and of the tasks.
pub const PARTITIONS: u32 = 4;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Topics of ours, and where their processes keep their files.
pub struct Installation<'a> {
    /// The broker.
    pub cluster: &'a Cluster,
    /// What our topics begin with.
    pub prefix: String,
    /// The topic of requests.
    pub input: String,
    /// Configurations, logs and checkpoints.
    pub folder: TempDir,
    /// Seconds until what was learnt takes effect, if not the default.
    pub table_delay: Option<u32>,
    /// What an instance with checkpoints is to keep within, if anything.
    pub memory_mb: Option<u64>,
}

impl<'a> Installation<'a> {
    /// Creates the topics, as a user would.
    pub fn new(cluster: &'a Cluster) -> Result<Installation<'a>> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("bench-{}-{number}.", std::process::id());
        let input = format!("{prefix}requests");
        cluster.create_topic(&input, PARTITIONS as i32, &[])?;
        let folder = TempDir::new().context("a folder")?;
        let (table_delay, memory_mb) = (None, None);
        let all = Installation { cluster, prefix, input, folder, table_delay, memory_mb };
        let config = all.configuration("none", false)?;
        let create = ["topics", "create", "--replication-factor", "1", "--config"];
        process::run(&[&create[..], &[text(&config)]].concat())?;
        Ok(all)
    }

    /// Another topic of this installation.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Writes the configuration of an instance.
    fn configuration(&self, instance: &str, checkpoints: bool) -> Result<PathBuf> {
        let path = self.folder.path().join(format!("{instance}.toml"));
        let mut lines = Vec::new();
        if let Some(seconds) = self.table_delay {
            lines.push(format!("[time]\ntable_delay = {seconds}"));
        }
        lines.extend([
            "[kafka]".to_owned(),
            format!("bootstrap_servers = \"{}\"", self.cluster.bootstrap()),
            format!("input = [\"{}\"]", self.input),
            format!("prefix = \"{}\"", self.prefix),
            format!("object_partitions = {PARTITIONS}"),
            format!("instance = \"{instance}\""),
        ]);
        if checkpoints {
            lines.push(format!("state_dir = \"{}\"", self.state_dir(instance).display()));
            lines.extend(self.memory_mb.map(|most| format!("memory_mb = {most}")));
        }
        std::fs::write(&path, lines.join("\n")).context("a configuration")?;
        Ok(path)
    }

    /// Where an instance keeps its checkpoints.
    pub fn state_dir(&self, instance: &str) -> PathBuf {
        self.folder.path().join(format!("{instance}-state"))
    }

    /// Starts `iolaus run` as an instance of this name.
    pub fn run(
        &self,
        instance: &str,
        tasks: &[&str],
        flags: &[&str],
        checkpoints: bool,
    ) -> Result<Process> {
        let config = self.configuration(instance, checkpoints)?;
        let arguments = [&["run"], tasks, &["--config", text(&config)], flags].concat();
        let log = self.folder.path().join(format!("{instance}.log"));
        Process::start(&process::program()?, &arguments, &log)
    }

    /// Starts the forwarder from the input to `to`.
    pub fn forward(&self, to: &str, until_end: bool) -> Result<Process> {
        let own = std::env::current_exe().context("where this program is")?;
        let log = self.folder.path().join(format!("{to}.log"));
        let mut arguments = vec!["forward", self.cluster.bootstrap(), &self.input, to];
        if until_end {
            arguments.push("--until-end");
        }
        Process::start(&own, &arguments, &log)
    }

    /// Produces the lines of a file (zstd) to the input, keyed by account.
    pub fn produce(&self, path: &Path) -> Result<Produced> {
        let sender = Sender::new(self.cluster.client(), &self.input)?;
        let from = zstd::Decoder::new(File::open(path)?)?;
        let mut produced = Produced { records: 0, requests: 0, bytes: 0 };
        for line in BufReader::new(from).lines() {
            let line = line?;
            sender.send(account_of(&line).unwrap_or_default(), line.as_bytes())?;
            produced.records += 1;
            produced.requests += u64::from(line.contains("\"type\":\"request\""));
            produced.bytes += line.len() as u64;
        }
        sender.finish()?;
        Ok(produced)
    }
}

/// What stands in an input.
pub struct Produced {
    /// Records of any kind.
    pub records: u64,
    /// Requests.
    pub requests: u64,
    /// Bytes of all.
    pub bytes: u64,
}

/// The account of a line, without reading all of it.
fn account_of(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("\"account_id\":\"")?;
    Some(rest.split_once('"')?.0)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

/// Hears of nothing.
struct Silent;

impl ClientContext for Silent {}

impl rdkafka::producer::ProducerContext for Silent {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &rdkafka::message::DeliveryResult<'_>, (): ()) {}
}

/// Sends a platform's events: keyed by account, in the partition where Kafka's default partitioner
/// puts them.
pub struct Sender {
    producer: ThreadedProducer<Silent>,
    topic: String,
}

impl Sender {
    /// A sender to a topic.
    pub fn new(mut client: ClientConfig, topic: &str) -> Result<Sender> {
        client
            .set("compression.type", "lz4")
            .set("linger.ms", "5")
            .set("batch.num.messages", "100000")
            .set("queue.buffering.max.messages", "1000000");
        let producer = client.create_with_context(Silent).context("a producer")?;
        Ok(Sender { producer, topic: topic.to_owned() })
    }

    /// Sends one; waits only if the client's buffer is full.
    pub fn send(&self, account: &str, payload: &[u8]) -> Result<()> {
        let partition = partition_of(Slot::of_key(account.as_bytes()), PARTITIONS);
        let mut record = BaseRecord::to(&self.topic)
            .partition(partition as i32)
            .key(account.as_bytes())
            .payload(payload);
        while let Err((error, back)) = self.producer.send(record) {
            let full = rdkafka::types::RDKafkaErrorCode::QueueFull;
            anyhow::ensure!(error.rdkafka_error_code() == Some(full), "{error}");
            std::thread::sleep(Duration::from_millis(1));
            record = back;
        }
        Ok(())
    }

    /// Waits until all is on the broker.
    pub fn finish(&self) -> Result<()> {
        self.producer.flush(Duration::from_secs(120)).context("produced")
    }
}
