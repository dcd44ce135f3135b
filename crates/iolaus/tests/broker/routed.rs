//! Inputs that are not keyed by account pass `route`: what is committed equals the replay of that
//! recording, one file a partition, in the order of the settings.

use std::time::Duration;

use kafka_harness::Cluster;
use serde_json::Value;

use crate::kills::{Chance, kill_at_random};
use crate::recording::{Recording, lines_of};
use crate::stage::{Outcome, Stage, hours, replay_all, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(120);

/// Partitions of the inputs, and of the tasks.
const INPUTS: [u32; 2] = [2, 1];
const PARTITIONS: u32 = 4;

/// Requests by event id in two partitions, everything else in a topic of its own.
fn by_event(lines: &[u8]) -> Recording {
    let mut recording = Recording::empty(&INPUTS);
    for line in lines_of(lines) {
        let event: Value = serde_json::from_slice(line).expect("an event");
        let sum: u32 = event["event_id"].to_string().bytes().map(u32::from).sum();
        let place = if event["type"] == "request" { (0, sum % INPUTS[0]) } else { (1, 0) };
        recording.push(place, line.to_vec());
    }
    recording
}

fn told() -> (Recording, Outcome) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let lines = hours(&unpacked(&simulate(folder.path(), 300, 3)), 10, 12);
    let recording = by_event(&lines);
    let files = recording.files(folder.path());
    let expected = replay_all(&files, &["--partitions", &PARTITIONS.to_string()]);
    assert!(recording.0.iter().all(|(_, records)| records.len() > 20), "all have something to say");
    assert!(!expected.lines["fingerprints"].is_empty(), "the stream is worth looking at");
    (recording, expected)
}

fn stage<'a>(cluster: &'a Cluster, recording: &Recording) -> Stage<'a> {
    let stage = Stage::of(cluster, &INPUTS, true, PARTITIONS);
    stage.fill(recording);
    stage
}

#[test]
fn two_topics_with_other_keys() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let (recording, expected) = told();
    for names in [&["p0"][..], &["p0", "p1"]] {
        let stage = stage(cluster, &recording);
        let mut children: Vec<_> = names.iter().map(|name| stage.start(name, &[])).collect();
        for (name, child) in names.iter().zip(&mut children) {
            stage.wait(name, child, PATIENCE);
        }
        stage.assert_committed(&expected, &format!("{} processes", names.len()));
    }
    let (mut chance, stage) = (Chance(5), stage(cluster, &recording));
    let kills = kill_at_random(&stage, &mut chance, 6);
    stage.assert_committed(&expected, &format!("routed, after {kills} kills"));
}
