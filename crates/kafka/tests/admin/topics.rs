//! Topics are made once, as wanted; what differs is told, and what can't be is refused.

use kafka::admin::check::check;
use kafka::admin::{Connection, topics};
use kafka::{Error, Settings};

use crate::settings;

fn told(settings: &Settings) -> Vec<String> {
    let connection = Connection::open(settings).expect("it answers");
    let findings = check(&connection, settings).expect("it answers");
    findings.differences.iter().map(ToString::to_string).collect()
}

fn create(settings: &Settings) -> Result<usize, Error> {
    let connection = Connection::open(settings)?;
    let findings = check(&connection, settings)?;
    let missing = topics::missing(&findings)?;
    topics::create(&connection, settings, &missing, topics::copies(&connection, None)?)?;
    Ok(missing.len())
}

#[test]
fn what_is_missing_is_made_and_then_the_cluster_fits() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let mut settings = settings(cluster, "made");
    let refused = create(&settings).expect_err("there is no input").to_string();
    assert!(refused.contains("the input is missing"), "{refused}");
    cluster.create_topic(&settings.input[0], 8, &[]).unwrap();
    assert_eq!(told(&settings).len(), 13);
    assert_eq!(create(&settings).unwrap(), 13);
    assert_eq!(told(&settings), [""; 0]);
    assert_eq!(create(&settings).unwrap(), 0);
    // The other way in: several inputs of any count.
    let other = format!("{}signups", settings.prefix);
    cluster.create_topic(&other, 3, &[]).unwrap();
    settings.input.push(other);
    let told = told(&settings);
    let missing = told.iter().filter(|line| line.contains("the topic is missing")).count();
    assert_eq!(missing, 2, "events and route-changelog: {told:#?}");
}

#[test]
fn what_differs_is_told_with_what_to_do() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let settings = settings(cluster, "differs");
    cluster.create_topic(&settings.input[0], 4, &[]).unwrap();
    let short = [("cleanup.policy", "delete"), ("max.message.bytes", "1000000")];
    cluster.create_topic(&settings.changelog("account"), 2, &short).unwrap();
    create(&settings).unwrap();
    let told = told(&settings);
    let parts = [
        "the number of partitions is 2, should be 4",
        "cleanup.policy is delete, should be compact; kafka-configs.sh --alter",
        "max.message.bytes is 1000000, should be at least 16000000",
    ];
    assert_eq!(told.len(), parts.len(), "{told:#?}");
    for (line, part) in told.iter().zip(parts) {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn an_input_whose_partitions_do_not_divide_256_is_refused() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let settings = settings(cluster, "odd");
    cluster.create_topic(&settings.input[0], 12, &[]).unwrap();
    assert_eq!(told(&settings).len(), 1);
    let refused = create(&settings).expect_err("12 does not divide 256").to_string();
    assert!(refused.contains("kafka.keyed = false"), "{refused}");
}

#[test]
fn brokers_that_do_not_answer_are_told_in_one_line_and_in_time() {
    let start = std::time::Instant::now();
    // Nothing listens there.
    let settings = Settings::new("127.0.0.1:1", &["requests"]);
    let error = Connection::open(&settings).err().expect("nobody is there").to_string();
    assert!(error.contains("127.0.0.1:1") && error.contains("Connection refused"), "{error}");
    assert!(start.elapsed() < std::time::Duration::from_secs(30));
}

#[test]
fn more_replicas_than_brokers_are_refused() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let connection = Connection::open(&settings(cluster, "copies")).unwrap();
    let most = u32::try_from(connection.brokers()).expect("few");
    assert!(topics::copies(&connection, Some(most)).is_ok());
    let refused = topics::copies(&connection, Some(most + 1)).expect_err("too many").to_string();
    assert!(refused.contains("replication factor"), "{refused}");
}
