//! How to reach the broker, and what is ours on it: the `[kafka]` section of the configuration.
//!
//! Every property of librdkafka can be passed through; those on which exactly-once rests are set
//! here and cannot. Secrets come resolved (from the environment or a file) and are never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rdkafka::ClientConfig;
use serde::Deserialize;

use crate::error::Error;

/// The `[kafka]` section.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Brokers to begin with, `host:port`, separated by commas.
    #[serde(default)]
    pub bootstrap_servers: String,
    /// The user's topics. One that is keyed by account is read directly; several, or one keyed
    /// otherwise, go through `route`.
    #[serde(default)]
    pub input: Vec<String>,
    /// Whether the one input topic is keyed by account with Kafka's default partitioner.
    #[serde(default = "yes")]
    pub keyed: bool,
    /// What the names of our topics, groups and transactional ids begin with.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// Partitions of the account task where inputs pass `route`: a divisor of 256. Else it has those
    /// of the one input.
    #[serde(default = "four")]
    pub account_partitions: u32,
    /// Partitions of the object task: a divisor of 256.
    #[serde(default = "four")]
    pub object_partitions: u32,
    /// Name of this process among its peers, the same after a restart (a pod's name, say): it takes
    /// its partitions up again at once. Without one, a restart waits for what the last left open.
    pub instance: Option<String>,
    /// Where checkpoints are kept; without one, a restart reads the whole changelog.
    pub state_dir: Option<PathBuf>,
    /// Megabytes (millions of bytes) within which the process is to keep: accounts that were quiet the
    /// longest are on the disk only. Without it, accounts stay in memory once they were there.
    pub memory_mb: Option<u64>,
    /// Milliseconds between transactions of a worker, at least.
    #[serde(default = "fifty")]
    pub commit_interval_ms: u64,
    /// Input records in a transaction, at most.
    #[serde(default = "ten_thousand")]
    pub commit_records: usize,
    /// Seconds without a record after which a partition of the input counts as silent: its time then
    /// goes on with the wall's, and others no longer wait for it.
    #[serde(default = "thirty")]
    pub silence_s: u64,
    /// Seconds between checkpoints.
    #[serde(default = "ten")]
    pub checkpoint_interval_s: u64,
    /// Where `/live` and `/ready` answer, `host:port`.
    pub health: Option<std::net::SocketAddr>,
    /// Properties of librdkafka, passed through (`security.protocol`, `ssl.ca.location`, …).
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
}

/// Properties on which the promise rests.
const OURS: [&str; 14] = [
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "partition.assignment.strategy",
    "partitioner",
    "transactional.id",
    "transaction.timeout.ms",
];

/// Less memory than this cannot be kept within: the client library's queues, the caches of checkpoints and
/// the records in hand take as much without a single account.
const MEMORY_MB_LEAST: u64 = 256;

/// Parts of a property's name that say its value is a secret.
const SECRET: [&str; 4] = ["password", "secret", "key.pem", "oauthbearer.config"];

/// Whether a property's value must not be shown, nor stand in a file that is.
#[must_use]
pub fn is_secret(property: &str) -> bool {
    SECRET.iter().any(|part| property.contains(part))
}

/// What a program without TLS can't do, by property and what its value contains.
const NEEDS_TLS: [(&str, &str); 6] = [
    ("security.protocol", "ssl"),
    ("security.protocol", "SSL"),
    ("sasl.mechanism", "SCRAM"),
    ("sasl.mechanism", "OAUTHBEARER"),
    ("sasl.mechanisms", "SCRAM"),
    ("sasl.mechanisms", "OAUTHBEARER"),
];

impl Settings {
    /// Settings with every default, for these brokers and input topics.
    #[must_use]
    pub fn new(bootstrap_servers: &str, input: &[&str]) -> Settings {
        Settings {
            bootstrap_servers: bootstrap_servers.to_owned(),
            input: input.iter().map(|topic| (*topic).to_owned()).collect(),
            keyed: true,
            prefix: prefix(),
            account_partitions: four(),
            object_partitions: four(),
            instance: None,
            state_dir: None,
            memory_mb: None,
            commit_interval_ms: fifty(),
            commit_records: ten_thousand(),
            silence_s: thirty(),
            checkpoint_interval_s: ten(),
            health: None,
            properties: BTreeMap::new(),
        }
    }

