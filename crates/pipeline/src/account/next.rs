//! Records that wait: which is folded next, and when.

use step::Stamped;

use super::{AccountShard, Resident, Source};
use crate::{Meter, Taken};

/// What is to be done next with records that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// None is ready.
    Nothing,
    /// The next one, once the tables have moved.
    Waits,
    /// The next one now; it is of this account, if it is of one.
    Fold(Option<Resident>),
}

impl AccountShard {
    /// Folds records that are ready, as far as the tables reach. Returns whether none is left.
    pub fn drain(&mut self, meter: &mut dyn Meter) -> bool {
        loop {
            match self.look_next() {
                Next::Nothing => return true,
                Next::Waits => return false,
                Next::Fold(_) => self.fold_next(meter),
            }
        }
    }

    /// What is to be done next with the records that wait. What the shard can announce before that, it
    /// has.
    pub fn look_next(&mut self) -> Next {
        let config = self.config.time;
        let (at, announce, resident) = match &self.source {
            Source::Direct(clock) => match clock.peek_ready(&config) {
                None => return Next::Nothing,
                Some((at, _, watermark)) => {
                    (at, watermark, clock.next_ready().and_then(Resident::of))
                }
            },
            Source::Routed(merge) => match merge.ready.front() {
                None => return Next::Nothing,
                Some(stamped) => {
                    let resident = Resident::of_event(&stamped.record);
                    (stamped.at, stamped.at.floor(event::time::SECOND), Some(resident))
                }
            },
        };
        self.announce(announce);
        if at < self.complete { Next::Fold(resident) } else { Next::Waits }
    }

    /// Folds the record that [`AccountShard::look_next`] told of.
    pub fn fold_next(&mut self, meter: &mut dyn Meter) {
        if let Some(stamped) = self.next_ready() {
            self.fold(stamped, meter);
        }
    }

    fn next_ready(&mut self) -> Option<Stamped<Taken>> {
        match &mut self.source {
            Source::Direct(clock) => clock.take_ready(&self.config.time),
            Source::Routed(merge) => merge.ready.pop_front().map(|one| {
                let Stamped { at, clamped, record } = one;
                Stamped { at, clamped, record: Taken::Account(record) }
            }),
        }
    }
}
