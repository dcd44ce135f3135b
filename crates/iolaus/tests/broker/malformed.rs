//! A tenth of the records cannot be used: each is one dead letter, none is lost, and everything else is as
//! if they were not there; also if the process is killed meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use event::intake::{Limits, parse_json};
use kafka::dead_letters::digest;
use serde_json::{Value, json};

use crate::kills::{Chance, kill_at_random};
use crate::recording::Recording;
use crate::stage::{Outcome, Stage, hours, replay_all, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(120);

const PARTITIONS: u32 = 4;

/// The `number`th record that cannot be used; no two are alike, but those that are empty.
fn malformed(number: usize) -> Vec<u8> {
    let time = "2026-03-02T10:00:01Z";
    let request = |time: &str, extra: &str| {
        format!(
            r#"{{"type":"request","event_id":"bad-{number}","event_time":"{time}","account_id":"a","model":"m"{extra}}}"#
        )
    };
    if number == 17 {
        return request(time, &format!(r#","system":"{}""#, "word ".repeat(1_700_000))).into();
    }
    match number % 9 {
        0 => request(time, r#","system":"cut"#).trim_end_matches('}').into(),
        1 => request(time, r#","input_tokens":"many""#).into(),
        2 => format!(r#"{{"type":"policy","event_id":"bad-{number}","event_time":"{time}","mode":"perhaps"}}"#).into(),
        3 => request("1970-01-01T00:00:00Z", "").into(),
        4 => request("2100-01-01T00:00:00Z", "").into(),
        5 => format!(r#"{{"n":{number},"a":{}"#, r#"{"a":"#.repeat(10_000)).into(),
        6 => [request(time, "").as_bytes(), &[0xff, 0xfe]].concat(),
        7 => Vec::new(),
        _ => format!("[{number}]").into(),
    }
}

struct Told {
    recording: Recording,
    expected: Outcome,
    /// The digests of all that cannot be used.
    digests: BTreeSet<String>,
}

/// An hour in which every tenth record cannot be used, and what a replay says of it; what is empty is
/// no line of a file.
fn told() -> Told {
    let folder = tempfile::TempDir::new().expect("a folder");
    let lines = hours(&unpacked(&simulate(folder.path(), 1_500, 3)), 10, 11);
    let mut recording = Recording::keyed(&lines, PARTITIONS);
    let (mut number, mut digests, mut empty) = (0, BTreeSet::new(), Vec::new());
    for ((input, partition), records) in &mut recording.0 {
        let good = std::mem::take(records);
        for (index, record) in good.into_iter().enumerate() {
            if index % 9 == 4 {
                let bad = malformed(number);
                digests.insert(digest(&bad));
                if bad.is_empty() {
                    empty.push(nothing(&format!("{input}-{partition}"), records.len()));
                }
                records.push(bad);
                number += 1;
            }
            records.push(record);
        }
    }
    let mut expected = replay_all(&recording.files(folder.path()), &["--keyed"]);
    let letters = expected.lines.get_mut("dead-letters").expect("it is one of them");
    letters.extend(empty);
    letters.sort_by_key(|letter| {
        let letter: Value = serde_json::from_str(letter).expect("it is JSON");
        (letter["file"].to_string(), letter["line"].as_u64())
    });
    assert_eq!(letters.len(), number, "each is told");
    assert!(number > 100, "{number} are too few");
    Told { recording, expected, digests }
}

/// The dead letter of a record without a byte.
fn nothing(file: &str, offset: usize) -> String {
    let reject = parse_json(b"", &Limits::default()).expect_err("it is no event");
    let (reason, detail) = (reject.reason.code(), &*reject.detail);
    let digest = digest(b"");
    json!({ "reason": reason, "detail": detail, "file": file, "line": offset, "digest": digest, "bytes": 0 })
        .to_string()
}

fn check(stage: &Stage<'_>, told: &Told, what: &str) {
    stage.assert_committed(&told.expected, what);
    let letters = &stage.outcome().lines["dead-letters"];
    let letters = letters.iter().map(|letter| serde_json::from_str::<Value>(letter).expect("JSON"));
    let digests: BTreeSet<String> =
        letters.map(|letter| letter["digest"].as_str().expect("a digest").to_owned()).collect();
    assert!(digests == told.digests, "{what}: every record that was produced has its letter");
}

#[test]
fn each_is_one_dead_letter() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = told();
    let stage = Stage::new(cluster, PARTITIONS);
    stage.fill(&told.recording);
    let mut child = stage.start("p0", &[]);
    stage.wait("p0", &mut child, PATIENCE);
    check(&stage, &told, "undisturbed");

    let (mut chance, mut kills) = (Chance(3), 0);
    while kills < 5 {
        let stage = Stage::new(cluster, PARTITIONS);
        stage.fill(&told.recording);
        kills += kill_at_random(&stage, &mut chance, 5 - kills);
        check(&stage, &told, &format!("after {kills} kills"));
    }
}