    /// Checks what a type cannot.
    ///
    /// # Errors
    /// Names the key that is wrong, and what to do.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |key: &str, detail: String| Err(Error::Setting { key: key.into(), detail });
        if self.bootstrap_servers.trim().is_empty() {
            return wrong("kafka.bootstrap_servers", "give at least one `host:port`".into());
        }
        if self.input.is_empty() {
            return wrong("kafka.input", "name at least one topic of requests".into());
        }
        for (key, partitions) in [
            ("kafka.account_partitions", self.account_partitions),
            ("kafka.object_partitions", self.object_partitions),
        ] {
            if partitions == 0 || !step::SLOTS.is_multiple_of(partitions) {
                let detail = format!("{partitions} does not divide 256: give 1, 2, 4, 8, …, 256");
                return wrong(key, detail);
            }
        }
        if let Some(memory_mb) = self.memory_mb {
            let key = "kafka.memory_mb";
            if self.state_dir.is_none() {
                return wrong(key, "what leaves memory goes to kafka.state_dir: give one".into());
            }
            if memory_mb < MEMORY_MB_LEAST {
                let detail = format!(
                    "{memory_mb} MB do not hold the buffers of the tasks: give at least {MEMORY_MB_LEAST}"
                );
                return wrong(key, detail);
            }
        }
        if self.commit_records == 0 {
            return wrong("kafka.commit_records", "0 would never get anywhere".into());
        }
        let needs = NEEDS_TLS.iter().find(|(key, part)| {
            self.properties.get(*key).is_some_and(|value| value.contains(part))
        });
        if let (Some((key, _)), false) = (needs, cfg!(feature = "tls")) {
            return wrong(
                &format!("kafka.properties.\"{key}\""),
                "this program was built without TLS, which this needs: build it with `--features tls` \
                 (OpenSSL and its headers must be there) or `--features tls-vendored`"
                    .into(),
            );
        }
        match self.properties.keys().find(|key| OURS.contains(&key.as_str())) {
            Some(key) => wrong(
                &format!("kafka.properties.\"{key}\""),
                "is set by the program, since exactly-once rests on it; leave it out".into(),
            ),
            None => Ok(()),
        }
    }

    /// The process's memory, if it is bounded.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        self.memory_mb.map(|megabytes| megabytes.saturating_mul(1_000_000))
    }

    /// Whether inputs pass `route`.
    #[must_use]
    pub fn routed(&self) -> bool {
        self.input.len() > 1 || !self.keyed
    }

    /// What every client begins with.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in &self.properties {
            config.set(key, value);
        }
        config.set("bootstrap.servers", &self.bootstrap_servers);
        config.set("client.id", "iolaus");
        config
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: BTreeMap<&str, &str> = self
            .properties
            .iter()
            .map(|(key, value)| (key.as_str(), if is_secret(key) { "…" } else { value.as_str() }))
            .collect();
        to.debug_struct("Settings")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("input", &self.input)
            .field("prefix", &self.prefix)
            .field("instance", &self.instance)
            .field("properties", &shown)
            .finish_non_exhaustive()
    }
}

fn yes() -> bool {
    true
}

fn prefix() -> String {
    "iolaus.".to_owned()
}

fn four() -> u32 {
    4
}

fn fifty() -> u64 {
    50
}

fn ten() -> u64 {
    10
}

fn thirty() -> u64 {
    30
}

fn ten_thousand() -> usize {
    10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_promise_rests_on_cannot_be_set() {
        let mut settings = Settings::new("localhost:9092", &["requests"]);
        settings.check().expect("the defaults serve");
        settings.properties.insert("isolation.level".into(), "read_uncommitted".into());
        let error = settings.check().expect_err("it is refused").to_string();
        assert!(error.contains("isolation.level"), "{error}");
    }

    #[test]
    fn memory_is_bounded_where_there_is_a_disk_and_enough_of_it() {
        let refused = |memory_mb: u64, state_dir: Option<&str>| {
            let mut settings = Settings::new("localhost:9092", &["requests"]);
            settings.memory_mb = Some(memory_mb);
            settings.state_dir = state_dir.map(PathBuf::from);
            settings.check().err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(refused(1_000, Some("state")), "");
        assert!(refused(1_000, None).contains("kafka.state_dir"));
        assert!(refused(255, Some("state")).contains("at least 256"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut settings = Settings::new("localhost:9092", &["requests"]);
        settings.properties.insert("sasl.password".into(), "hunter2".into());
        settings.properties.insert("sasl.username".into(), "iolaus".into());
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2") && shown.contains("sasl.username"), "{shown}");
    }
}
