//! The harness itself, on real brokers: they serve, come back after a kill, let in whom they should, and
//! are gone afterwards.

#![expect(clippy::disallowed_methods, reason = "programs are started and waited for")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kafka_harness::{Acl, Action, ApiKey, Cluster, Options, Pattern, Resource};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

const SOON: Duration = Duration::from_secs(60);

fn producer(mut client: ClientConfig) -> BaseProducer {
    client.set("message.timeout.ms", "60000").set("reconnect.backoff.max.ms", "200");
    client.create().expect("a producer")
}

/// Sends one text and waits until the broker has it.
fn send(producer: &BaseProducer, topic: &str, text: &str) -> KafkaResult<()> {
    let record = BaseRecord::<(), str>::to(topic).payload(text);
    producer.send(record).map_err(|(error, _)| error)?;
    producer.flush(SOON)
}

/// The first `count` texts of a topic's only partition, as committed readers see them.
fn read(mut client: ClientConfig, topic: &str, count: usize) -> Vec<String> {
    client.set("group.id", "reader").set("isolation.level", "read_committed");
    let consumer: BaseConsumer = client.create().expect("a consumer");
    let mut partition = TopicPartitionList::new();
    partition.add_partition_offset(topic, 0, Offset::Beginning).expect("an offset");
    consumer.assign(&partition).expect("assigned");
    let deadline = Instant::now() + SOON;
    let mut texts = Vec::new();
    while texts.len() < count && Instant::now() < deadline {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            texts.push(String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned());
        }
    }
    texts
}

#[test]
fn a_broker_serves_and_comes_back_with_its_data_after_a_kill() {
    let Some(cluster) = kafka_harness::start_or_skip(&Options::one()) else { return };
    cluster.create_topic("texts", 1, &[]).unwrap();
    let producer = producer(cluster.client());
    send(&producer, "texts", "before").unwrap();
    cluster.kill(1).unwrap();
    cluster.start_again(1).unwrap();
    send(&producer, "texts", "after").unwrap();
    cluster.stop(1).unwrap();
    cluster.start_again(1).unwrap();
    assert_eq!(read(cluster.client(), "texts", 2), ["before", "after"]);
}

#[test]
fn three_brokers_go_on_when_one_is_killed() {
    let Some(cluster) = kafka_harness::start_or_skip(&Options::three()) else { return };
    cluster.create_topic("texts", 1, &[("min.insync.replicas", "2")]).unwrap();
    let producer = producer(cluster.client());
    send(&producer, "texts", "with three").unwrap();
    cluster.kill(2).unwrap();
    send(&producer, "texts", "with two").unwrap();
    assert_eq!(read(cluster.client(), "texts", 2), ["with three", "with two"]);
}

#[test]
fn an_answer_to_the_end_of_a_transaction_can_be_lost() {
    let Some(cluster) = kafka_harness::start_or_skip(&Options::one().through_proxy()) else {
        return;
    };
    cluster.create_topic("texts", 1, &[]).unwrap();
    let mut client = cluster.client();
    client.set("transactional.id", "one").set("reconnect.backoff.max.ms", "200");
    let producer = producer(client);
    producer.init_transactions(SOON).unwrap();
    producer.begin_transaction().unwrap();
    send(&producer, "texts", "committed").unwrap();
    cluster.proxy(1).once(ApiKey::END_TXN, Action::LoseAnswer);
    // The library asks again on a new connection and is told that it is done.
    producer.commit_transaction(SOON).unwrap();
    assert!(cluster.proxy(1).seen(ApiKey::END_TXN) >= 2);
    producer.begin_transaction().unwrap();
    send(&producer, "texts", "held, then committed").unwrap();
    cluster.proxy(1).once(ApiKey::END_TXN, Action::Delay(Duration::from_secs(2)));
    let start = Instant::now();
    producer.commit_transaction(SOON).unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert_eq!(read(cluster.client(), "texts", 2), ["committed", "held, then committed"]);
}

#[test]
fn whoever_logs_in_may_do_what_he_is_allowed_to() {
    let options = Options::one().user("admin", "root").user("alice", "wonder");
    let Some(cluster) = kafka_harness::start_or_skip(&options) else { return };
    cluster.create_topic("texts", 1, &[]).unwrap();
    let right = |operation: &str| Acl {
        principal: "User:alice".to_owned(),
        resource: Resource::Topic,
        pattern: Pattern::Literal,
        name: "texts".to_owned(),
        operation: operation.to_owned(),
    };
    let describes = || {
        let consumer: BaseConsumer = cluster.client_of("alice").create().unwrap();
        let metadata = consumer.fetch_metadata(Some("texts"), SOON).unwrap();
        metadata.topics()[0].error().map(RDKafkaErrorCode::from)
    };
    assert_eq!(describes(), Some(RDKafkaErrorCode::TopicAuthorizationFailed));
    cluster.allow(&[right("Write"), right("Read")]).unwrap();
    assert_eq!(describes(), None);
    send(&producer(cluster.client_of("alice")), "texts", "hers").unwrap();
    assert_eq!(read(cluster.client_of("admin"), "texts", 1), ["hers"]);
    cluster.disallow(&[right("Write"), right("Read")]).unwrap();
    assert_eq!(describes(), Some(RDKafkaErrorCode::TopicAuthorizationFailed));
}

/// Whether a process of this number runs.
fn runs(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.contains("State:") && !status.contains("(zombie)")
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come to be");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The process numbers and the folder of a cluster, as its folder tells.
fn traces(bootstrap: &str) -> (Vec<String>, std::path::PathBuf) {
    let port = bootstrap.rsplit_once(':').expect("an address").1;
    let folders = std::fs::read_dir(std::env::temp_dir()).expect("a folder for what passes");
    let of_cluster = |folder: &Path| {
        let settings = std::fs::read_to_string(folder.join("broker-1/server.properties"));
        settings.is_ok_and(|settings| settings.contains(&format!("CLIENT://127.0.0.1:{port},")))
    };
    let folder = folders.flatten().map(|entry| entry.path()).find(|path| of_cluster(path));
    let folder = folder.expect("the cluster's folder");
    let pid = std::fs::read_to_string(folder.join("broker-1/pid")).expect("the broker's number");
    (vec![pid], folder)
}

#[test]
fn a_panic_leaves_nothing_behind() {
    let Some(cluster) = kafka_harness::start_or_skip(&Options::one()) else { return };
    let (pids, folder) = traces(cluster.bootstrap());
    let test = std::thread::spawn(move || {
        let _cluster: Cluster = cluster;
        panic!("as planned");
    });
    assert!(test.join().is_err());
    assert!(!pids.iter().any(|pid| runs(pid)) && !folder.exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_program_leaves_nothing_behind() {
    // The example's folder is beside this test's.
    let here = std::env::current_exe().expect("this test's place");
    let example = here.parent().and_then(Path::parent).expect("target/…").join("examples/broker");
    if kafka_harness::one_broker().is_none() {
        return;
    }
    let mut program =
        Command::new(example).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut bootstrap = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut bootstrap).unwrap();
    let (pids, folder) = traces(bootstrap.trim());
    assert!(pids.iter().all(|pid| runs(pid)));
    program.kill().unwrap();
    program.wait().unwrap();
    wait_until("the end of the broker", || !pids.iter().any(|pid| runs(pid)));
    wait_until("the end of its folder", || !folder.exists());
}
