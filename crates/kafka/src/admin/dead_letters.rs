//! Dead letters, read back from their topic; and their records, produced again.
//!
//! A letter has none of its record's bytes, so another try reads them where they were, checks them against
//! the letter's digest, and writes them to the same topic and partition with their key and headers. Record
//! and the note that the letter is settled are one transaction: however often this is stopped and begun
//! again, no record comes twice.

use std::collections::BTreeMap;
use std::time::Duration;

use event::public::DeadLetter;
use pipeline::topology::Topic;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde::Serialize;

use super::connection::{Connection, ORDER, Seen};
use crate::dead_letters::{Origin, digest};
use crate::error::Error;
use crate::settings::Settings;

/// Letters in one transaction.
const AT_ONCE: usize = 500;

/// Which letters.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only with one of these reasons, if any is named.
    pub reason: Vec<String>,
    /// Only from one of these topics, if any is named.
    pub topic: Vec<String>,
}

impl Filter {
    fn takes(&self, origin: &Origin, letter: &DeadLetter) -> bool {
        let among = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|known| known == name)
        };
        among(&self.reason, &letter.reason) && among(&self.topic, &origin.topic)
    }
}

/// A letter and whether its record was produced again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Where its record is.
    #[serde(serialize_with = "as_text")]
    pub origin: Origin,
    /// What is said of it.
    pub letter: DeadLetter,
    /// Whether it was produced again.
    pub settled: bool,
}

fn as_text<S: serde::Serializer>(origin: &Origin, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(origin)
}

/// How many letters give one reason about one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The reason.
    pub reason: String,
    /// The topic their records are in.
    pub topic: String,
    /// How many.
    pub letters: u64,
    /// Of how many the record was produced again.
    pub settled: u64,
}

/// What the topic holds.
#[derive(Clone, Debug, Default)]
pub struct Letters {
    /// The letters, oldest first.
    pub standing: Vec<Standing>,
    /// Records that are no letters of this form.
    pub unreadable: u64,
}

impl Letters {
    /// By reason and topic.
    #[must_use]
    pub fn counts(&self) -> Vec<Count> {
        let mut counts: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for Standing { origin, letter, settled } in &self.standing {
            let count = counts.entry((&letter.reason, &origin.topic)).or_default();
            count.0 += 1;
            count.1 += u64::from(*settled);
        }
        let count = |((reason, topic), (letters, settled)): ((&str, &str), (u64, u64))| Count {
            reason: reason.to_owned(),
            topic: topic.to_owned(),
            letters,
            settled,
        };
        counts.into_iter().map(count).collect()
    }
}

/// Reads every letter that stands in the topic now and passes the filter.
///
/// # Errors
/// If the cluster does not answer, or the topic is not there or may not be read.
pub fn read(settings: &Settings, filter: &Filter) -> Result<Letters, Error> {
    let connection = Connection::open(settings)?;
    let name = settings.topic(Topic::DeadLetters);
    let partitions = match connection.look([name.as_str()])?.remove(&name) {
        Some(Seen::There(topic)) => topic.partitions,
        Some(Seen::Denied) => return Err(not_allowed("read", &name)),
        _ => {
            return Err(Error::Unfit(format!(
                "there is no topic {name}: run `iolaus topics create`"
            )));
        }
    };
    let mut letters = Letters::default();
    // Where in `standing` the letter of an origin is; the last one counts.
    let mut places: BTreeMap<Origin, usize> = BTreeMap::new();
    let consumer = consumer(settings)?;
    to_the_end(&consumer, &name, partitions, |message| {
        let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
        let Some(origin) = key.and_then(|key| key.parse::<Origin>().ok()) else {
            letters.unreadable += 1;
            return;
        };
        let Some(payload) = message.payload() else {
            if let Some(place) = places.get(&origin) {
                letters.standing[*place].settled = true;
            }
            return;
        };
        match serde_json::from_slice::<DeadLetter>(payload) {
            Ok(letter) if filter.takes(&origin, &letter) => {
                places.insert(origin.clone(), letters.standing.len());
                letters.standing.push(Standing { origin, letter, settled: false });
            }
            Ok(_) => {}
            Err(_) => letters.unreadable += 1,
        }
    })?;
    Ok(letters)
}

fn not_allowed(what: &str, topic: &str) -> Error {
    Error::Unfit(format!(
        "this user may not {what} {topic}; `iolaus topics acls` prints the rights of `dlq`"
    ))
}

fn consumer(settings: &Settings) -> Result<BaseConsumer, Error> {
    let mut config = settings.client();
    config
        .set("group.id", settings.group("dlq"))
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "true");
    config.create().map_err(Error::kafka("making a consumer"))
}

/// Hands over every record of a topic, up to where it ends now.
fn to_the_end(
    consumer: &BaseConsumer,
    topic: &str,
    partitions: u32,
    mut each: impl FnMut(&BorrowedMessage<'_>),
) -> Result<(), Error> {
    let doing = || format!("reading {topic}");
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition as i32, Offset::Beginning)
            .map_err(Error::kafka(doing()))?;
    }
    consumer.assign(&list).map_err(Error::kafka(doing()))?;
    let mut open = partitions;
    while open > 0 {
        match consumer.poll(ORDER) {
            Some(Ok(message)) => each(&message),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open -= 1;
                let mut ended = TopicPartitionList::new();
                ended.add_partition(topic, partition);
                consumer.pause(&ended).map_err(Error::kafka(doing()))?;
            }
            Some(Err(error)) => return Err(refused("read", topic, error)),
            None => return Err(silent(topic)),
        }
    }
    Ok(())
}

