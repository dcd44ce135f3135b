//! Memory for a few accounts only: all others are on the disk and come back, over and over, and what is
//! committed stays what a replay says.

use std::time::Duration;

use crate::kills::{finish, two_hours};
use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_secs(240);

/// Of 300 accounts and more, a worker keeps these few between two transactions.
const ROOM: (&str, &str) = ("IOLAUS_ROOM", "5");

/// How often accounts went and came, as the log says.
fn moved(log: &str) -> (u64, u64) {
    let sum = |key: &str| -> u64 {
        let words = log.lines().filter(|line| line.contains("accounts in_memory"));
        let words = words.flat_map(str::split_whitespace);
        words.filter_map(|word| word.strip_prefix(key)?.parse::<u64>().ok()).sum()
    };
    (sum("forgotten="), sum("fetched="))
}

#[test]
fn accounts_that_left_memory_are_as_if_they_had_stayed() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let mut stage = Stage::new(cluster, 4);
    stage.settings.memory_mb = Some(256);
    stage.produce(&told.lines);
    let deaths = ["AfterCheckpoint:4", "MidBatch:50", "AfterRestore:3", "AfterCommit:70"];
    for die in deaths {
        let mut child = stage.start_with("p0", &[], &[ROOM, ("IOLAUS_DIE", die)]);
        assert_eq!(finish(&mut child), Some(false), "{die}\n{}", stage.log("p0"));
    }
    let mut child = stage.start_with("p0", &[], &[ROOM]);
    stage.wait("p0", &mut child, PATIENCE);
    stage.assert_committed(&told.expected, "with room for five accounts");
    let log = std::fs::read_to_string(stage.folder.path().join("p0.log")).expect("a log");
    let (forgotten, fetched) = moved(&log);
    assert!(forgotten > 100 && fetched > 100, "{forgotten} went and {fetched} came back");
}

/// What the test above is worth: accounts that leave memory before the disk holds them are missed.
#[test]
fn accounts_that_leave_too_early_are_noticed() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let stage = Stage::new(cluster, 4);
    stage.produce(&told.lines);
    let plant = ("IOLAUS_PLANT", "ForgottenUnwritten");
    let ended = finish(&mut stage.start_with("p0", &[], &[ROOM, plant]));
    let noticed = ended != Some(true) || stage.outcome() != told.expected;
    assert!(noticed, "it was not noticed\n{}", stage.log("p0"));
}

/// A page that is found damaged while a worker runs costs the checkpoint, and no answer.
#[test]
fn a_damaged_page_is_found_on_the_way() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let stage = Stage::new(cluster, 4);
    stage.produce(&told.lines);
    let mut child = stage.start_with("p0", &[], &[ROOM, ("IOLAUS_DAMAGE", "20")]);
    stage.wait("p0", &mut child, PATIENCE);
    stage.assert_committed(&told.expected, "after a damaged page");
    let log = std::fs::read_to_string(stage.folder.path().join("p0.log")).expect("a log");
    let said = log.lines().filter(|line| line.contains("rebuilding from the changelog"));
    let said: Vec<&str> = said.collect();
    assert!(said.len() == 1 && said[0].contains("as planned"), "{said:?}\n{}", stage.log("p0"));
}
