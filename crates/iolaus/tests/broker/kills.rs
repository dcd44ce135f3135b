//! Processes are killed, stopped and cut off; what is committed stays what a replay says.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use kafka_harness::{Action, ApiKey, Cluster, Options};

use crate::stage::{Outcome, Stage, hours, replay, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(240);

/// The places where a process can be made to die, in the order of a turn.
const PLACES: [&str; 10] = [
    "AfterRestore",
    "AfterPoll",
    "MidBatch",
    "AfterBegin",
    "AfterSends",
    "AfterDelivery",
    "AfterOffsets",
    "AfterCommit",
    "BeforeCheckpoint",
    "AfterCheckpoint",
];

/// Two hours of a platform under attack, and what a replay says of them.
pub struct Told {
    pub lines: Vec<u8>,
    pub expected: Outcome,
    _folder: tempfile::TempDir,
}

pub fn two_hours() -> Told {
    let folder = tempfile::TempDir::new().expect("a folder");
    let events = simulate(folder.path(), 300, 3);
    let lines = hours(&unpacked(&events), 10, 12);
    let path = folder.path().join("two-hours.jsonl");
    std::fs::write(&path, &lines).expect("written");
    let expected = replay(Path::new(&path), &["--partitions", "4"]);
    assert!(!expected.lines["fingerprints"].is_empty(), "there is something to lose");
    Told { lines, expected, _folder: folder }
}

/// What happens when, by seed.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn kill(child: &mut Child) {
    child.kill().expect("it is ours");
    child.wait().expect("it is ours");
}

/// Lets processes be killed at random moments until there were enough kills or the stream has ended.
/// Returns how often one was killed.
pub fn kill_at_random(stage: &Stage<'_>, chance: &mut Chance, most: u32) -> u32 {
    let count = 1 + chance.below(3);
    let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
    let mut children: Vec<Child> = names.iter().map(|name| stage.start(name, &[])).collect();
    let mut kills = 0;
    while kills < most {
        std::thread::sleep(Duration::from_millis(100 + chance.below(2_500)));
        let victim = chance.below(count) as usize;
        match children[victim].try_wait().expect("it is ours") {
            None => {
                kill(&mut children[victim]);
                kills += 1;
            }
            Some(status) => {
                assert!(status.success(), "{}", stage.log(&names[victim]));
                break;
            }
        }
        children[victim] = stage.start(&names[victim], &[]);
    }
    for (name, child) in names.iter().zip(&mut children) {
        stage.wait(name, child, PATIENCE);
    }
    kills
}

fn random_kills(cluster: &Cluster, told: &Told, wanted: u32, seed: u64) {
    let (mut chance, mut kills) = (Chance(seed), 0);
    while kills < wanted {
        let stage = Stage::new(cluster, 4);
        stage.produce(&told.lines);
        kills += kill_at_random(&stage, &mut chance, wanted - kills);
        stage.assert_committed(&told.expected, &format!("after {kills} kills, seed {seed}"));
    }
}

#[test]
fn killed_at_random_moments() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    random_kills(cluster, &two_hours(), 30, 1);
}

/// The long run: `cargo test -p iolaus --test broker -- --ignored a_thousand`.
#[test]
#[ignore = "takes an hour"]
fn a_thousand_kills() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    for seed in 0..20 {
        random_kills(cluster, &told, 50, 1_000 + seed);
        eprintln!("{} kills, nothing lost, doubled or different", (seed + 1) * 50);
    }
}

#[test]
fn killed_at_every_place_of_a_turn() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let (mut chance, mut kills) = (Chance(7), 0);
    let mut places = PLACES.iter().cycle();
    while kills < 30 {
        let stage = Stage::new(cluster, 4);
        stage.produce(&told.lines);
        loop {
            let place = places.next().expect("a cycle has no end");
            let count = match *place {
                "AfterRestore" | "BeforeCheckpoint" | "AfterCheckpoint" => 1 + chance.below(6),
                _ => 1 + chance.below(60),
            };
            let die = format!("{place}:{count}");
            // So few that a bucket is closed in several transactions.
            let set = [("IOLAUS_DIE", die.as_str()), ("IOLAUS_TOUCHES", "3")];
            let mut child = stage.start_with("p0", &[], &set);
            let deadline = Instant::now() + PATIENCE;
            let status = loop {
                if let Some(status) = child.try_wait().expect("it is ours") {
                    break status;
                }
                assert!(Instant::now() < deadline, "{die}: stuck\n{}", stage.log("p0"));
                std::thread::sleep(Duration::from_millis(20));
            };
            if status.success() {
                break;
            }
            assert_eq!(
                status.code(),
                None,
                "{die}: it is to die, not to fail\n{}",
                stage.log("p0")
            );
            kills += 1;
        }
        stage.assert_committed(&told.expected, &format!("after {kills} kills at places"));
    }
}

