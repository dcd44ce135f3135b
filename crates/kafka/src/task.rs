//! The tasks as a broker sees them: which topics each reads, and how many partitions there are.

use pipeline::topology::Topic;
use rdkafka::consumer::Consumer;
use rdkafka::consumer::base_consumer::BaseConsumer;
use std::time::Duration;

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
    /// If it can't be reached, or a topic is missing or does not fit.
    pub fn ask(settings: &Settings) -> Result<Counts, Error> {
        let consumer: BaseConsumer =
            settings.client().create().map_err(Error::kafka("cannot make a client"))?;
        let metadata = consumer
            .fetch_metadata(None, Duration::from_secs(15))
            .map_err(Error::kafka(format!("cannot reach {}", settings.bootstrap_servers)))?;
        let count = |name: &str| -> Result<u32, Error> {
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            match topic.map_or(0, |topic| topic.partitions().len()) {
                0 => Err(Error::Unfit(format!(
                    "there is no topic `{name}`: create it, or name another (`iolaus topics create` \
                     makes those that are ours)"
                ))),
                some => Ok(some as u32),
            }
        };
        let divides = |name: &str, count: u32| match step::SLOTS.is_multiple_of(count) {
            true => Ok(count),
            false => Err(Error::Unfit(format!(
                "topic `{name}` has {count} partitions, which does not divide 256: set \
                 `kafka.keyed = false` to have it read through `route`"
            ))),
        };
        let inputs =
            settings.input.iter().map(|name| count(name)).collect::<Result<Vec<_>, _>>()?;
        let routed = settings.routed();
        let events = settings.topic(Topic::Events);
        let accounts = match routed {
            true => divides(&events, count(&events)?)?,
            false => divides(&settings.input[0], inputs[0])?,
        };
        let sightings = settings.topic(Topic::Sightings);
        let objects = divides(&sightings, count(&sightings)?)?;
        let changelogs = [("account", accounts), ("object", objects), ("campaign", 1)];
        for (task, partitions) in changelogs {
            let name = settings.changelog(task);
            let found = count(&name)?;
            if found != partitions {
                return Err(Error::Unfit(format!(
                    "topic `{name}` has {found} partitions and the {task} task {partitions}: state is \
                     kept partition by partition, so the counts must be equal"
                )));
            }
        }
        Ok(Counts { inputs, accounts, objects, routed })
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