fn refused(what: &str, topic: &str, error: KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::TransactionalIdAuthorizationFailed,
        ) => not_allowed(what, topic),
        _ => Error::kafka(format!("could not {what} {topic}"))(error),
    }
}

fn silent(topic: &str) -> Error {
    Error::Unfit(format!("nothing came of {topic} for {} s; are its brokers up?", ORDER.as_secs()))
}

/// What became of a letter's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was produced again.
    Again,
    /// Its topic keeps it no longer.
    Gone,
    /// What stands there is another record: the topic was made anew.
    Another,
}

impl Outcome {
    /// Why it was not produced again.
    #[must_use]
    pub fn why_not(&self) -> Option<&'static str> {
        match self {
            Outcome::Again => None,
            Outcome::Gone => Some("its topic keeps it no longer"),
            Outcome::Another => Some("another record stands there: the topic was made anew"),
        }
    }
}

/// Produces the records of these letters again, and notes each as settled.
///
/// # Errors
/// If the cluster refuses or does not answer: what was committed before stays and is noted.
pub fn replay(settings: &Settings, letters: &[&Standing]) -> Result<Vec<(String, Outcome)>, Error> {
    let mut told = Vec::new();
    if letters.is_empty() {
        return Ok(told);
    }
    let consumer = consumer(settings)?;
    let notes = settings.topic(Topic::DeadLetters);
    let producer = producer(settings)?;
    let failed = |error| refused("write to", &notes, error);
    producer.init_transactions(ORDER).map_err(failed)?;
    for some in letters.chunks(AT_ONCE) {
        producer.begin_transaction().map_err(failed)?;
        for standing in some {
            let outcome = again(&consumer, &producer, &notes, standing)?;
            told.push((standing.origin.to_string(), outcome));
        }
        producer.flush(ORDER).map_err(failed)?;
        producer.commit_transaction(ORDER).map_err(failed)?;
    }
    Ok(told)
}

fn producer(settings: &Settings) -> Result<BaseProducer, Error> {
    let mut config = settings.client();
    // The next one with this id ends what an interrupted one left open.
    config
        .set("transactional.id", settings.group("dlq"))
        .set("message.max.bytes", "16000000")
        .set("message.timeout.ms", "30000")
        .set("transaction.timeout.ms", "60000");
    config.create().map_err(Error::kafka("making a producer"))
}

fn again(
    consumer: &BaseConsumer,
    producer: &BaseProducer,
    notes: &str,
    standing: &Standing,
) -> Result<Outcome, Error> {
    let Standing { origin, letter, .. } = standing;
    let Some(record) = fetch(consumer, origin)? else { return Ok(Outcome::Gone) };
    let payload = record.payload().unwrap_or_default();
    if digest(payload) != *letter.digest {
        return Ok(Outcome::Another);
    }
    let from = origin.to_string();
    let told = Header { key: "iolaus-replayed-from", value: Some(from.as_str()) };
    let mut headers = OwnedHeaders::new().insert(told);
    for header in record.headers().into_iter().flat_map(|headers| headers.iter()) {
        headers = headers.insert(header);
    }
    let mut repeated = BaseRecord::<[u8], [u8]>::to(&origin.topic)
        .partition(origin.partition)
        .payload(payload)
        .headers(headers);
    if let Some(key) = record.key() {
        repeated = repeated.key(key);
    }
    send(producer, repeated, &origin.topic)?;
    let note = BaseRecord::<str, [u8]>::to(notes).key(from.as_str());
    send(producer, note, notes)?;
    Ok(Outcome::Again)
}

fn send<K, P>(
    producer: &BaseProducer,
    mut record: BaseRecord<'_, K, P>,
    topic: &str,
) -> Result<(), Error>
where
    K: rdkafka::message::ToBytes + ?Sized,
    P: rdkafka::message::ToBytes + ?Sized,
{
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((error, back)) => {
                if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                    return Err(refused("write to", topic, error));
                }
                producer.poll(Duration::from_millis(100));
                record = back;
            }
        }
    }
}

/// The record at a place, unless it is kept no longer.
fn fetch(consumer: &BaseConsumer, origin: &Origin) -> Result<Option<OwnedMessage>, Error> {
    let Origin { topic, partition, offset } = origin;
    let failed = |error| refused("read", topic, error);
    let kept = consumer.fetch_watermarks(topic, *partition, ORDER).map_err(failed)?;
    if !(kept.0..kept.1).contains(offset) {
        return Ok(None);
    }
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(failed)?;
    consumer.assign(&place).map_err(failed)?;
    match consumer.poll(ORDER) {
        Some(Ok(message)) if message.offset() == *offset => Ok(Some(message.detach())),
        // Compacted away, or the rest of the partition is.
        Some(Ok(_)) | Some(Err(KafkaError::PartitionEOF(_))) => Ok(None),
        Some(Err(error)) => Err(failed(error)),
        None => Err(silent(topic)),
    }
}
