//! Which topics an installation wants, from the topology and the partition counts of its inputs.

use std::collections::BTreeMap;

use pipeline::topology::{Kept, Partitions, TASKS, TOPICS, Task, Topic};
use serde::Serialize;
use step::SLOTS;

use crate::settings::Settings;

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// The longest record that our producers send.
const MESSAGE_BYTES: u64 = 16_000_000;

const MONTH: u64 = 30 * DAY;

/// How many partitions everything has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The input topics with their partitions.
    pub inputs: Vec<(String, u32)>,
    /// Of the account task.
    pub accounts: u32,
    /// Of the object task.
    pub objects: u32,
}

impl Layout {
    /// What follows from the settings and the inputs' partition counts.
    #[must_use]
    pub fn of(settings: &Settings, inputs: &[(String, u32)]) -> Layout {
        let direct = inputs.first().map_or(1, |(_, partitions)| *partitions);
        Layout {
            inputs: inputs.to_vec(),
            accounts: if settings.routed() { settings.account_partitions } else { direct },
            objects: settings.object_partitions,
        }
    }

    /// How many partitions that are.
    #[must_use]
    pub fn count(&self, partitions: Partitions) -> u32 {
        match partitions {
            Partitions::Inputs => self.inputs.iter().map(|(_, count)| *count).sum::<u32>().max(1),
            Partitions::Accounts => self.accounts,
            Partitions::Objects => self.objects,
            Partitions::One => 1,
        }
    }
}

/// Whether `partitions` can be dealt with by slots.
#[must_use]
pub fn divides_slots(partitions: u32) -> bool {
    partitions > 0 && SLOTS.is_multiple_of(partitions)
}

/// A topic of ours as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// Where that number comes from.
    #[serde(skip)]
    pub partitions_from: Partitions,
    /// Its settings; of times and sizes, at least so much.
    pub settings: BTreeMap<&'static str, String>,
    /// What it is for.
    pub carries: String,
}

/// The tasks of an installation: `route` only if its inputs pass it.
pub fn tasks(settings: &Settings) -> impl Iterator<Item = &'static Task> {
    let routed = settings.routed();
    TASKS.iter().filter(move |task| routed || task.name != "route")
}

/// The topics of an installation, in the order of the topology; then its changelogs.
#[must_use]
pub fn topics(settings: &Settings, layout: &Layout) -> Vec<Wanted> {
    let ours = TOPICS.iter().filter(|row| settings.routed() || row.topic != Topic::Events);
    let wanted = ours.map(|row| Wanted {
        name: settings.topic(row.topic),
        partitions: layout.count(row.partitions),
        partitions_from: row.partitions,
        settings: kept(row.kept),
        carries: row.carries.to_owned(),
    });
    let changelogs = tasks(settings).map(|task| Wanted {
        name: settings.changelog(task.name),
        partitions: layout.count(task.partitions),
        partitions_from: task.partitions,
        settings: kept(Kept::Newest),
        carries: format!("the state of the task `{}`", task.name),
    });
    wanted.chain(changelogs).collect()
}

/// The settings by which a broker keeps records so.
fn kept(kept: Kept) -> BTreeMap<&'static str, String> {
    let (policy, time) = match kept {
        Kept::Day => ("delete", ("retention.ms", DAY.to_string())),
        Kept::Month => ("delete", ("retention.ms", MONTH.to_string())),
        Kept::Always => ("delete", ("retention.ms", "-1".to_owned())),
        Kept::Newest => ("compact", ("delete.retention.ms", DAY.to_string())),
    };
    // A row of state or a block of sightings may be longer than the megabyte that brokers take.
    let size = ("max.message.bytes", MESSAGE_BYTES.to_string());
    // A leader that missed committed records would take decisions back.
    let unclean = ("unclean.leader.election.enable", "false".to_owned());
    BTreeMap::from([("cleanup.policy", policy.to_owned()), time, size, unclean])
}

/// How many replicas a topic of ours should have, if nobody says otherwise.
#[must_use]
pub fn replicas(brokers: usize) -> u32 {
    brokers.clamp(1, 3) as u32
}

/// How many of them must have a record before it counts: one may be down.
#[must_use]
pub fn in_step(replicas: u32) -> u32 {
    replicas.saturating_sub(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(settings: &Settings, inputs: &[(&str, u32)]) -> Vec<(String, u32)> {
        let inputs: Vec<_> = inputs.iter().map(|(name, count)| ((*name).into(), *count)).collect();
        let wanted = topics(settings, &Layout::of(settings, &inputs));
        wanted.into_iter().map(|topic| (topic.name, topic.partitions)).collect()
    }

    #[test]
    fn one_input_gives_its_partitions_to_the_account_task() {
        let settings = Settings::new("localhost:9092", &["requests"]);
        let plan: BTreeMap<_, _> = plan(&settings, &[("requests", 16)]).into_iter().collect();
        let count = |name: &str| plan.get(&format!("iolaus.{name}")).copied();
        assert_eq!(count("account-changelog"), Some(16));
        assert_eq!(count("clocks"), Some(16));
        assert_eq!(count("decisions"), Some(16));
        assert_eq!((count("sightings"), count("object-changelog")), (Some(4), Some(4)));
        assert_eq!((count("tables"), count("campaign-changelog")), (Some(1), Some(1)));
        assert_eq!((count("events"), count("route-changelog")), (None, None));
    }

    #[test]
    fn several_inputs_pass_route_whatever_their_partitions() {
        let mut settings = Settings::new("localhost:9092", &["requests", "signups"]);
        settings.account_partitions = 8;
        let inputs = [("requests", 12), ("signups", 3)];
        let plan: BTreeMap<_, _> = plan(&settings, &inputs).into_iter().collect();
        let count = |name: &str| plan.get(&format!("iolaus.{name}")).copied();
        assert_eq!((count("events"), count("account-changelog")), (Some(8), Some(8)));
        assert_eq!((count("route-changelog"), count("clocks")), (Some(15), Some(15)));
    }

    #[test]
    fn state_is_compacted_and_deletions_stay_for_a_day() {
        let settings = Settings::new("localhost:9092", &["requests"]);
        let wanted = topics(&settings, &Layout::of(&settings, &[("requests".into(), 1)]));
        for topic in wanted.iter().filter(|topic| topic.name.ends_with("-changelog")) {
            assert_eq!(topic.settings["cleanup.policy"], "compact");
            assert_eq!(topic.settings["delete.retention.ms"], "86400000");
        }
    }
}
