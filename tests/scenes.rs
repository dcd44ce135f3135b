//! The scenes hold what the laws are about: without it a law would compare empty files.

use replay::{Faults, Inputs};
use tests::runs::{Desk, quick};
use tests::scene::{Size, scene};

#[test]
fn all_that_can_be_said_is_said_in_a_scene() {
    for seed in 0..4 {
        let desk = Desk::new();
        let log = scene(Size { seed, events: 260, pace: 2_000 });
        let path = desk.file("events.jsonl", &log);
        let ran = desk.run(&Inputs::Files(vec![path]), quick(), Faults::default());
        let decisions = ran.lines("decisions").concat();
        for said in ["\"lane\":\"account\"", "\"lane\":\"joint\"", "\"action\":\"lift\"", "flow_id"]
        {
            assert!(decisions.contains(said), "seed {seed}: no {said} in the decisions");
        }
        assert!(
            ["\"shape\"", "\"safeguard\""].iter().any(|act| decisions.contains(act)),
            "seed {seed}: nothing beyond observing"
        );
        assert!(decisions.contains("\"shadow\""), "seed {seed}: no rule reached a decision");
        assert!(!ran.lines("clusters").is_empty(), "seed {seed}: no cluster");
        assert!(!ran.lines("alerts").is_empty(), "seed {seed}: no alert");
        let fingerprints = ran.lines("fingerprints").concat();
        assert!(
            fingerprints.contains("\"templates\":[{\"name\":\"t-"),
            "seed {seed}: no table row took effect"
        );
        assert_eq!(ran.summary.dead_letters, 0, "{:?}", ran.lines("dead-letters"));
        assert_eq!(ran.summary.clamped, 0, "a scene by itself is in order");
        assert!(ran.summary.control_records >= 9);
    }
}

#[test]
fn a_scene_is_a_function_of_its_seed() {
    let size = Size { seed: 7, events: 120, pace: 1_000 };
    assert_eq!(scene(size), scene(size));
    assert_ne!(scene(size), scene(Size { seed: 8, ..size }));
}
