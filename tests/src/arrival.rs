//! How a log comes in: shuffled a little as every log is, or late, silent, jumping.

use step::TimeConfig;

use crate::Random;
use crate::scene::Record;

/// Something irregular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// What is odd.
    pub kind: Kind,
    /// Where it begins, in thousandths of the log.
    pub place: usize,
    /// How many records it is about.
    pub run: usize,
    /// By how much clocks are wrong, in thousandths of the lead.
    pub time: i64,
}

/// What is odd about a part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One record comes after the others of the run.
    Late,
    /// Nothing happens for a while: everything from there on is later.
    Silence,
    /// The clocks of the run go ahead.
    Ahead,
    /// The clocks of the run go behind.
    Behind,
}

/// The log with everything in it that `quirks` say.
#[must_use]
pub fn irregular(mut log: Vec<Record>, quirks: &[Quirk], time: &TimeConfig) -> Vec<Record> {
    for quirk in quirks {
        let from = quirk.place * log.len() / 1_000;
        let to = (from + quirk.run).min(log.len());
        let by = quirk.time * time.lead / 1_000;
        match quirk.kind {
            Kind::Late => log[from..to].rotate_left(1),
            Kind::Silence => shift(&mut log[from..], by),
            Kind::Ahead => shift(&mut log[from..to], by),
            Kind::Behind => shift(&mut log[from..to], -by),
        }
    }
    log
}

fn shift(records: &mut [Record], by: i64) {
    for record in records {
        record.time += by;
    }
}

/// The log as it comes in on an ordinary day: no record later than the lateness allows.
#[must_use]
pub fn regular(log: Vec<Record>, seed: u64, time: &TimeConfig) -> Vec<Record> {
    let mut random = Random::new(seed);
    let mut arriving: Vec<(i64, Record)> = log
        .into_iter()
        .map(|record| (record.time + random.below(time.lateness as u64) as i64, record))
        .collect();
    arriving.sort_by_key(|(arrives, _)| *arrives);
    arriving.into_iter().map(|(_, record)| record).collect()
}
