//! The tasks as a broker sees them: which topics each reads, and how many partitions there are.

use pipeline::topology::Topic;

use crate::admin::Connection;
use crate::admin::check::workable;
use crate::error::Error;
use crate::settings::Settings;

/// A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the topology describes each")]
pub enum Task {
    Route,
    Account,
    Object,
    Campaign,
}

impl Task {
    /// Every task, in the order of an event.
    pub const ALL: [Task; 4] = [Task::Route, Task::Account, Task::Object, Task::Campaign];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Task::Route => "route",
            Task::Account => "account",
            Task::Object => "object",
            Task::Campaign => "campaign",
        }
    }

    /// The task of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.name() == name)
    }
}

/// Partition counts of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Partitions of each input topic, in the order of the settings.
    pub inputs: Vec<u32>,
    /// Partitions of the account task.
    pub accounts: u32,
    /// Partitions of the object task.
    pub objects: u32,
    /// Whether inputs pass `route`.
    pub routed: bool,
}

impl Counts {
    /// Asks the cluster.
    ///
    /// # Errors
    /// If it can't be reached, or a topic is missing or has another number of partitions than it must.
    pub fn ask(settings: &Settings) -> Result<Counts, Error> {
        let layout = workable(&Connection::open(settings)?, settings)?;
        Ok(Counts {
            inputs: layout.inputs.into_iter().map(|(_, count)| count).collect(),
            accounts: layout.accounts,
            objects: layout.objects,
            routed: settings.routed(),
        })
    }

    /// The partitions of a task.
    #[must_use]
    pub fn of(&self, task: Task) -> u32 {
        match task {
            Task::Route => self.inputs.iter().sum(),
            Task::Account => self.accounts,
            Task::Object => self.objects,
            Task::Campaign => 1,
        }
    }

    /// How many partitions the campaign task hears of.
    #[must_use]
    pub fn upstreams(&self) -> usize {
        let routes = if self.routed { self.of(Task::Route) } else { 0 };
        (self.accounts + self.objects + routes) as usize
    }
}

impl Settings {
    /// The topics whose partitions a task's group divides among its workers.
    #[must_use]
    pub fn owned_topics(&self, task: Task) -> Vec<String> {
        match task {
            Task::Route => self.input.clone(),
            Task::Account if self.routed() => vec![self.topic(Topic::Events)],
            Task::Account => self.input.clone(),
            Task::Object => vec![self.topic(Topic::Sightings)],
            Task::Campaign => vec![self.topic(Topic::Links)],
        }
    }

    /// The topic that the owner of the campaign task's partition reads as well, from where its group
    /// left off.
    #[must_use]
    pub fn beside(&self, task: Task) -> Option<String> {
        (task == Task::Campaign).then(|| self.topic(Topic::Standings))
    }
}
