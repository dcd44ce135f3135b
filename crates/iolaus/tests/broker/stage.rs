//! An installation of its own for a test: topics with a prefix, a stream in the input topic, processes,
//! and what they committed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kafka::{Counts, Settings};
use kafka_harness::Cluster;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;
use step::{Slot, partition_of};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_iolaus");

/// The public topics, as their files are called.
pub const PUBLIC: [&str; 5] = ["alerts", "clusters", "dead-letters", "decisions", "fingerprints"];

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub struct Stage<'a> {
    pub cluster: &'a Cluster,
    pub folder: TempDir,
    pub settings: Settings,
    partitions: u32,
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
    /// Topics and a configuration for an input of this many partitions.
    pub fn new(cluster: &'a Cluster, partitions: u32) -> Stage<'a> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("t{}-{number}.", std::process::id());
        let input = format!("{prefix}requests");
        let mut settings = Settings::new(cluster.bootstrap(), &[&input]);
        settings.prefix = prefix;
        settings.object_partitions = partitions;
        let folder = TempDir::new().expect("a folder");
        let stage = Stage { cluster, folder, settings, partitions };
        stage.create_topics(&input);
        stage
    }

    fn create_topics(&self, input: &str) {
        let large = ("max.message.bytes", "16000000");
        let create = |name: &str, partitions: u32, settings: &[(&str, &str)]| {
            self.cluster.create_topic(name, partitions as i32, settings).expect("a topic");
        };
        create(input, self.partitions, &[]);
        for topic in pipeline::topology::TOPICS {
            let partitions = match topic.name {
                "sightings" | "fingerprints" | "decisions" => self.partitions,
                _ => 1,
            };
            create(&format!("{}{}", self.settings.prefix, topic.name), partitions, &[large]);
        }
        let compact = ("cleanup.policy", "compact");
        create(&self.settings.changelog("account"), self.partitions, &[large, compact]);
        create(&self.settings.changelog("object"), self.partitions, &[large, compact]);
        create(&self.settings.changelog("campaign"), 1, &[large, compact]);
    }

    /// Produces a stream to the input topic, keyed by account; what steers, to any partition.
    pub fn produce(&self, lines: &[u8]) {
        let mut client = self.cluster.client();
        client.set("queue.buffering.max.messages", "1000000");
        let producer: BaseProducer = client.create().expect("a producer");
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let account = serde_json::from_slice::<Value>(line)
                .ok()
                .and_then(|event| Some(event.get("account_id")?.as_str()?.to_owned()));
            let slot = Slot::of_key(account.as_deref().unwrap_or_default().as_bytes());
            let key = account.unwrap_or_default();
            let mut record = BaseRecord::to(&self.settings.input[0])
                .partition(partition_of(slot, self.partitions) as i32)
                .key(key.as_bytes())
                .payload(line);
            while let Err((_, back)) = producer.send(record) {
                producer.poll(Duration::from_millis(10));
                record = back;
            }
        }
        producer.flush(Duration::from_secs(120)).expect("produced");
    }

    /// Writes the configuration of an instance.
    pub fn configuration(&self, instance: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{instance}.toml"));
        let text = format!(
            "[kafka]\nbootstrap_servers = \"{}\"\ninput = [\"{}\"]\nprefix = \"{}\"\n\
             object_partitions = {}\ninstance = \"{instance}\"\nstate_dir = \"{}\"\n\
             checkpoint_interval_s = 1\nsilence_s = {}\n{}\
             [kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n",
            self.settings.bootstrap_servers,
            self.settings.input[0],
            self.settings.prefix,
            self.settings.object_partitions,
            self.folder.path().join(format!("{instance}-state")).display(),
            self.settings.silence_s,
            self.settings.health.map_or(String::new(), |at| format!("health = \"{at}\"\n")),
        );
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Starts a process on some tasks (all, if none is named).
    pub fn start(&self, instance: &str, tasks: &[&str]) -> Child {
        self.start_with(instance, tasks, &[])
    }

    /// Starts a process on all tasks whose inputs have no end.
    pub fn start_live(&self, instance: &str) -> Child {
        self.command(instance).spawn().expect("the program starts")
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
            lines.insert(topic, records.into_iter().map(|(.., line)| line).collect());
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
        while ended < partitions {
            match consumer.poll(Duration::from_secs(10)).expect("the topic can be read to its end")
            {
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
        (topic, text.lines().map(str::to_owned).collect())
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
