//! Faults that were planted, and that the laws catch: else the laws would prove little.

use tests::arrival::regular;
use tests::driver::{Plan, Planted, drive, taken};
use tests::runs::quick;
use tests::scene::{Size, scene};

/// Seeds within which a fault must show.
const TRIES: u64 = 12;

/// What the laws compare: the same log in one piece and in order, and split, in turns and batches
/// by chance, with restarts.
fn first_difference(seed: u64, planted: Option<Planted>) -> Option<String> {
    let log = regular(scene(Size { seed, events: 240, pace: 1_500 }), seed, &quick().time);
    let input = taken(&log);
    let plain = drive(&input, quick(), Plan { planted, ..Plan::PLAIN });
    let plan = Plan { partitions: 4, seed: Some(seed), restarts: Some(25), planted };
    let other = drive(&input, quick(), plan);
    assert!(other.restarts > 0, "seed {seed}: nothing was restarted");
    plain.difference(&other)
}

fn caught(planted: Planted) {
    let found = (0..TRIES).find_map(|seed| first_difference(seed, Some(planted)));
    assert!(found.is_some(), "{TRIES} tries did not tell {planted:?} from what is right");
}

#[test]
fn without_a_fault_nothing_differs() {
    for seed in 0..TRIES {
        let difference = first_difference(seed, None);
        assert_eq!(difference, None, "seed {seed}");
    }
}

#[test]
fn an_unordered_map_is_caught() {
    caught(Planted::UnorderedMap);
}

#[test]
fn a_dependence_on_batches_is_caught() {
    caught(Planted::BatchSize);
}

#[test]
fn a_row_that_holds_from_its_arrival_is_caught() {
    caught(Planted::RowOnArrival);
}

#[test]
fn a_tie_broken_by_partition_is_caught() {
    caught(Planted::TieByPartition);
}

#[test]
fn state_lost_at_a_restart_is_caught() {
    caught(Planted::StateLost);
}

#[test]
fn reads_lost_at_a_restart_are_caught() {
    caught(Planted::ReadsLost);
}
