//! Letters come back by reason, and their records once more, where they were.

use event::public::DeadLetter;
use kafka::Settings;
use kafka::admin::dead_letters::{Filter, Outcome, Standing, read, replay};
use kafka::dead_letters::digest;
use kafka_harness::Cluster;
use pipeline::topology::Topic;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::{SOON, producer, send, settings};

/// An input with two partitions, and a letter for the record at each place.
fn stage(cluster: &Cluster, name: &str, letters: &[(i32, i64, &str, &[u8])]) -> Settings {
    let settings = settings(cluster, name);
    cluster.create_topic(&settings.input[0], 2, &[]).expect("the cluster does it");
    cluster.create_topic(&settings.topic(Topic::DeadLetters), 1, &[]).expect("the cluster does it");
    let producer = producer(cluster.client());
    for (partition, offset, reason, bytes) in letters {
        let letter = DeadLetter {
            reason: (*reason).into(),
            detail: "as planned".into(),
            file: format!("{}/{partition}", settings.input[0]).into(),
            line: *offset as u64,
            digest: digest(bytes).into(),
            bytes: bytes.len() as u64,
        };
        let value = serde_json::to_vec(&letter).expect("the cluster does it");
        let key = format!("{}/{partition}@{offset}", settings.input[0]);
        send(&producer, &settings.topic(Topic::DeadLetters), 0, &key, &value);
    }
    settings
}

fn all(settings: &Settings) -> Vec<Standing> {
    read(settings, &Filter::default()).expect("the cluster does it").standing
}

#[test]
fn a_record_is_produced_again_once_with_its_key_its_bytes_and_its_place() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let letters: [(i32, i64, &str, &[u8]); 2] =
        [(1, 1, "truncated", b"{\"cut"), (0, 0, "unknown_type", b"{}")];
    let settings = stage(cluster, "again", &letters);
    let producer = producer(cluster.client());
    send(&producer, &settings.input[0], 1, "alice", b"fine");
    send(&producer, &settings.input[0], 1, "bob", b"{\"cut");
    send(&producer, &settings.input[0], 0, "carol", b"{}");
    let filter = Filter { reason: vec!["truncated".to_owned()], topic: Vec::new() };
    let chosen = read(&settings, &filter).unwrap().standing;
    let done = replay(&settings, &chosen.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(done, [(format!("{}/1@1", settings.input[0]), Outcome::Again)]);
    let standing = all(&settings);
    assert_eq!(standing.iter().map(|one| one.settled).collect::<Vec<_>>(), [true, false]);

    let mut client = cluster.client();
    client.set("group.id", "reader").set("isolation.level", "read_committed");
    let consumer: BaseConsumer = client.create().unwrap();
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(&settings.input[0], 1, Offset::Offset(2)).unwrap();
    consumer.assign(&place).unwrap();
    let message = consumer.poll(SOON).expect("the record came").unwrap();
    assert_eq!(message.key(), Some(&b"bob"[..]));
    assert_eq!(message.payload(), Some(&b"{\"cut"[..]));
    let told = message.headers().expect("headers").get(0);
    assert_eq!(told.key, "iolaus-replayed-from");
}

#[test]
fn what_is_no_longer_there_or_is_another_record_is_told_and_stays() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let letters: [(i32, i64, &str, &[u8]); 2] =
        [(0, 0, "truncated", b"before"), (0, 9, "truncated", b"never there")];
    let settings = stage(cluster, "gone", &letters);
    send(&producer(cluster.client()), &settings.input[0], 0, "alice", b"after");
    let standing = all(&settings);
    let done = replay(&settings, &standing.iter().collect::<Vec<_>>()).unwrap();
    let outcomes: Vec<_> = done.into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, [Outcome::Another, Outcome::Gone]);
    assert!(all(&settings).iter().all(|one| !one.settled));
}

#[test]
fn letters_are_counted_by_reason_and_others_records_are_told_apart() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let letters: [(i32, i64, &str, &[u8]); 3] =
        [(0, 0, "truncated", b"a"), (0, 1, "truncated", b"b"), (1, 0, "unknown_type", b"c")];
    let settings = stage(cluster, "counted", &letters);
    let topic = settings.topic(Topic::DeadLetters);
    send(&producer(cluster.client()), &topic, 0, "no origin", b"no letter");
    let letters = read(&settings, &Filter::default()).unwrap();
    let counts: Vec<_> =
        letters.counts().into_iter().map(|count| (count.reason, count.letters)).collect();
    assert_eq!(counts, [("truncated".to_owned(), 2), ("unknown_type".to_owned(), 1)]);
    assert_eq!(letters.unreadable, 1);
}
