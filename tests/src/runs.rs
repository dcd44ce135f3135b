//! One log through the replay, under whatever it is put through, and the difference of two results.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use enrich::{Enricher, Keys};
use event::intake::Limits;
use event::time::SECOND;
use pipeline::Config;
use replay::{Faults, Inputs, Options, Summary};
use step::{Slot, TimeConfig, partition_of};

use crate::scene::Record;

/// The files of a result.
pub const TOPICS: [&str; 5] = ["fingerprints", "clusters", "alerts", "decisions", "dead-letters"];

/// An enricher under the secret of these tests.
#[must_use]
pub fn enricher() -> Enricher {
    Enricher::new(&Keys::derive(b"a secret for laws and stories only"), &enrich::Config::default())
}

/// Times so short that ten minutes hold a hundred buckets: as valid as the defaults.
#[must_use]
pub fn quick() -> Config {
    let time = TimeConfig {
        lateness: 2 * SECOND,
        bucket: 5 * SECOND,
        table_delay: 8 * SECOND,
        epoch: 30 * SECOND,
        lead: 240 * SECOND,
        confirmations: 32,
    };
    Config { time, ..Config::default() }.agreed()
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The bytes of every output file.
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// The digest of all state.
    pub state: String,
    /// What the run says of itself.
    pub summary: Summary,
}

impl Outcome {
    /// The lines of a topic.
    #[must_use]
    pub fn lines(&self, topic: &str) -> Vec<String> {
        let text = self.files.get(topic).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        text.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The first thing in which the two differ; state included.
    #[must_use]
    pub fn difference(&self, other: &Outcome) -> Option<String> {
        let state = (self.state != other.state)
            .then(|| format!("state: {} is not {}", self.state, other.state));
        self.output_difference(other).or(state)
    }

    /// The first thing in which the output files differ.
    #[must_use]
    pub fn output_difference(&self, other: &Outcome) -> Option<String> {
        TOPICS.iter().find_map(|topic| {
            (self.files[topic] != other.files[topic]).then(|| {
                let (one, two) = (self.lines(topic), other.lines(topic));
                let at = one.iter().zip(&two).take_while(|(one, two)| one == two).count();
                let of = |lines: &[String]| lines.get(at).map_or("(no line)".into(), Clone::clone);
                format!("{topic} line {}:\n  {}\n  {}", at + 1, of(&one), of(&two))
            })
        })
    }
}

/// A folder with the files of one log; gone when dropped.
#[derive(Debug)]
pub struct Desk {
    folder: tempfile::TempDir,
    runs: std::cell::Cell<u32>,
}

impl Default for Desk {
    fn default() -> Self {
        Desk::new()
    }
}

impl Desk {
    /// An empty folder.
    ///
    /// # Panics
    /// If the system has no place for it.
    #[must_use]
    pub fn new() -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Desk { folder, runs: std::cell::Cell::new(0) }
    }

    /// Writes a log as one file.
    ///
    /// # Panics
    /// If it can't be written.
    #[must_use]
    pub fn file(&self, name: &str, log: &[Record]) -> PathBuf {
        let path = self.folder.path().join(name);
        let text: String = log.iter().map(Record::line).collect();
        std::fs::write(&path, text).expect("a temporary file can be written");
        path
    }

    /// Writes a log as the partitions of a topic keyed by account; control records go to any.
    #[must_use]
    pub fn partitions(&self, log: &[Record], count: u32) -> Vec<PathBuf> {
        let mut parts = vec![Vec::new(); count as usize];
        for (index, record) in log.iter().enumerate() {
            let part = match record.account() {
                Some(account) => partition_of(Slot::of_key(account.as_bytes()), count) as usize,
                None => index % count as usize,
            };
            parts[part].push(record.clone());
        }
        let write = |(index, part): (usize, &Vec<Record>)| {
            self.file(&format!("partition-{count}-{index}.jsonl"), part)
        };
        parts.iter().enumerate().map(write).collect()
    }

    /// Deals a log out over several files, whatever it is about.
    #[must_use]
    pub fn dealt(&self, log: &[Record], count: usize, seed: u64) -> Vec<PathBuf> {
        let mut random = crate::Random::new(seed);
        let mut parts = vec![Vec::new(); count];
        for record in log {
            parts[random.below(count as u64) as usize].push(record.clone());
        }
        let write = |(index, part): (usize, &Vec<Record>)| {
            self.file(&format!("source-{index}.jsonl"), part)
        };
        parts.iter().enumerate().map(write).collect()
    }

    /// Runs the replay over files.
    ///
    /// # Panics
    /// If the run fails: nothing here gives it a reason to.
    #[must_use]
    pub fn run(&self, inputs: &Inputs, config: Config, faults: Faults) -> Outcome {
        self.runs.set(self.runs.get() + 1);
        let output = self.folder.path().join(format!("run-{}", self.runs.get()));
        let outcome = replay_into(inputs.clone(), &output, config, faults);
        std::fs::remove_dir_all(&output).expect("what was written can be removed");
        outcome
    }
}

/// Runs the replay into a folder and reads what it wrote.
///
/// # Panics
/// If the run fails.
#[must_use]
pub fn replay_into(inputs: Inputs, output: &Path, config: Config, faults: Faults) -> Outcome {
    let limits = Limits::default();
    let options =
        Options { inputs, output: output.to_owned(), limits, config, faults, hand_over: None };
    let summary = replay::run(&options, enricher(), &mut |_| {}).expect("the replay runs");
    let read = |topic: &&'static str| {
        let path = output.join(format!("{topic}.jsonl"));
        (*topic, std::fs::read(path).expect("every topic has its file"))
    };
    let files = TOPICS.iter().map(read).collect();
    Outcome { files, state: summary.state_digest.clone(), summary }
}
