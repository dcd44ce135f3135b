//! Delivers some records twice: the second time after a few others, as a producer's retry would.

use std::collections::VecDeque;

use pipeline::Taken;

use crate::random::Random;

/// Of how many records one comes again.
const ODDS: u64 = 8;
/// After at most so many others: well within what the dedup window remembers of one account.
const DISTANCE: u64 = 12;

/// A stream of records with some of them twice.
#[derive(Debug)]
pub struct Duplicates {
    random: Random,
    again: VecDeque<(u64, Taken)>,
}

impl Duplicates {
    /// By seed.
    pub fn new(seed: u64) -> Duplicates {
        Duplicates { random: Random::new(seed), again: VecDeque::new() }
    }

    /// The records to deliver in place of `taken`.
    pub fn deliver(&mut self, taken: Taken) -> Vec<Taken> {
        let mut out = Vec::new();
        for waiting in &mut self.again {
            waiting.0 = waiting.0.saturating_sub(1);
        }
        if self.random.once_in(ODDS) {
            let after = self.random.below(DISTANCE);
            self.again.push_back((after, taken.clone()));
        }
        out.push(taken);
        while self.again.front().is_some_and(|(after, _)| *after == 0) {
            out.extend(self.again.pop_front().map(|(_, taken)| taken));
        }
        out
    }

    /// What is left when the stream has ended.
    pub fn rest(&mut self) -> Vec<Taken> {
        self.again.drain(..).map(|(_, taken)| taken).collect()
    }
}
