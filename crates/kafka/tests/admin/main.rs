//! What an operator does with a cluster, on a real one: topics are made and compared, rights suffice and
//! no more, dead letters come back.

#![expect(clippy::disallowed_methods, reason = "a cluster is waited for")]

mod dead_letters;
mod rights;
#[cfg(feature = "tls")]
mod tls;
mod topics;

use std::time::{Duration, Instant};

use kafka::Settings;
use kafka_harness::Cluster;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

const SOON: Duration = Duration::from_secs(60);

/// Settings of an installation of its own, whose one input topic begins with its prefix.
fn settings(cluster: &Cluster, name: &str) -> Settings {
    let prefix = format!("{name}-{}.", std::process::id());
    let mut settings = Settings::new(cluster.bootstrap(), &[&format!("{prefix}requests")]);
    settings.prefix = prefix;
    settings
}

fn producer(mut client: ClientConfig) -> BaseProducer {
    client.set("message.timeout.ms", "30000").create().expect("a producer")
}

fn send(producer: &BaseProducer, topic: &str, partition: i32, key: &str, payload: &[u8]) {
    let record = BaseRecord::to(topic).partition(partition).key(key).payload(payload);
    producer.send(record).expect("queued");
    producer.flush(SOON).expect("sent");
}

/// Waits until something holds: a change of rights takes effect a moment after the broker's answer.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: did not come to be");
        std::thread::sleep(Duration::from_millis(50));
    }
}
