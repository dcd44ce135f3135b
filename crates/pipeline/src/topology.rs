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
    Clocks,
    Fingerprints,
    Clusters,
    Alerts,
    Decisions,
    DeadLetters,
}

/// How many partitions a topic has. Every count divides 256, but that of inputs that pass `route`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partitions {
    /// As many as the inputs have together.
    Inputs,
    /// As many as the account task: those of the one input, or those of `events`.
    Accounts,
    /// As many as the object task.
    Objects,
    /// One.
    One,
}

impl Partitions {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Partitions::Inputs => "as the inputs",
            Partitions::Accounts => "as accounts",
            Partitions::Objects => "as objects",
            Partitions::One => "one",
        }
    }
}

/// How long a topic keeps a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Between tasks: until the slowest reader has it. A task that stands still for longer loses
    /// what it did not read.
    Day,
    /// For others.
    Month,
    /// For good: what people said is never forgotten, and it is little.
    Always,
    /// The newest of each key for good; a deletion for a day at least, so that who restores sees it.
    Newest,
}

impl Kept {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kept::Day => "a day",
            Kept::Month => "30 days",
            Kept::Always => "for good",
            Kept::Newest => "newest per key",
        }
    }
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
    /// How many partitions it has.
    pub partitions: Partitions,
    /// How long it keeps a record.
    pub kept: Kept,
}

const fn row(
    (topic, name): (Topic, &'static str),
    key: &'static str,
    (partitions, kept): (Partitions, Kept),
    public: bool,
    carries: &'static str,
) -> TopicRow {
    TopicRow { topic, name, key, public, carries, partitions, kept }
}

/// Every topic of ours, but for those that keep a task's state (`Task::changelog`).
pub const TOPICS: [TopicRow; 11] = [
    row(
        (Topic::Events, "events"),
        "account",
        (Partitions::Accounts, Kept::Day),
        false,
        "enriched events in one order (from `route`)",
    ),
    row(
        (Topic::Sightings, "sightings"),
        "object",
        (Partitions::Objects, Kept::Day),
        false,
        "who touched what, in blocks",
    ),
    row(
        (Topic::Standings, "standings"),
        "account",
        (Partitions::One, Kept::Day),
        false,
        "how watched accounts stand",
    ),
    row(
        (Topic::Links, "links"),
        "object",
        (Partitions::One, Kept::Day),
        false,
        "who shares what, how surprising",
    ),
    row(
        (Topic::Tables, "tables"),
        "row and effect time",
        (Partitions::One, Kept::Newest),
        false,
        "what tasks must know of each other",
    ),
    row(
        (Topic::Clocks, "clocks"),
        "input partition",
        (Partitions::Inputs, Kept::Month),
        false,
        "how far a silent input was moved on; only a replay reads it",
    ),
    row(
        (Topic::Fingerprints, "fingerprints"),
        "account",
        (Partitions::Accounts, Kept::Month),
        true,
        "the behaviour of an account",
    ),
    row(
        (Topic::Clusters, "clusters"),
        "cluster",
        (Partitions::One, Kept::Month),
        true,
        "who acts in concert, verdicts, members",
    ),
    row(
        (Topic::Alerts, "alerts"),
        "cluster",
        (Partitions::One, Kept::Month),
        true,
        "what a person should look at",
    ),
    row(
        (Topic::Decisions, "decisions"),
        "tenant, lane, unit, id",
        (Partitions::Accounts, Kept::Month),
        true,
        "graduated acts with reasons",
    ),
    row(
        (Topic::DeadLetters, "dead-letters"),
        "origin",
        (Partitions::One, Kept::Month),
        true,
        "what could not be used, and why",
    ),
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
    /// How many there are: of the task, and of the topic `NAME-changelog` that keeps its state.
    pub partitions: Partitions,
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
        partitions: Partitions::Inputs,
        stages: &[Stage::Decode, Stage::Enrich],
        reads: &[],
        writes: &[Topic::Events, Topic::Standings, Topic::Clocks, Topic::DeadLetters],
    },
    Task {
        name: "account",
        partitioned_by: "account",
        partitions: Partitions::Accounts,
        stages: &[Stage::Decode, Stage::Enrich, Stage::Fingerprint, Stage::DecideAccount],
        reads: &[Topic::Events, Topic::Tables],
        writes: &[
            Topic::Fingerprints,
            Topic::Decisions,
            Topic::Sightings,
            Topic::Standings,
            Topic::Clocks,
            Topic::DeadLetters,
        ],
    },
    Task {
        name: "object",
        partitioned_by: "object",
        partitions: Partitions::Objects,
        stages: &[Stage::Correlate],
        reads: &[Topic::Sightings],
        writes: &[Topic::Links],
    },
    Task {
        name: "campaign",
        partitioned_by: "nothing",
        partitions: Partitions::One,
        stages: &[Stage::Cluster, Stage::DecideJoint],
        reads: &[Topic::Links, Topic::Standings],
        writes: &[Topic::Clusters, Topic::Alerts, Topic::Decisions, Topic::Tables],
    },
];
