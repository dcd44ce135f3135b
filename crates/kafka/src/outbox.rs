//! What a transaction is to say: records with their topics, in order.

use event::EventTime;
use event::table::{Entry, Row};
use pipeline::Record;
use pipeline::message::ToCampaign;
use pipeline::message::{Published, TableMessage};
use pipeline::topology::Topic;
use rdkafka::message::{Header, OwnedHeaders};
use serde::Serialize;

use crate::settings::Settings;
use crate::wire;

/// The names of what is written to, made once.
#[derive(Clone, Debug)]
pub struct Names {
    topics: Vec<(Topic, String)>,
    /// The task's changelog.
    pub changelog: String,
}

impl Names {
    /// The names for a task.
    pub fn new(settings: &Settings, task: &str) -> Names {
        let topics = pipeline::topology::TOPICS.iter();
        Names {
            topics: topics.map(|row| (row.topic, settings.topic(row.topic))).collect(),
            changelog: settings.changelog(task),
        }
    }

    /// The name of a topic of ours.
    pub fn of(&self, topic: Topic) -> &str {
        self.topics.iter().find(|(known, _)| *known == topic).map_or("", |(_, name)| name)
    }
}

/// One record to be sent.
#[derive(Debug)]
pub struct Outgoing {
    /// Which of our topics; `None`: the changelog.
    pub topic: Option<Topic>,
    /// Which partition; `None`: by key.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value; `None`: a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Option<OwnedHeaders>,
}

/// What a transaction is to say.
#[derive(Debug, Default)]
pub struct Outbox {
    /// In order.
    pub records: Vec<Outgoing>,
}

impl Outbox {
    /// Messages of a partition to one partition of a topic of ours.
    pub fn messages<T: Serialize>(&mut self, topic: Topic, to: u32, from: u32, said: &[T]) {
        for payload in wire::messages(from, said) {
            self.records.push(Outgoing {
                topic: Some(topic),
                partition: Some(to as i32),
                key: from.to_be_bytes().to_vec(),
                payload: Some(payload),
                headers: None,
            });
        }
    }

    /// Messages to the campaign task, which has one partition.
    pub fn for_campaign(&mut self, topic: Topic, from: u32, said: &[ToCampaign]) {
        self.messages(topic, 0, from, said);
    }

    /// A public record, with its place in the order of its key.
    pub fn published(&mut self, published: &Published) {
        let payload = match &published.record {
            Record::Fingerprint(record) => serde_json::to_vec(record),
            Record::Decision(record) => serde_json::to_vec(record),
            Record::Cluster(record) => serde_json::to_vec(record),
            Record::Alert(record) => serde_json::to_vec(record),
        }
        .expect("our records have text keys and finite numbers");
        let (as_of, sequence) = (published.as_of.0.to_string(), published.sequence.to_string());
        let headers = OwnedHeaders::new_with_capacity(2)
            .insert(Header { key: "iolaus-as-of", value: Some(&as_of) })
            .insert(Header { key: "iolaus-sequence", value: Some(&sequence) });
        self.records.push(Outgoing {
            topic: Some(published.topic()),
            partition: None,
            key: published.key.as_bytes().to_vec(),
            payload: Some(payload),
            headers: Some(headers),
        });
    }

    /// A record that could not be used.
    pub fn dead_letter(&mut self, letter: &event::public::DeadLetter) {
        let offset = letter.line.to_string();
        let headers = OwnedHeaders::new_with_capacity(3)
            .insert(Header { key: "iolaus-reason", value: Some(&*letter.reason) })
            .insert(Header { key: "iolaus-origin", value: Some(&*letter.file) })
            .insert(Header { key: "iolaus-origin-offset", value: Some(&offset) });
        let payload =
            serde_json::to_vec(letter).expect("a dead letter has text keys and whole numbers");
        self.records.push(Outgoing {
            topic: Some(Topic::DeadLetters),
            partition: None,
            key: format!("{}@{offset}", letter.file).into_bytes(),
            payload: Some(payload),
            headers: Some(headers),
        });
    }

    /// A message of the tables. Rows are kept one by one, by what they are about and from when; of
    /// "complete to" only the last word counts.
    pub fn table(&mut self, message: &TableMessage) {
        let key = match message {
            TableMessage::Row(row) => row_key(row),
            TableMessage::Complete(_) => b"complete".to_vec(),
        };
        self.records.push(Outgoing {
            topic: Some(Topic::Tables),
            partition: Some(0),
            key,
            payload: Some(wire::single(message)),
            headers: None,
        });
    }

    /// The time of a silent partition was put on, before the record at this offset.
    pub fn clock(&mut self, topic: &str, partition: i32, offset: i64, time: EventTime) {
        let record = serde_json::json!({
            "topic": topic, "partition": partition, "offset": offset, "event_time": time.0,
        });
        self.records.push(Outgoing {
            topic: Some(Topic::Clocks),
            partition: None,
            key: format!("{topic}/{partition}").into_bytes(),
            payload: Some(record.to_string().into_bytes()),
            headers: None,
        });
    }

    /// What a changelog that begins is called.
    pub fn incarnation(&mut self, partition: u32, name: &str) {
        self.records.push(Outgoing {
            topic: None,
            partition: Some(partition as i32),
            key: wire::INCARNATION.to_vec(),
            payload: Some(name.as_bytes().to_vec()),
            headers: None,
        });
    }
}

/// What a row of the tables is about, and from when it holds.
fn row_key(row: &Row) -> Vec<u8> {
    let about = match &row.entry {
        Entry::Template { fingerprint, .. } => step::encode(&(0_u8, fingerprint)),
        Entry::KnownText { fingerprint } => step::encode(&(1_u8, fingerprint)),
        Entry::Watched { account, .. } => step::encode(&(2_u8, account)),
        Entry::Rule { subject, tenant, .. } => step::encode(&(3_u8, tenant, subject)),
    };
    step::encode_to(&row.effect, about)
}
