//! The promise: what comes out is a function of what went in, not of who ran it and how.

use event::time::DAY;
use proptest::prelude::*;
use replay::{Faults, Inputs};
use serde_json::json;
use tests::arrival::{Kind, Quirk, irregular, regular};
use tests::runs::{Desk, Outcome, quick};
use tests::scene::{Record, START, Size, scene};
use tests::trials;

fn sizes() -> impl Strategy<Value = Size> {
    (any::<u64>(), 140_usize..320, 500_i64..3_000).prop_map(|(seed, events, pace)| Size {
        seed,
        events,
        pace,
    })
}

fn quirks() -> impl Strategy<Value = Vec<Quirk>> {
    // Around the lead (1,000) and far beyond it.
    quirks_of(prop_oneof![800_i64..1_200, 1_000_i64..100_000])
}

fn quirks_of(time: impl Strategy<Value = i64>) -> impl Strategy<Value = Vec<Quirk>> {
    // Runs around the confirmations (32).
    let run = prop_oneof![Just(1_usize), 2_usize..30, 30_usize..60];
    let kind = prop::sample::select(vec![Kind::Late, Kind::Silence, Kind::Ahead, Kind::Behind]);
    let quirk = (kind, 0_usize..1_000, run, time).prop_map(|(kind, place, run, time)| Quirk {
        kind,
        place,
        run,
        time,
    });
    prop::collection::vec(quirk, 1..6)
}

/// What a run is put through besides the partition count.
fn schedules() -> impl Strategy<Value = Faults> {
    (
        prop::sample::select(vec![1_u32, 3]),
        prop::option::of(any::<u64>()),
        prop::option::weighted(0.8, any::<u64>()),
    )
        .prop_map(|(instances, restart_seed, interleave_seed)| Faults {
            instances,
            restart_seed,
            interleave_seed,
            ..Faults::default()
        })
}

fn same(one: &Outcome, other: &Outcome) -> Result<(), TestCaseError> {
    match one.difference(other) {
        None => Ok(()),
        Some(difference) => Err(TestCaseError::fail(difference)),
    }
}

fn odd_log(size: Size, quirks: &[Quirk]) -> Vec<Record> {
    irregular(scene(size), quirks, &quick().time)
}

proptest! {
    #![proptest_config(trials(24))]

    #[test]
    fn an_irregular_log_gives_the_same_whoever_runs_it(
        size in sizes(),
        quirks in quirks(),
        partitions in prop::sample::select(vec![1_u32, 2, 4]),
        faults in prop::collection::vec(schedules(), 2),
    ) {
        let desk = Desk::new();
        let inputs = Inputs::Files(vec![desk.file("events.jsonl", &odd_log(size, &quirks))]);
        let plain = desk.run(&inputs, quick(), Faults { partitions, ..Faults::default() });
        for faults in faults {
            same(&plain, &desk.run(&inputs, quick(), Faults { partitions, ..faults }))?;
        }
    }

    #[test]
    fn a_regular_log_gives_the_same_however_it_is_split(
        size in sizes(),
        jitter in any::<u64>(),
        partitions in prop::sample::select(vec![2_u32, 8]),
        faults in schedules(),
    ) {
        let desk = Desk::new();
        let log = regular(scene(size), jitter, &quick().time);
        let inputs = Inputs::Files(vec![desk.file("events.jsonl", &log)]);
        let whole = desk.run(&inputs, quick(), Faults::default());
        prop_assert_eq!(whole.summary.clamped, 0, "the log is regular");
        same(&whole, &desk.run(&inputs, quick(), faults))?;
        same(&whole, &desk.run(&inputs, quick(), Faults { partitions, ..faults }))?;
        let keyed = Inputs::Keyed(desk.partitions(&log, partitions));
        same(&whole, &desk.run(&keyed, quick(), faults))?;
    }

    #[test]
    fn several_inputs_give_the_same_however_they_are_run(
        size in sizes(),
        quirks in prop_oneof![Just(Vec::new()), quirks()],
        deal in any::<u64>(),
        sources in 2_usize..4,
        partitions in prop::sample::select(vec![1_u32, 2, 8]),
        faults in schedules(),
    ) {
        let desk = Desk::new();
        let inputs = Inputs::Files(desk.dealt(&odd_log(size, &quirks), sources, deal));
        let plain = desk.run(&inputs, quick(), Faults::default());
        // Times are given before the split, so that it may be split at will, irregular as it is.
        same(&plain, &desk.run(&inputs, quick(), Faults { partitions, ..faults }))?;
    }

    #[test]
    fn what_is_delivered_twice_counts_once(
        size in sizes(),
        // A record hardly more than the lead ahead is within it when it comes again.
        quirks in prop_oneof![Just(Vec::new()), quirks_of(1_500_i64..100_000)],
        twice in any::<u64>(),
        partitions in prop::sample::select(vec![1_u32, 4]),
        faults in schedules(),
    ) {
        let desk = Desk::new();
        let inputs = Inputs::Files(vec![desk.file("events.jsonl", &odd_log(size, &quirks))]);
        let mut config = quick();
        // A record that comes again behind a jump of hours is within the window only if that is long.
        config.fingerprint.dedup_window = 30 * DAY;
        let once = desk.run(&inputs, config, Faults { partitions, ..Faults::default() });
        let faults = Faults { partitions, duplicate_seed: Some(twice), ..faults };
        let again = desk.run(&inputs, config, faults);
        prop_assert!(again.summary.events > once.summary.events, "nothing came twice");
        same(&once, &again)?;
    }
}

/// A partition of a regular log may be silent for about the lead, and then see something a little
/// out of order: as in the unsplit log, nothing of it is clamped.
#[test]
fn a_silent_partition_of_a_regular_log_is_no_jump() {
    let config = quick();
    let (lead, late) = (config.time.lead, config.time.lateness / 2);
    for quiet in 0..8 {
        let mut log: Vec<Record> = (0..80)
            .map(|step| Record {
                time: START + step * lead / 40,
                body: json!({"type": "request", "event_id": format!("busy-{step}"),
                    "account_id": format!("account-{}", step % 5), "model": "small"}),
            })
            .collect();
        // Just beyond the lead first, just within it after that.
        for (name, time, after) in
            [("one", 0, 0), ("two", lead + late / 2, 42), ("three", lead - late / 2, 43)]
        {
            let body = json!({"type": "request", "event_id": name, "model": "small",
                "account_id": format!("quiet-{quiet}")});
            log.insert(after, Record { time: START + time, body });
        }
        let desk = Desk::new();
        let whole = Inputs::Files(vec![desk.file("events.jsonl", &log)]);
        let whole = desk.run(&whole, config, Faults::default());
        assert_eq!(whole.summary.clamped, 0, "the log is regular");
        let keyed = Inputs::Keyed(desk.partitions(&log, 8));
        let split = desk.run(&keyed, config, Faults::default());
        assert_eq!(whole.difference(&split), None, "clamped {}", split.summary.clamped);
    }
}

#[test]
fn restarts_do_happen() {
    let desk = Desk::new();
    let log = scene(Size { seed: 5, events: 260, pace: 2_000 });
    let inputs = Inputs::Files(vec![desk.file("events.jsonl", &log)]);
    let mut restarts = 0;
    for seed in 0..6 {
        let faults = Faults {
            partitions: 4,
            instances: 3,
            restart_seed: Some(seed),
            interleave_seed: Some(seed),
            ..Faults::default()
        };
        restarts += desk.run(&inputs, quick(), faults).summary.restarts;
    }
    assert!(restarts >= 12, "only {restarts} restarts in six runs");
}
