//! Makes the topics that are missing. What is there stays as it is: `check` says how it differs.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::check::Findings;
use super::connection::{Connection, ORDER, Seen};
use super::plan::{Wanted, in_step, replicas};
use crate::error::Error;
use crate::settings::Settings;

/// How many replicas new topics get: as asked, or three if there are as many brokers.
///
/// # Errors
/// If there are fewer brokers than replicas asked for.
pub fn copies(connection: &Connection, asked: Option<u32>) -> Result<u32, Error> {
    let brokers = connection.brokers() as u32;
    match asked {
        None => Ok(replicas(connection.brokers())),
        Some(asked) if (1..=brokers).contains(&asked) => Ok(asked),
        Some(asked) => Err(Error::Unfit(format!(
            "a replication factor of {asked} needs as many brokers, and there are {brokers}"
        ))),
    }
}

/// The topics that are missing; what stands in the way of making them is an error.
///
/// # Errors
/// If an input is not there or does not fit, or a topic may not be seen: then nobody can say what is
/// missing.
pub fn missing(findings: &Findings) -> Result<Vec<&Wanted>, Error> {
    let ours = |topic: &str| findings.wanted.iter().any(|wanted| wanted.name == topic);
    let denied = |topic: &str| findings.seen.get(topic) == Some(&Seen::Denied);
    let in_the_way = findings
        .differences
        .iter()
        .find(|difference| !ours(&difference.topic) || denied(&difference.topic));
    if let Some(difference) = in_the_way {
        return Err(Error::Unfit(difference.to_string()));
    }
    let is_missing = |wanted: &&Wanted| findings.seen.get(&wanted.name) == Some(&Seen::Missing);
    Ok(findings.wanted.iter().filter(is_missing).collect())
}

/// Makes these topics and waits until each can be seen.
///
/// # Errors
/// If the cluster refuses one: those before it are made.
pub fn create(
    connection: &Connection,
    settings: &Settings,
    topics: &[&Wanted],
    copies: u32,
) -> Result<(), Error> {
    let in_step = in_step(copies).to_string();
    let options = AdminOptions::new().operation_timeout(Some(ORDER)).request_timeout(Some(ORDER));
    for wanted in topics {
        let replication = TopicReplication::Fixed(copies as i32);
        let mut topic = NewTopic::new(&wanted.name, wanted.partitions as i32, replication)
            .set("min.insync.replicas", &in_step);
        for (key, value) in &wanted.settings {
            topic = topic.set(key, value);
        }
        let asked = connection.admin.create_topics([&topic], &options);
        let doing = || format!("creating topic {}", wanted.name);
        let answer = connection.runtime.block_on(asked).map_err(Error::kafka(doing()))?;
        match answer.into_iter().next() {
            Some(Err((_, RDKafkaErrorCode::TopicAlreadyExists))) | Some(Ok(_)) | None => {}
            Some(Err((_, code @ RDKafkaErrorCode::TopicAuthorizationFailed))) => {
                return Err(Error::Unfit(format!(
                    "{}: {code}; the user who creates topics needs the right to Create those that begin \
                     with `{}`",
                    doing(),
                    settings.prefix
                )));
            }
            Some(Err((_, code))) => return Err(Error::kafka(doing())(KafkaError::AdminOp(code))),
        }
    }
    wait_until_seen(connection, topics)
}

#[expect(
    clippy::disallowed_methods,
    reason = "an operator waits for a cluster, within a stated time"
)]
fn wait_until_seen(connection: &Connection, topics: &[&Wanted]) -> Result<(), Error> {
    let deadline = Instant::now() + ORDER;
    loop {
        let seen = connection.look(topics.iter().map(|wanted| wanted.name.as_str()))?;
        let unseen = seen.iter().find(|(_, seen)| !matches!(seen, Seen::There(_)));
        match unseen {
            None => return Ok(()),
            Some((name, _)) if Instant::now() > deadline => {
                let seconds = ORDER.as_secs();
                return Err(Error::Unfit(format!(
                    "{name} was created, but the brokers do not show it after {seconds} s"
                )));
            }
            Some(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
