//! An installation of its own for a test: topics with a prefix, a stream in the input topic, processes,
//! and what they committed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kafka::admin::check::check;
use kafka::admin::{Connection, topics};
use kafka::{Counts, Settings};
use kafka_harness::Cluster;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;
use tempfile::TempDir;

use crate::recording::{Recording, letters};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_iolaus");

/// The public topics, as their files are called.
pub const PUBLIC: [&str; 5] = ["alerts", "clusters", "dead-letters", "decisions", "fingerprints"];

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub struct Stage<'a> {
    pub cluster: &'a Cluster,
    pub folder: TempDir,
    pub settings: Settings,
}

/// What a run committed, or a replay wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The lines of each public topic, in the order of its file.
    pub lines: BTreeMap<&'static str, Vec<String>>,
    /// The digest of each task's state.
    pub state: BTreeMap<String, String>,
}

impl Outcome {
    /// Panics with the first thing in which the two differ.
    pub fn assert_equal(&self, expected: &Outcome, what: &str) {
        for (topic, expected) in &expected.lines {
            let found = &self.lines[topic];
            let same = found.iter().zip(expected).take_while(|(one, two)| one == two).count();
            assert!(
                found == expected,
                "{what}: {topic} differs from line {same} of {} / {}:\n  {:?}\n  {:?}",
                found.len(),
                expected.len(),
                found.get(same),
                expected.get(same)
            );
        }
        assert_eq!(self.state, expected.state, "{what}: state");
    }
}

