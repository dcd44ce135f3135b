//! What `iolaus run` cannot work with: it ends, soon, with code 2 and one message that says what is wrong
//! and what to do.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kafka_harness::Cluster;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};

use crate::recording::Recording;
use crate::stage::{PROGRAM, Stage};

/// How long a process may take to give up.
const SOON: Duration = Duration::from_secs(30);

/// Runs on a configuration until the program ends. Returns its code and message.
fn run(stage: &Stage<'_>, name: &str, config: &str, more: &[&str]) -> (Option<i32>, String) {
    let path = stage.folder.path().join(format!("{name}.toml"));
    std::fs::write(&path, config).expect("written");
    let child = Command::new(PROGRAM)
        .args(["run", "--until-end", "--config"])
        .arg(path)
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    ended(child.expect("the program starts"), SOON)
}

fn ended(mut child: std::process::Child, patience: Duration) -> (Option<i32>, String) {
    let deadline = Instant::now() + patience;
    while child.try_wait().expect("it is ours").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("it is ours");
            let out = child.wait_with_output().expect("it is ours");
            panic!("not in {patience:?}:\n{}", String::from_utf8_lossy(&out.stderr));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let out = child.wait_with_output().expect("it is ours");
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// It ended with code 2 and one message, in which these words stand.
fn refused((code, err): &(Option<i32>, String), says: &[&str]) {
    let messages: Vec<&str> = err.lines().filter(|line| line.starts_with("iolaus: ")).collect();
    assert_eq!((*code, messages.len()), (Some(2), 1), "{err}");
    // What a file's reader shows of the file stands below the message.
    let told = &err[err.find("iolaus: ").unwrap_or_default()..];
    for word in says {
        assert!(told.contains(word), "`{told}` does not say `{word}`");
    }
    assert!(told.len() < 700, "too long: {told}");
}

fn admin<T>(
    cluster: &Cluster,
    act: impl AsyncFnOnce(&AdminClient<DefaultClientContext>) -> T,
) -> T {
    let admin = cluster.client().create().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(act(&admin))
}

fn delete(cluster: &Cluster, topic: &str) {
    let options = AdminOptions::new();
    let done = admin(cluster, async |admin| admin.delete_topics(&[topic], &options).await);
    assert!(done.expect("asked")[0].is_ok(), "{topic} is deleted");
}

fn request(number: usize, account: &str) -> Vec<u8> {
    let time = format!("2026-03-02T09:{:02}:00Z", number % 60);
    format!(
        r#"{{"type":"request","event_id":"e{number}","event_time":"{time}","account_id":"{account}","model":"m"}}"#
    )
    .into_bytes()
}

/// Some requests, where their accounts belong.
fn some_requests() -> Recording {
    let requests = (0..40).map(|number| request(number, &format!("a{number}")));
    Recording::keyed(&requests.collect::<Vec<_>>().join(&b'\n'), 2)
}

#[test]
fn settings_that_cannot_be_used() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = Stage::without_topics(cluster, 1, true, 2);
    let section = stage.section();
    let try_with = |more: &str, tasks: &[&str], says: &[&str]| {
        refused(&run(&stage, "p0", &format!("{section}{more}"), tasks), says);
    };
    refused(&run(&stage, "p0", "[time]\nbucket = 60\n", &[]), &["no [kafka] section", "brokers"]);
    try_with("", &["acount"], &["no task `acount`", "account, object, campaign"]);
    try_with("", &["route"], &["`route` is not needed", "kafka.keyed"]);
    try_with("retries = 3\n", &[], &["retries"]);
    try_with("[kafka.properties]\n\"group.id\" = \"g\"\n", &[], &["group.id", "leave it out"]);
    try_with(
        "[kafka.properties]\n\"fetch.min\" = \"1\"\n",
        &[],
        &["kafka.properties", "fetch.min"],
    );
    let nowhere = section.replace(cluster.bootstrap(), "127.0.0.1:1");
    let began = Instant::now();
    refused(&run(&stage, "p0", &nowhere, &[]), &["no broker answers at 127.0.0.1:1", "refused"]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn clusters_that_do_not_fit() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = Stage::without_topics(cluster, 1, true, 2);
    let (section, input) = (stage.section(), &stage.settings.input[0]);
    let missing = [&**input, "the input is missing", "create it, or correct kafka.input"];
    refused(&run(&stage, "p0", &section, &[]), &missing);
    cluster.create_topic(input, 3, &[]).expect("a topic");
    let says = ["3 partitions", "divides 256", "kafka.keyed = false"];
    refused(&run(&stage, "p0", &section, &[]), &says);

    let stage = Stage::of(cluster, &[2], true, 2);
    let prefix = &stage.settings.prefix;
    let links = format!("{prefix}links");
    delete(cluster, &links);
    refused(&run(&stage, "p0", &stage.section(), &[]), &[&links, "missing", "topics create"]);
    cluster.create_topic(&links, 1, &[]).expect("a topic");
    let changelog = stage.settings.changelog("account");
    delete(cluster, &changelog);
    cluster.create_topic(&changelog, 4, &[]).expect("a topic");
    let says = [&*changelog, "the number of partitions is 4, should be 2", "delete it"];
    refused(&run(&stage, "p0", &stage.section(), &[]), &says);
    let more = stage.section().replace("object_partitions = 2", "object_partitions = 8");
    let says = ["partitions is 2, should be 8", "set kafka.object_partitions = 2"];
    cluster.create_topic(&format!("{prefix}unused"), 1, &[]).expect("a topic");
    delete(cluster, &changelog);
    cluster.create_topic(&changelog, 2, &[]).expect("a topic");
    refused(&run(&stage, "p0", &more, &[]), &says);
}

#[test]
fn a_foreign_partitioner() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = Stage::of(cluster, &[2], true, 2);
    let mut recording = Recording::empty(&[2]);
    for ((_, partition), requests) in some_requests().0 {
        requests.into_iter().for_each(|one| recording.push((0, 1 - partition), one));
    }
    stage.fill(&recording);
    let says = ["belongs in partition", "murmur2", "kafka.keyed = false"];
    refused(&run(&stage, "p0", &stage.section(), &[]), &says);
}

