//! An installation that begins with what a replay of its archive has learnt says what it would have said
//! had it been there all the time.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::recording::Recording;
use crate::stage::{PROGRAM, Stage, hours, replay_all, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(300);

/// Gives a file's state to an installation. Returns what is said if it refuses.
fn load(stage: &Stage<'_>, from: &Path, next: &[usize]) -> Result<(), String> {
    let next: Vec<String> = next.iter().map(usize::to_string).collect();
    let out = Command::new(PROGRAM)
        .args(["state", "load", "--config"])
        .arg(stage.configuration("loader"))
        .arg("--from")
        .arg(from)
        .args(["--next", &next.join(",")])
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn it_goes_on_where_the_archive_ends() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let folder = tempfile::TempDir::new().expect("a folder");
    let lines = unpacked(&simulate(folder.path(), 300, 3));
    let whole = Recording::keyed(&hours(&lines, 9, 13), 4);
    let archive = Recording::keyed(&hours(&lines, 9, 11), 4);
    for ((place, all), (_, begin)) in whole.0.iter().zip(&archive.0) {
        assert!(all.starts_with(begin) && all.len() > begin.len(), "{place:?} can be cut there");
    }
    let next: Vec<usize> = archive.0.iter().map(|(_, records)| records.len()).collect();
    let (on_topic, clocked) =
        (Recording(whole.0.clone()), cut_at(whole, &next, "2026-03-02T11:00:00Z"));
    let (whole, archive) = clocked;
    let (all, begin) = (folder.path().join("all"), folder.path().join("begin"));
    for (to, recording) in [(&all, &whole), (&begin, &archive)] {
        std::fs::create_dir(to).expect("a folder");
        recording.files(to);
    }
    let expected = replay_all(&whole.files(&all), &["--keyed"]);
    let state = folder.path().join("state");
    let hand_over = ["--keyed", "--hand-over", state.to_str().expect("a path")];
    let before = replay_all(&archive.files(&begin), &hand_over);
    assert!(before.lines["decisions"].len() < expected.lines["decisions"].len());

    let stage = Stage::new(cluster, 4);
    stage.fill(&on_topic);
    refusals(cluster, &stage, &state, &next);
    load(&stage, &state, &next).expect("it has none yet");
    let again = load(&stage, &state, &next).expect_err("it has some now");
    assert!(again.contains("holds state already"), "{again}");
    let mut child = stage.start("p0", &[]);
    stage.wait("p0", &mut child, PATIENCE);
    let mut found = stage.outcome();
    let mut expected = expected;
    for (topic, lines) in &mut found.lines {
        let said = !before.lines[topic].is_empty() && !lines.is_empty();
        assert!(said || *topic != "decisions", "both have something to decide");
        lines.extend(before.lines[topic].iter().cloned());
        lines.sort();
        expected.lines.get_mut(topic).expect("a topic").sort();
    }
    found.assert_equal(&expected, "what was said before and after");
}

/// An archive ends with the time at which it was cut. Returns the whole stream with it, and the archive.
fn cut_at(whole: Recording, next: &[usize], time: &str) -> (Recording, Recording) {
    let mut whole = whole;
    let mut archive = Recording::empty(&[next.len() as u32]);
    for (((_, records), (_, begin)), next) in whole.0.iter_mut().zip(&mut archive.0).zip(next) {
        let clock =
            format!("{{\"type\":\"clock\",\"event_id\":\"cut\",\"event_time\":\"{time}\"}}");
        records.insert(*next, clock.into_bytes());
        begin.extend_from_slice(&records[..=*next]);
    }
    (whole, archive)
}

/// What does not fit is refused, and nothing is written.
fn refusals(cluster: &kafka_harness::Cluster, stage: &Stage<'_>, state: &Path, next: &[usize]) {
    let other = Stage::new(cluster, 2);
    let refused = |stage: &Stage<'_>, from: &Path, next: &[usize], says: &str| {
        let said = load(stage, from, next).expect_err(says);
        assert!(said.contains(says), "{said}");
    };
    refused(&other, state, &next[..2], "made of 4 partitions");
    refused(stage, state, &next[..3], "3 offsets for the 4 partitions");
    refused(stage, state, &[next[0], next[1], next[2], 1_000_000_000], "is to be read on from");
    let bytes = std::fs::read(state).expect("it is there");
    let broken = state.with_extension("broken");
    for (what, bytes) in [("cut off", &bytes[..bytes.len() / 2]), ("empty", &[]), ("text", b"{}\n")]
    {
        std::fs::write(&broken, bytes).expect("written");
        let place = Stage::new(cluster, 4);
        place.fill(&Recording::keyed(b"", 4));
        let said = load(&place, &broken, &[0, 0, 0, 0]).expect_err(what);
        assert!(said.contains("not a whole hand-over"), "{what}: {said}");
    }
}
