//! The output files: one per topic, merged by (as_of, key, sequence) so that a file's bytes are a
//! function of the input, with a digest of each.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use event::EventTime;
use event::public::DeadLetter;
use pipeline::topology::Topic;
use pipeline::{Published, Record};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::lines::hex;

/// The topics that become files.
pub const FILES: [Topic; 5] =
    [Topic::Fingerprints, Topic::Clusters, Topic::Alerts, Topic::Decisions, Topic::DeadLetters];

struct Sink {
    path: PathBuf,
    to: BufWriter<File>,
    digest: Sha256,
    records: u64,
}

impl Sink {
    fn create(directory: &Path, topic: Topic) -> Result<Sink, Error> {
        let path = directory.join(format!("{}.jsonl", topic.name()));
        let file =
            File::create(&path).map_err(|source| Error::Output { path: path.clone(), source })?;
        Ok(Sink { path, to: BufWriter::new(file), digest: Sha256::new(), records: 0 })
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Error> {
        self.digest.update(line);
        self.records += 1;
        self.to.write_all(line).map_err(|source| Error::Output { path: self.path.clone(), source })
    }

    fn finish(mut self) -> Result<(String, u64), Error> {
        self.to.flush().map_err(|source| Error::Output { path: self.path.clone(), source })?;
        Ok((hex(&self.digest.finalize()), self.records))
    }
}

/// The files of one run.
pub struct Output {
    sinks: BTreeMap<Topic, Sink>,
    /// Records that an older one may still come before.
    waiting: BTreeMap<(EventTime, Topic, String, u64), Vec<u8>>,
    /// Dead letters of inputs after the first, until the first has ended.
    dead: Vec<Vec<u8>>,
}

impl Output {
    /// Creates the directory and the files, so that what can't be written is known at once.
    ///
    /// # Errors
    /// If one of them can't be created.
    pub fn create(directory: &Path) -> Result<Output, Error> {
        std::fs::create_dir_all(directory)
            .map_err(|source| Error::Output { path: directory.to_owned(), source })?;
        let mut sinks = BTreeMap::new();
        for topic in FILES {
            sinks.insert(topic, Sink::create(directory, topic)?);
        }
        Ok(Output { sinks, waiting: BTreeMap::new(), dead: Vec::new() })
    }

    /// Takes a record.
    pub fn take(&mut self, published: Published) {
        let topic = published.topic();
        let mut line = match &published.record {
            Record::Fingerprint(record) => serde_json::to_vec(record),
            Record::Decision(record) => serde_json::to_vec(record),
            Record::Cluster(record) => serde_json::to_vec(record),
            Record::Alert(record) => serde_json::to_vec(record),
        }
        .expect("our records have text keys and finite numbers");
        line.push(b'\n');
        let place = (published.as_of, topic, published.key, published.sequence);
        self.waiting.insert(place, line);
    }

    /// Writes what no record still to come can be older than.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn flush(&mut self, watermark: EventTime) -> Result<(), Error> {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 >= watermark && watermark != EventTime::MAX {
                break;
            }
            let topic = entry.key().1;
            let line = entry.remove();
            if let Some(sink) = self.sinks.get_mut(&topic) {
                sink.write(&line)?;
            }
        }
        Ok(())
    }

    /// Takes a dead letter of an input. Those of the first input are written at once, the others
    /// after it, so that the file is in the order of inputs and lines.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn dead_letter(&mut self, input: usize, letter: &DeadLetter) -> Result<(), Error> {
        let mut line =
            serde_json::to_vec(letter).expect("a dead letter has text keys and whole numbers");
        line.push(b'\n');
        if input > 0 {
            self.dead.resize(self.dead.len().max(input), Vec::new());
            self.dead[input - 1].extend(line);
            return Ok(());
        }
        match self.sinks.get_mut(&Topic::DeadLetters) {
            Some(sink) => sink.write(&line),
            None => Ok(()),
        }
    }

    /// Writes the rest. Returns each topic's digest and number of records.
    ///
    /// # Errors
    /// If a file can't be written.
    pub fn finish(mut self) -> Result<BTreeMap<&'static str, (String, u64)>, Error> {
        self.flush(EventTime::MAX)?;
        let dead = std::mem::take(&mut self.dead);
        if let Some(sink) = self.sinks.get_mut(&Topic::DeadLetters) {
            for line in dead.iter().flat_map(|input| input.split_inclusive(|byte| *byte == b'\n')) {
                sink.write(line)?;
            }
        }
        self.sinks.into_iter().map(|(topic, sink)| Ok((topic.name(), sink.finish()?))).collect()
    }
}
