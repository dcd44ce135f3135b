//! What is committed equals the replay, with one process and with several.

use std::path::Path;
use std::time::Duration;

use kafka_harness::Cluster;

use crate::refused::worked;
use crate::stage::{Stage, hours, replay, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(900);

#[test]
fn one_process_or_several_commit_what_a_replay_says() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let folder = tempfile::TempDir::new().expect("a folder");
    let lines = hours(&unpacked(&simulate(folder.path(), 300, 3)), 9, 13);
    let events = folder.path().join("some-hours.jsonl");
    std::fs::write(&events, &lines).expect("written");
    several(cluster, &events, &lines, &[1, 2, 4]);
}

/// The demo's whole day: `cargo test -p iolaus --test broker -- --ignored the_demo`.
#[test]
#[ignore = "takes a quarter of an hour"]
fn the_demo_as_the_replay_says() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let folder = tempfile::TempDir::new().expect("a folder");
    let events = simulate(folder.path(), 20_000, 7);
    several(cluster, &events, &unpacked(&events), &[1, 2, 4]);
}

fn several(cluster: &Cluster, events: &Path, lines: &[u8], processes: &[usize]) {
    let expected = replay(events, &["--partitions", "4"]);
    assert!(!expected.lines["decisions"].is_empty(), "the stream is worth looking at");
    for processes in processes {
        let stage = Stage::new(cluster, 4);
        stage.produce(lines);
        let names: Vec<String> = (0..*processes).map(|number| format!("p{number}")).collect();
        let mut children: Vec<_> = names.iter().map(|name| stage.start(name, &[])).collect();
        for (name, child) in names.iter().zip(&mut children) {
            stage.wait(name, child, PATIENCE);
        }
        stage.assert_committed(&expected, &format!("{processes} processes"));
    }
}

#[test]
fn the_first_checkpoint_of_a_partition_is_used_by_the_next_process() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let stage = worked(cluster);
    let mut child = stage.start("p0", &[]);
    stage.wait("p0", &mut child, PATIENCE);
    let log = stage.log("p0");
    assert!(log.contains("taken over") && !log.contains("checkpoint not used"), "{log}");
}