impl<'a> Stage<'a> {
    /// Topics and a configuration for one input, keyed by account, of this many partitions.
    pub fn new(cluster: &'a Cluster, partitions: u32) -> Stage<'a> {
        Stage::of(cluster, &[partitions], true, partitions)
    }

    /// The same for inputs of so many partitions, with tasks of so many.
    pub fn of(cluster: &'a Cluster, inputs: &[u32], keyed: bool, partitions: u32) -> Stage<'a> {
        let stage = Stage::without_topics(cluster, inputs.len(), keyed, partitions);
        for (name, count) in stage.settings.input.iter().zip(inputs) {
            let large = ("max.message.bytes", "16000000");
            cluster.create_topic(name, *count as i32, &[large]).expect("a topic");
        }
        let connection = Connection::open(&stage.settings).expect("a broker");
        let findings = check(&connection, &stage.settings).expect("an answer");
        let missing = topics::missing(&findings).expect("the inputs are there");
        topics::create(&connection, &stage.settings, &missing, 1).expect("topics");
        stage
    }

    /// An installation of which nothing is there yet.
    pub fn without_topics(
        cluster: &'a Cluster,
        inputs: usize,
        keyed: bool,
        partitions: u32,
    ) -> Stage<'a> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("t{}-{number}.", std::process::id());
        let inputs: Vec<_> = (0..inputs).map(|input| format!("{prefix}input-{input}")).collect();
        let names: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let mut settings = Settings::new(cluster.bootstrap(), &names);
        settings.prefix = prefix;
        settings.keyed = keyed;
        settings.account_partitions = partitions;
        settings.object_partitions = partitions;
        Stage { cluster, folder: TempDir::new().expect("a folder"), settings }
    }

    /// Produces a stream to the one input topic, keyed by account; what steers, to any partition.
    pub fn produce(&self, lines: &[u8]) {
        self.fill(&Recording::keyed(lines, self.settings.object_partitions));
    }

    /// Produces what a recording says.
    pub fn fill(&self, recording: &Recording) {
        let mut client = self.cluster.client();
        client
            .set("queue.buffering.max.messages", "1000000")
            .set("message.max.bytes", "16000000")
            .set("enable.idempotence", "true");
        let producer: BaseProducer = client.create().expect("a producer");
        for ((input, partition), records) in &recording.0 {
            for payload in records {
                let mut record = BaseRecord::<[u8], [u8]>::to(&self.settings.input[*input])
                    .partition(*partition as i32)
                    .payload(payload);
                while let Err((_, back)) = producer.send(record) {
                    producer.poll(Duration::from_millis(10));
                    record = back;
                }
            }
        }
        producer.flush(Duration::from_secs(120)).expect("produced");
    }

    /// Writes the configuration of an instance.
    pub fn configuration(&self, instance: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{instance}.toml"));
        let state = self.folder.path().join(format!("{instance}-state"));
        let text = format!(
            "{}instance = \"{instance}\"\nstate_dir = \"{}\"\ncheckpoint_interval_s = 1\n\
             silence_s = {}\n{}{}[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n",
            self.section(),
            state.display(),
            self.settings.silence_s,
            self.settings.health.map_or(String::new(), |at| format!("health = \"{at}\"\n")),
            self.settings.memory_mb.map_or(String::new(), |most| format!("memory_mb = {most}\n")),
        );
        std::fs::write(&path, text).expect("written");
        path
    }

    /// The `[kafka]` section, as far as it is the same for all instances.
    pub fn section(&self) -> String {
        let Settings { bootstrap_servers, input, keyed, prefix, .. } = &self.settings;
        let partitions = self.settings.object_partitions;
        format!(
            "[kafka]\nbootstrap_servers = \"{bootstrap_servers}\"\ninput = {input:?}\nkeyed = {keyed}\n\
             prefix = \"{prefix}\"\naccount_partitions = {partitions}\nobject_partitions = {partitions}\n"
        )
    }

    /// Starts a process on some tasks (all, if none is named).
    pub fn start(&self, instance: &str, tasks: &[&str]) -> Child {
        self.start_with(instance, tasks, &[])
    }

    /// Starts a process on all tasks whose inputs have no end.
    pub fn start_live(&self, instance: &str, set: &[(&str, &str)]) -> Child {
        self.command(instance).envs(set.iter().copied()).spawn().expect("the program starts")
    }

    /// Starts a process with something in its environment.
    pub fn start_with(&self, instance: &str, tasks: &[&str], set: &[(&str, &str)]) -> Child {
        let mut command = self.command(instance);
        let command = command.args(tasks).arg("--until-end").envs(set.iter().copied());
        command.spawn().expect("the program starts")
    }

    fn command(&self, instance: &str) -> Command {
        let log = self.folder.path().join(format!("{instance}.log"));
        let log = File::options().create(true).append(true).open(log).expect("a log");
        let mut command = Command::new(PROGRAM);
        command
            .args(["run", "--config"])
            .arg(self.configuration(instance))
            .env("IOLAUS_VERIFY", "1")
            .stdout(Stdio::null())
            .stderr(log);
        command
    }

    /// What the processes have logged, for a failure's message.
    pub fn log(&self, instance: &str) -> String {
        let path = self.folder.path().join(format!("{instance}.log"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }

    /// Waits until a process has ended, and well.
    pub fn wait(&self, instance: &str, child: &mut Child, patience: Duration) {
        let deadline = Instant::now() + patience;
        loop {
            match child.try_wait().expect("it is ours") {
                Some(status) => {
                    assert!(status.success(), "{instance}: {status}\n{}", self.log(instance));
                    return;
                }
                None if Instant::now() > deadline => {
                    let _ = child.kill();
                    let _ = child.wait();
                    panic!("{instance} did not end in {patience:?}\n{}", self.log(instance));
                }
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Panics with the first thing in which what was committed is not what was expected, and with what
    /// the processes logged.
    pub fn assert_committed(&self, expected: &Outcome, what: &str) {
        let found = self.outcome();
        if found != *expected {
            let files = std::fs::read_dir(self.folder.path()).expect("it is there");
            for path in files.flatten().map(|file| file.path()) {
                if path.extension().is_some_and(|extension| extension == "log") {
                    let text = std::fs::read_to_string(&path).unwrap_or_default();
                    eprintln!("{}:\n{text}", path.display());
                }
            }
        }
        found.assert_equal(expected, what);
    }

    /// What was committed.
    pub fn outcome(&self) -> Outcome {
        let mut lines = BTreeMap::new();
        for topic in PUBLIC {
            let mut records = self.read(&format!("{}{topic}", self.settings.prefix));
            records.sort();
            let mut all: Vec<String> = records.into_iter().map(|(.., line)| line).collect();
            if topic == "dead-letters" {
                all = letters(&all, |file| {
                    let (topic, partition) = file.rsplit_once('/')?;
                    let input = self.settings.input.iter().position(|known| known == topic)?;
                    Some(format!("{input}-{partition}"))
                });
            }
            lines.insert(topic, all);
        }
        let counts = Counts::ask(&self.settings).expect("the topics are there");
        let config = pipeline::Config::default().agreed();
        let state = kafka::state::digests(&self.settings, config, &counts).expect("state");
        Outcome { lines, state }
    }

    /// How many committed records a topic has.
    pub fn count(&self, topic: &str) -> usize {
        self.read(&format!("{}{topic}", self.settings.prefix)).len()
    }

    /// Writes the input to files, as the program does, and returns them.
    pub fn record(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("recording");
        let out = Command::new(PROGRAM)
            .args(["record", "--json", "--config"])
            .arg(self.configuration("recorder"))
            .arg("--output")
            .arg(&folder)
            .output()
            .expect("the program runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let recorded: Value = serde_json::from_slice(&out.stdout).expect("a report");
        let files = recorded.as_array().expect("a list").iter();
        files.map(|one| PathBuf::from(one["file"].as_str().expect("a file"))).collect()
    }

    /// Every committed record of a topic: as of, key, sequence, line.
    fn read(&self, topic: &str) -> Vec<(i64, String, u64, String)> {
        let mut client = self.cluster.client();
        client
            .set("group.id", "reader")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true");
        let consumer: BaseConsumer = client.create().expect("a consumer");
        let metadata =
            consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).expect("asked");
        let partitions = metadata.topics()[0].partitions().len();
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(topic, partition as i32, Offset::Beginning).expect("added");
        }
        consumer.assign(&list).expect("assigned");
        let (mut records, mut ended) = (Vec::new(), 0);
        let deadline = Instant::now() + Duration::from_secs(60);
        while ended < partitions {
            assert!(Instant::now() < deadline, "{topic} cannot be read to its end");
            // Nothing may also mean that something else was heard, such as that a broker went.
            let Some(read) = consumer.poll(Duration::from_millis(500)) else { continue };
            match read {
                Ok(message) => {
                    let header = |name: &str| {
                        let headers = message.headers()?;
                        let found = headers.iter().find(|header| header.key == name)?;
                        std::str::from_utf8(found.value?).ok()?.parse::<i64>().ok()
                    };
                    let text = |bytes: Option<&[u8]>| {
                        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
                    };
                    records.push((
                        header("iolaus-as-of").unwrap_or_default(),
                        text(message.key()),
                        header("iolaus-sequence").unwrap_or_default() as u64,
                        text(message.payload()),
                    ));
                }
                Err(KafkaError::PartitionEOF(_)) => ended += 1,
                Err(error) => panic!("{topic}: {error}"),
            }
        }
        records
    }
}

/// What a replay of a stream says.
pub fn replay(events: &Path, arguments: &[&str]) -> Outcome {
    replay_all(&[events.to_owned()], arguments)
}

/// What a replay of several files says.
pub fn replay_all(files: &[PathBuf], arguments: &[&str]) -> Outcome {
    let folder = TempDir::new().expect("a folder");
    let out = Command::new(PROGRAM)
        .args(["replay", "--json", "--input"])
        .args(files)
        .arg("--output")
        .arg(folder.path())
        .args(arguments)
        .output()
        .expect("the program runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let summary: Value = serde_json::from_slice(&out.stdout).expect("a summary");
    let state = serde_json::from_value(summary["state_digests"].clone()).expect("digests");
    let lines = PUBLIC.map(|topic| {
        let path = folder.path().join(format!("{topic}.jsonl"));
        let text = std::fs::read_to_string(path).expect("a file");
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if topic != "dead-letters" {
            return (topic, lines);
        }
        let stem = |file: &str| Some(Path::new(file).file_stem()?.to_str()?.to_owned());
        (topic, letters(&lines, stem))
    });
    Outcome { lines: lines.into(), state }
}

/// A simulated stream as lines.
pub fn simulate(folder: &Path, accounts: u32, seed: u32) -> PathBuf {
    let status = Command::new(PROGRAM)
        .args(["simulate", "--accounts", &accounts.to_string(), "--seed", &seed.to_string()])
        .arg("--output")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program runs");
    assert!(status.success());
    folder.join("events.jsonl.zst")
}

/// The bytes of a stream that is compressed.
pub fn unpacked(path: &Path) -> Vec<u8> {
    zstd::decode_all(File::open(path).expect("it is there")).expect("it is whole")
}

/// The lines of a stream from one hour of its day to another.
pub fn hours(lines: &[u8], from: u32, to: u32) -> Vec<u8> {
    let mut some = Vec::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let event: Value = serde_json::from_slice(line).expect("an event");
        let time = match &event["event_time"] {
            Value::String(text) => event::rfc3339::parse(text).expect("a time").0,
            time => time.as_i64().expect("a time"),
        };
        let hour = time.rem_euclid(86_400_000) / 3_600_000;
        if (i64::from(from)..i64::from(to)).contains(&hour) {
            some.extend(line);
            some.push(b'\n');
        }
    }
    some
}
