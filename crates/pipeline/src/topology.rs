//! The topology: tasks, what they read and write, which stages they run. One table, used by the
//! drivers, the command line and the documentation.

/// A stage: what happens to an event. One crate each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is described by its crate")]
pub enum Stage {
    Decode,
    Enrich,
    Fingerprint,
    DecideAccount,
    Correlate,
    Cluster,
    DecideJoint,
}

impl Stage {
    /// Every stage, in the order of an event.
    pub const ALL: [Stage; 7] = [
        Stage::Decode,
        Stage::Enrich,
        Stage::Fingerprint,
        Stage::DecideAccount,
        Stage::Correlate,
        Stage::Cluster,
        Stage::DecideJoint,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Decode => "decode",
            Stage::Enrich => "enrich",
            Stage::Fingerprint => "fingerprint",
            Stage::DecideAccount => "decide (account lane)",
            Stage::Correlate => "correlate",
            Stage::Cluster => "cluster",
            Stage::DecideJoint => "decide (joint lane)",
        }
    }
}

/// A topic of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "TOPICS describes each")]
pub enum Topic {
    Events,
    Sightings,
    Standings,
    Links,
    Tables,
    Control,
    Fingerprints,
    Clusters,
    Alerts,
    Decisions,
    DeadLetters,
}

/// A row of the topic table.
#[derive(Clone, Copy, Debug)]
pub struct TopicRow {
    /// The topic.
    pub topic: Topic,
    /// Its name, without the installation's prefix.
    pub name: &'static str,
    /// What its records are keyed by.
    pub key: &'static str,
    /// Whether it is part of what is promised to others.
    pub public: bool,
    /// What it carries.
    pub carries: &'static str,
}

const fn row(
    topic: Topic,
    name: &'static str,
    key: &'static str,
    public: bool,
    carries: &'static str,
) -> TopicRow {
    TopicRow { topic, name, key, public, carries }
}

/// Every topic of ours.
pub const TOPICS: [TopicRow; 11] = [
    row(Topic::Events, "events", "account", false, "enriched events in one order (from `route`)"),
    row(Topic::Sightings, "sightings", "object", false, "who touched what, in blocks"),
    row(Topic::Standings, "standings", "account", false, "how watched accounts stand"),
    row(Topic::Links, "links", "object", false, "who shares what, how surprising"),
    row(
        Topic::Tables,
        "tables",
        "row and effect time",
        false,
        "what tasks must know of each other",
    ),
    row(Topic::Control, "control", "subject", false, "releases, policies, acts of people"),
    row(Topic::Fingerprints, "fingerprints", "account", true, "the behaviour of an account"),
    row(Topic::Clusters, "clusters", "cluster", true, "who acts in concert, verdicts, members"),
    row(Topic::Alerts, "alerts", "cluster", true, "what a person should look at"),
    row(
        Topic::Decisions,
        "decisions",
        "tenant, lane, unit, id",
        true,
        "graduated acts with reasons",
    ),
    row(Topic::DeadLetters, "dead-letters", "origin", true, "what could not be used, and why"),
];

impl Topic {
    /// Its name, without the installation's prefix.
    #[must_use]
    pub fn name(self) -> &'static str {
        TOPICS.iter().find(|row| row.topic == self).map_or("", |row| row.name)
    }
}

/// A task: what one transaction covers.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Its name.
    pub name: &'static str,
    /// What its partitions divide.
    pub partitioned_by: &'static str,
    /// The stages it runs.
    pub stages: &'static [Stage],
    /// What it reads, beside the user's own topics.
    pub reads: &'static [Topic],
    /// What it writes.
    pub writes: &'static [Topic],
}

/// Every task, in the order of an event.
pub const TASKS: [Task; 4] = [
    Task {
        name: "route",
        partitioned_by: "source",
        stages: &[Stage::Decode, Stage::Enrich],
        reads: &[],
        writes: &[Topic::Events, Topic::Control, Topic::DeadLetters],
    },
    Task {
        name: "account",
        partitioned_by: "account",
        stages: &[Stage::Decode, Stage::Enrich, Stage::Fingerprint, Stage::DecideAccount],
        reads: &[Topic::Events, Topic::Tables],
        writes: &[
            Topic::Fingerprints,
            Topic::Decisions,
            Topic::Sightings,
            Topic::Standings,
            Topic::DeadLetters,
        ],
    },
    Task {
        name: "object",
        partitioned_by: "object",
        stages: &[Stage::Correlate],
        reads: &[Topic::Sightings],
        writes: &[Topic::Links],
    },
    Task {
        name: "campaign",
        partitioned_by: "nothing",
        stages: &[Stage::Cluster, Stage::DecideJoint],
        reads: &[Topic::Links, Topic::Standings, Topic::Control],
        writes: &[Topic::Clusters, Topic::Alerts, Topic::Decisions, Topic::Tables],
    },
];
