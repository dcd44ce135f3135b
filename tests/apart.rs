//! A task is what its stages are: run apart, over records that were written and read back, they say
//! what the fused task says. And the replay says what the small driver says.

use std::fmt::Debug;

use pipeline::message::TableMessage;
use proptest::prelude::*;
use replay::{Faults, Inputs};
use tests::apart::apart;
use tests::arrival::regular;
use tests::driver::{Plan, drive, taken};
use tests::runs::{Desk, quick};
use tests::scene::{Record, Size, scene};
use tests::trials;

const SAID: [&str; 4] = ["fingerprints", "clusters", "alerts", "decisions"];

fn sizes() -> impl Strategy<Value = Size> {
    // Up to an hour and a half: past the hour the object task keeps house.
    (any::<u64>(), 140_usize..300, 500_i64..20_000).prop_map(|(seed, events, pace)| Size {
        seed,
        events,
        pace,
    })
}

fn log_of(size: Size) -> Vec<Record> {
    regular(scene(size), size.seed, &quick().time)
}

fn same<T: Debug + PartialEq>(what: &str, one: &[T], other: &[T]) -> Result<(), TestCaseError> {
    let at = one.iter().zip(other).take_while(|(one, two)| one == two).count();
    prop_assert!(
        one.get(at) == other.get(at),
        "{what} {at}:\n  {:?}\n  {:?}",
        one.get(at),
        other.get(at)
    );
    Ok(())
}

proptest! {
    #![proptest_config(trials(16))]

    #[test]
    fn stages_run_apart_say_what_the_fused_tasks_say(size in sizes(), seed in any::<u64>()) {
        let input = taken(&log_of(size));
        let plan = Plan { partitions: 2, seed: Some(seed), ..Plan::PLAIN };
        let fused = drive(&input, quick(), plan);
        let apart = apart(&input, quick(), &fused.tables);
        for topic in SAID {
            let fused = fused.lines.get(topic).cloned().unwrap_or_default();
            same(topic, &fused, &apart.lines(topic))?;
        }
        let rows: Vec<_> = fused.tables.iter().filter_map(|message| match message {
            TableMessage::Row(row) => Some(row.clone()),
            TableMessage::Complete(_) => None,
        }).collect();
        same("tables", &rows, &apart.rows)?;
    }

    #[test]
    fn the_replay_says_what_the_small_driver_says(size in sizes(), seed in any::<u64>()) {
        let (desk, log) = (Desk::new(), log_of(size));
        let inputs = Inputs::Files(vec![desk.file("events.jsonl", &log)]);
        let replayed = desk.run(&inputs, quick(), Faults::default());
        let plan = Plan { partitions: 4, seed: Some(seed), restarts: Some(30), planted: None };
        let driven = drive(&taken(&log), quick(), plan);
        for topic in SAID {
            let driven = driven.lines.get(topic).cloned().unwrap_or_default();
            same(topic, &replayed.lines(topic), &driven)?;
        }
    }
}
