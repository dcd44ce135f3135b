//! A story: a folder with what happened and what is said about it.

use std::path::{Path, PathBuf};

use pipeline::Config;
use replay::{Faults, Inputs};

use crate::runs::{TOPICS, replay_into};

/// One folder.
#[derive(Clone, Debug)]
pub struct Story {
    folder: PathBuf,
}

/// Every story, by name.
///
/// # Panics
/// If the folder can't be read.
#[must_use]
pub fn all(folder: &Path) -> Vec<Story> {
    let entries = std::fs::read_dir(folder).expect("the stories are there");
    let folders = entries.map(|entry| entry.expect("a folder can be read").path());
    let mut stories: Vec<Story> =
        folders.filter(|path| path.is_dir()).map(|folder| Story { folder }).collect();
    stories.sort_by(|one, other| one.folder.cmp(&other.folder));
    stories
}

impl Story {
    /// The name of its folder.
    #[must_use]
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What happened, in words.
    ///
    /// # Panics
    /// If nobody has written it.
    #[must_use]
    pub fn told(&self) -> String {
        let told = std::fs::read_to_string(self.folder.join("story.md"));
        told.unwrap_or_else(|_| panic!("{}: story.md says what happened", self.name()))
    }

    /// What is expected of a topic. A file that is not there expects nothing to be said.
    #[must_use]
    pub fn expected(&self, topic: &str) -> String {
        std::fs::read_to_string(self.path(topic)).unwrap_or_default()
    }

    /// What is said now, by topic. Dead letters name their file without its folder.
    ///
    /// # Panics
    /// If the replay fails.
    #[must_use]
    pub fn said(&self, faults: Faults) -> Vec<(&'static str, String)> {
        let output = tempfile::tempdir().expect("a temporary folder can be made");
        let inputs = Inputs::Files(vec![self.folder.join("events.jsonl")]);
        let ran = replay_into(inputs, output.path(), Config::default(), faults);
        let folder = format!("{}/", self.folder.display());
        let of = |topic: &&'static str| {
            let lines = ran.lines(topic).into_iter().map(|line| line.replace(&folder, "") + "\n");
            (*topic, lines.collect())
        };
        TOPICS.iter().map(of).collect()
    }

    /// Writes what is said now as what is expected.
    ///
    /// # Panics
    /// If a file can't be written.
    pub fn expect(&self, said: &[(&'static str, String)]) {
        for (topic, text) in said {
            std::fs::write(self.path(topic), text).expect("a story's file can be written");
        }
    }

    fn path(&self, topic: &str) -> PathBuf {
        self.folder.join(format!("{topic}.jsonl"))
    }
}