#[test]
fn state_directories_that_cannot_be_used() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = Stage::of(cluster, &[2], true, 2);
    let at = |dir: &std::path::Path| format!("{}state_dir = {dir:?}\n", stage.section());
    let file = stage.folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    refused(&run(&stage, "p0", &at(&file.join("state")), &[]), &["cannot create", "file/state"]);
    let mut first = stage.start_live("first", &[]);
    let dir = stage.folder.path().join("first-state");
    let deadline = Instant::now() + SOON;
    while !dir.join("lock").exists() {
        assert!(Instant::now() < deadline, "{}", stage.log("first"));
        std::thread::sleep(Duration::from_millis(20));
    }
    refused(&run(&stage, "p1", &at(&dir), &[]), &["first-state", "in use by another process"]);
    first.kill().expect("it is ours");
    first.wait().expect("it is ours");
}

/// Brings an installation to where it has read everything there is.
pub fn worked(cluster: &Cluster) -> Stage<'_> {
    let stage = Stage::of(cluster, &[2], true, 2);
    stage.fill(&some_requests());
    let mut child = stage.start("p0", &[]);
    stage.wait("p0", &mut child, SOON);
    stage
}

#[test]
fn records_that_are_gone() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = worked(cluster);
    let input = &stage.settings.input[0];
    stage.fill(&some_requests());
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(input, 0, Offset::End).expect("added");
    let options = AdminOptions::new();
    admin(cluster, async |admin| admin.delete_records(&list, &options).await).expect("deleted");
    let place = format!("{input}/0 is to be read from");
    let says = [&*place, "were deleted before they were read", "--reset-offsets"];
    refused(&run(&stage, "p1", &stage.section(), &[]), &says);

    delete(cluster, input);
    cluster.create_topic(input, 2, &[]).expect("a topic");
    refused(&run(&stage, "p2", &stage.section(), &[]), &["the topic was made anew"]);
}

#[test]
fn state_that_is_gone() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = worked(cluster);
    let changelog = stage.settings.changelog("object");
    delete(cluster, &changelog);
    cluster.create_topic(&changelog, 2, &[]).expect("a topic");
    let says = [&*changelog, "is empty, but the group", "another kafka.prefix"];
    refused(&run(&stage, "p1", &stage.section(), &[]), &says);
}

#[test]
fn topics_that_are_deleted_meanwhile() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    std::thread::scope(|scope| {
        for (topic, says) in [
            ("input-0", "create it, or correct kafka.input"),
            ("sightings", "`iolaus topics create` creates it"),
            ("standings", "`iolaus topics create` creates it"),
        ] {
            scope.spawn(move || {
                let stage = Stage::of(cluster, &[2], true, 2);
                stage.fill(&some_requests());
                let path = stage.configuration("p0");
                let child = Command::new(PROGRAM)
                    .args(["run", "--config"])
                    .arg(path)
                    .stderr(Stdio::piped())
                    .spawn()
                    .expect("the program starts");
                let deadline = Instant::now() + SOON;
                while stage.count("sightings") == 0 {
                    assert!(Instant::now() < deadline, "{topic}: nothing comes");
                }
                let name = format!("{}{topic}", stage.settings.prefix);
                delete(cluster, &name);
                if topic != "input-0" {
                    stage.fill(&some_requests());
                }
                refused(&ended(child, Duration::from_secs(90)), &[&name, "missing", says]);
            });
        }
    });
}
