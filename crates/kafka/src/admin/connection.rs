//! A client for questions and orders to the cluster, which gives up in time and then says why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use tokio::runtime::Runtime;

use crate::error::Error;
use crate::settings::Settings;

/// How long a cluster may take to answer at all.
const REACH: Duration = Duration::from_secs(10);

/// How long it may take for an order.
pub(super) const ORDER: Duration = Duration::from_secs(30);

/// Keeps the last thing the client library complained of: the reason why nothing comes.
#[derive(Clone, Default)]
pub(super) struct Complaints(Arc<Mutex<Option<String>>>);

impl Complaints {
    fn last(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, message: &str) {
        // Before the text stand the client's and the broker's names: `[thrd:…]: ` and `host:port/…: `.
        let text = message.rsplit_once("]: ").map_or(message, |(_, text)| text);
        let text = text.split(" (after ").next().unwrap_or(text);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // That all are down follows from why each is.
        if last.is_none() || !text.contains("brokers are down") {
            *last = Some(text.to_owned());
        }
    }
}

impl ClientContext for Complaints {
    fn log(&self, level: RDKafkaLogLevel, _: &str, message: &str) {
        if level as i32 <= RDKafkaLogLevel::Error as i32 {
            self.hear(message);
        }
    }

    fn error(&self, _: KafkaError, reason: &str) {
        self.hear(reason);
    }
}

impl ConsumerContext for Complaints {}

/// What a cluster says of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is not there.
    Missing,
    /// This user may not know.
    Denied,
    /// It is there.
    There(Topic),
}

/// A topic that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// How many partitions it has.
    pub partitions: u32,
    /// The fewest replicas of any of them.
    pub replicas: u32,
    /// Partitions without a leader.
    pub leaderless: Vec<i32>,
    /// Its settings; `None` if this user may not read them, or nobody asked.
    pub settings: Option<BTreeMap<String, String>>,
}

/// A connection to a cluster that has answered.
pub struct Connection {
    pub(super) admin: AdminClient<Complaints>,
    client: BaseConsumer<Complaints>,
    pub(super) runtime: Runtime,
    brokers: usize,
}

impl Connection {
    /// Connects, within ten seconds.
    ///
    /// # Errors
    /// If no broker answers, or the settings can't be used; with the reason and what to look at.
    pub fn open(settings: &Settings) -> Result<Connection, Error> {
        let complaints = Complaints::default();
        let mut config = settings.client();
        config.set("reconnect.backoff.max.ms", "1000");
        config.set_log_level(RDKafkaLogLevel::Error);
        let unusable = |error: KafkaError| Error::Setting {
            key: "kafka.properties".to_owned(),
            detail: match error {
                KafkaError::ClientConfig(_, why, key, _) => format!("\"{key}\": {why}"),
                other => other.to_string(),
            },
        };
        let client: BaseConsumer<Complaints> =
            config.create_with_context(complaints.clone()).map_err(unusable)?;
        let admin = config.create_with_context(complaints.clone()).map_err(unusable)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Error::Unfit(format!("the system gives no event loop: {error}")))?;
        let brokers = reach(&client, &complaints, settings)?;
        Ok(Connection { admin, client, runtime, brokers })
    }

    /// How many brokers there are.
    #[must_use]
    pub fn brokers(&self) -> usize {
        self.brokers
    }

    /// Looks at these topics.
    ///
    /// # Errors
    /// If the cluster does not answer any more.
    pub fn look<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Seen>, Error> {
        let mut seen = self.glance(names)?;
        for (name, seen) in &mut seen {
            if let Seen::There(topic) = seen {
                topic.settings = self.settings_of(name)?;
            }
        }
        Ok(seen)
    }

    /// Looks at these topics, but not at their settings.
    ///
    /// # Errors
    /// If the cluster does not answer any more.
    pub fn glance<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Seen>, Error> {
        let names: BTreeSet<&str> = names.into_iter().collect();
        names.into_iter().map(|name| Ok((name.to_owned(), self.glance_at(name)?))).collect()
    }

    fn glance_at(&self, name: &str) -> Result<Seen, Error> {
        let metadata = self
            .client
            .fetch_metadata(Some(name), ORDER)
            .map_err(Error::kafka(format!("asking for topic {name}")))?;
        let Some(topic) = metadata.topics().iter().find(|topic| topic.name() == name) else {
            return Ok(Seen::Missing);
        };
        match topic.error().map(RDKafkaErrorCode::from) {
            None | Some(RDKafkaErrorCode::LeaderNotAvailable) => {}
            Some(
                RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition,
            ) => return Ok(Seen::Missing),
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => return Ok(Seen::Denied),
            Some(code) => {
                let error = KafkaError::MetadataFetch(code);
                return Err(Error::kafka(format!("asking for topic {name}"))(error));
            }
        }
        if topic.partitions().is_empty() {
            return Ok(Seen::Missing);
        }
        Ok(Seen::There(shape(topic)))
    }

    fn settings_of(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, Error> {
        let doing = || format!("asking for the settings of topic {name}");
        let options = AdminOptions::new().request_timeout(Some(ORDER));
        let resource = ResourceSpecifier::Topic(name);
        let asked = self.admin.describe_configs([&resource], &options);
        let answer = self.runtime.block_on(asked).map_err(Error::kafka(doing()))?;
        match answer.into_iter().next() {
            // A refusal comes without its error: the binding (rdkafka 0.39) drops it, and no topic is
            // without settings.
            Some(Ok(resource)) if resource.entries.is_empty() => Ok(None),
            Some(Ok(resource)) => {
                let entries = resource.entries.into_iter();
                Ok(Some(entries.filter_map(|entry| Some((entry.name, entry.value?))).collect()))
            }
            Some(Err(RDKafkaErrorCode::TopicAuthorizationFailed)) | None => Ok(None),
            Some(Err(code)) => Err(Error::kafka(doing())(KafkaError::AdminOp(code))),
        }
    }
}

fn shape(topic: &MetadataTopic) -> Topic {
    let partitions = topic.partitions();
    let replicas = partitions.iter().map(|partition| partition.replicas().len()).min();
    Topic {
        partitions: partitions.len() as u32,
        replicas: replicas.unwrap_or_default() as u32,
        leaderless: partitions
            .iter()
            .filter(|partition| partition.leader() < 0)
            .map(|partition| partition.id())
            .collect(),
        settings: None,
    }
}

/// Waits for the first answer. Returns the number of brokers.
fn reach(
    client: &BaseConsumer<Complaints>,
    complaints: &Complaints,
    settings: &Settings,
) -> Result<usize, Error> {
    let slice = Duration::from_secs(1);
    for _ in 0..REACH.as_secs() {
        if let Ok(metadata) = client.fetch_metadata(None, slice) {
            return Ok(metadata.brokers().len());
        }
        // Complaints are handed over by polling; nothing else comes of it, since nothing is read.
        while client.poll(Duration::ZERO).is_some() {}
        // Who is not let in once is not let in the next time.
        let hopeless = ["SASL authentication error", "SSL handshake failed"];
        let last = complaints.last().unwrap_or_default();
        if hopeless.iter().any(|sign| last.contains(sign)) {
            break;
        }
    }
    Err(Error::Unreachable {
        servers: settings.bootstrap_servers.clone(),
        detail: complaints.last().unwrap_or_else(|| "no answer".to_owned()),
    })
}
