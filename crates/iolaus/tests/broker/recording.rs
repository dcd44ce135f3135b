//! What stands in the input topics, partition by partition: produced to a broker, and written to one file
//! a partition for a replay.

use std::path::{Path, PathBuf};

use serde_json::Value;
use step::{Slot, partition_of};

/// A partition of one of the inputs, and the records in it.
type Partition = ((usize, u32), Vec<Vec<u8>>);

/// The partitions of each input, in the order in which the settings name them.
pub struct Recording(pub Vec<Partition>);

impl Recording {
    /// Inputs of so many partitions, with nothing in them.
    pub fn empty(inputs: &[u32]) -> Recording {
        let places = inputs.iter().enumerate();
        let places = places.flat_map(|(input, count)| (0..*count).map(move |one| (input, one)));
        Recording(places.map(|place| (place, Vec::new())).collect())
    }

    /// One input keyed by account. What has no account goes to where no account would.
    pub fn keyed(lines: &[u8], partitions: u32) -> Recording {
        let mut recording = Recording::empty(&[partitions]);
        for line in lines_of(lines) {
            let event: Value = serde_json::from_slice(line).unwrap_or_default();
            let account = event["account_id"].as_str().unwrap_or_default();
            let partition = partition_of(Slot::of_key(account.as_bytes()), partitions);
            recording.push((0, partition), line.to_vec());
        }
        recording
    }

    /// Adds a record to a partition of an input.
    pub fn push(&mut self, place: (usize, u32), record: Vec<u8>) {
        let found = self.0.iter_mut().find(|(known, _)| *known == place);
        found.expect("it has this partition").1.push(record);
    }

    /// Writes one file a partition.
    pub fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let write = |((input, partition), records): &Partition| {
            let path = folder.join(format!("{input}-{partition}.jsonl"));
            let whole: Vec<u8> =
                records.iter().flat_map(|one| [&one[..], b"\n"].concat()).collect();
            std::fs::write(&path, whole).expect("written");
            path
        };
        self.0.iter().map(write).collect()
    }
}

/// The lines of a stream.
pub fn lines_of(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    stream.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Dead letters in one form and order, wherever their records are: a line of a file counts from 1, an
/// offset from 0, and `place` knows which partition a file's name means.
pub fn letters(lines: &[String], place: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut letters: Vec<(String, u64, String)> = Vec::new();
    for line in lines {
        let mut letter: Value = serde_json::from_str(line).expect("a dead letter is JSON");
        let file = letter["file"].as_str().unwrap_or_default().to_owned();
        let offset = letter["line"].as_u64().unwrap_or_default();
        let from = u64::from(file.ends_with(".jsonl"));
        letter["file"] = place(&file).unwrap_or(file).into();
        letter["line"] = (offset - from).into();
        letters.push((letter["file"].to_string(), offset, letter.to_string()));
    }
    letters.sort();
    letters.into_iter().map(|(.., letter)| letter).collect()
}