/// A process that sleeps through its session and wakes up is nobody any more.
#[test]
fn stopped_for_longer_than_its_session() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let stage = Stage::new(cluster, 4);
    stage.produce(&told.lines);
    let mut chance = Chance(11);
    let names = ["p0", "p1"];
    let mut children = names.map(|name| stage.start(name, &[]));
    for round in 0..2 {
        std::thread::sleep(Duration::from_millis(2_000 + chance.below(2_000)));
        signal(&children[round % 2], "-STOP");
        std::thread::sleep(Duration::from_secs(9));
        signal(&children[round % 2], "-CONT");
    }
    for (name, child) in names.iter().zip(&mut children) {
        // Who was shut out may say so and fail: then it is started again, as its supervisor would.
        let deadline = Instant::now() + PATIENCE;
        while !child.try_wait().expect("it is ours").is_some_and(|status| status.success()) {
            assert!(Instant::now() < deadline, "{name}: stuck\n{}", stage.log(name));
            if child.try_wait().expect("it is ours").is_some() {
                *child = stage.start(name, &[]);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    stage.assert_committed(&told.expected, "after two stops");
}

fn signal(child: &Child, what: &str) {
    let id = child.id().to_string();
    let status = std::process::Command::new("kill").args([what, &id]).status();
    assert!(status.expect("kill runs").success());
}

/// The broker goes away and comes back.
#[test]
fn the_broker_restarts() {
    let Some(cluster) = kafka_harness::start_or_skip(&Options::one()) else { return };
    let told = two_hours();
    let stage = Stage::new(&cluster, 4);
    stage.produce(&told.lines);
    let mut child = stage.start("p0", &[]);
    for pause in [3_000, 5_000] {
        std::thread::sleep(Duration::from_millis(pause));
        cluster.stop(1).expect("stopped");
        cluster.start_again(1).expect("started");
    }
    stage.wait("p0", &mut child, PATIENCE);
    stage.assert_committed(&told.expected, "after two restarts of the broker");
}

/// Answers about transactions come late or never: nobody knows how a transaction ended.
#[test]
fn nobody_knows_how_a_transaction_ended() {
    let options = Options::one().through_proxy();
    let Some(cluster) = kafka_harness::start_or_skip(&options) else { return };
    let told = two_hours();
    let stage = Stage::new(&cluster, 4);
    stage.produce(&told.lines);
    let mut child = stage.start("p0", &[]);
    let proxy = cluster.proxy(1);
    for round in 0..6 {
        std::thread::sleep(Duration::from_millis(1_500));
        let key = [ApiKey::END_TXN, ApiKey::TXN_OFFSET_COMMIT][round % 2];
        proxy.once(key, [Action::Delay(Duration::from_secs(3)), Action::LoseAnswer][round / 2 % 2]);
    }
    stage.wait("p0", &mut child, PATIENCE);
    stage.assert_committed(&told.expected, "after answers that were late or lost");
}

/// A commit that fails is as if it had never begun.
#[test]
fn every_seventh_commit_fails() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let stage = Stage::new(cluster, 4);
    stage.produce(&told.lines);
    let mut child = stage.start_with("p0", &[], &[("IOLAUS_FAIL", "7")]);
    stage.wait("p0", &mut child, PATIENCE);
    stage.assert_committed(&told.expected, "with every seventh commit lost");
}

/// What this harness is worth: rules that are broken on purpose are noticed.
#[test]
fn broken_rules_are_noticed() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let plants: [(&str, &[(&str, &str)]); 6] = [
        ("NoRollback", &[("IOLAUS_FAIL", "7")]),
        // By chance a moment may cost nothing: whoever died had read nothing that mattered.
        ("OffsetsFirst", &[("IOLAUS_DIE", "AfterOffsets:40")]),
        ("OffsetsFirst", &[("IOLAUS_DIE", "AfterOffsets:53")]),
        ("OffsetsFirst", &[("IOLAUS_DIE", "AfterOffsets:66")]),
        ("ChangesLeftOut", &[("IOLAUS_DIE", "AfterCommit:60")]),
        ("CheckpointWithoutOffset", &[("IOLAUS_DIE", "AfterCommit:60")]),
    ];
    for all in plants.chunk_by(|(one, _), (next, _)| one == next) {
        let mut harms = all.iter().map(|(_, harm)| *harm);
        assert!(harms.any(|harm| is_noticed(cluster, &told, all[0].0, harm)), "{}", all[0].0);
    }
}

/// Whether a broken rule shows in what comes out.
fn is_noticed(cluster: &Cluster, told: &Told, plant: &str, harm: &[(&str, &str)]) -> bool {
    let stage = Stage::new(cluster, 4);
    stage.produce(&told.lines);
    let set = [&[("IOLAUS_PLANT", plant)], harm].concat();
    let mut ended = finish(&mut stage.start_with("p0", &[], &set));
    if ended == Some(false) {
        // It died of the harm: another one takes over.
        ended = finish(&mut stage.start_with("p0", &[], &[("IOLAUS_PLANT", plant)]));
    }
    // One that is stuck has lost what it waits for.
    ended != Some(true) || stage.outcome() != told.expected
}

/// A worker that speaks of a generation that is over commits nothing: with its first word for ever, it is
/// refused again and again once another has joined.
#[test]
fn an_old_generation_is_noticed() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let told = two_hours();
    let stage = Stage::new(cluster, 4);
    stage.produce(&told.lines);
    let plant = ("IOLAUS_PLANT", "OldGeneration");
    let mut first = stage.start_live("p0", &[plant]);
    let deadline = Instant::now() + PATIENCE;
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        while !holds() {
            assert!(Instant::now() < deadline, "{what}\n{}", stage.log("p0"));
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until("the first commits", &|| stage.count("sightings") > 0);
    let mut second = stage.start_live("p1", &[]);
    until("the second works", &|| stage.log("p1").contains("taken over task=\"account\""));
    let refused = |line: &&str| line.contains("starting over") && line.contains("generation");
    until("the first is refused", &|| {
        stage.log("p0").lines().filter(refused).count() >= 3 || {
            stage.produce(&told.lines);
            false
        }
    });
    [&mut first, &mut second].into_iter().for_each(kill_if_running);
}

fn kill_if_running(child: &mut Child) {
    if child.try_wait().expect("it is ours").is_none() {
        kill(child);
    }
}

/// Whether a process ended well; `None` if it had not ended in time, and was killed.
pub fn finish(child: &mut Child) -> Option<bool> {
    let deadline = Instant::now() + Duration::from_secs(40);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("it is ours") {
            return Some(status.success());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    kill(child);
    None
}
