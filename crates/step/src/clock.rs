//! Effective time: when a record counts, whatever its clock claimed.
//!
//! Each source partition has a [`Clock`]. Its watermark is the largest time it accepted so far less
//! the lateness; a record before the watermark counts at the watermark and is marked clamped. A
//! record more than the allowed lead ahead of the largest accepted time is held, since one bad
//! clock must not close every window: [`TimeConfig::confirmations`] such records in a row, or the
//! end of the input, confirm them at their own times; an ordinary record in between releases them
//! clamped, except those that it bears out.

use std::collections::{BTreeSet, VecDeque};

use event::EventTime;
use serde::{Deserialize, Serialize};

use crate::Stamped;

/// The few numbers of time. All in milliseconds but the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeConfig {
    /// How far behind the newest record of its partition a record may come and keep its own time.
    /// Too small: people with slow clocks lose their place in synchrony. Too large: all waits longer.
    pub lateness: i64,
    /// Width of a bucket. Smaller: earlier decisions, more work.
    pub bucket: i64,
    /// Time from a bucket's close to the effect of what was learnt in it; at least lateness + bucket.
    pub table_delay: i64,
    /// Time between exact rebuilds of the clusters; a multiple of the bucket.
    pub epoch: i64,
    /// How far ahead of its partition a record may be before it is held.
    pub lead: i64,
    /// Records in a row, of different times, that confirm a jump ahead.
    pub confirmations: usize,
}

impl Default for TimeConfig {
    fn default() -> Self {
        use event::time::{HOUR, MINUTE, SECOND};
        TimeConfig {
            lateness: 10 * SECOND,
            bucket: MINUTE,
            table_delay: 2 * MINUTE,
            epoch: 15 * MINUTE,
            lead: HOUR,
            confirmations: 32,
        }
    }
}

/// What a clock says of a record it has not taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// It counts at this time.
    At {
        /// Its effective time.
        at: EventTime,
        /// Whether that is later than it claimed.
        clamped: bool,
    },
    /// It is too far ahead to be believed alone.
    Ahead,
}

/// The time of one source partition, with the records it holds back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Clock<T> {
    newest: Option<EventTime>,
    held: Vec<(EventTime, T)>,
    /// Held records whose fate is known, in order; they come before anything newer.
    ready: VecDeque<(EventTime, Fate, T)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Fate {
    /// It counts at its own time, as if it had just arrived.
    Confirmed,
    /// It counts at the partition's newest time.
    Released,
}

impl<T> Default for Clock<T> {
    fn default() -> Self {
        Clock { newest: None, held: Vec::new(), ready: VecDeque::new() }
    }
}

impl<T> Clock<T> {
    /// No record still to come counts before this. `MIN` before the first record.
    #[must_use]
    pub fn watermark(&self, config: &TimeConfig) -> EventTime {
        self.newest.map_or(EventTime::MIN, |newest| newest.plus(-config.lateness))
    }

    /// The watermark as it would be with a record of `time` accepted: what may be announced before
    /// the record itself is folded.
    #[must_use]
    pub fn watermark_with(&self, time: EventTime, config: &TimeConfig) -> EventTime {
        self.newest.map_or(time, |newest| newest.max(time)).plus(-config.lateness)
    }

    /// The newest time it accepted.
    #[must_use]
    pub fn newest(&self) -> Option<EventTime> {
        self.newest
    }

    /// Whether records wait for nothing but their turn.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// How many records are held back because they are too far ahead.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// What a record of `time` would count as, if it were taken now.
    #[must_use]
    pub fn stamp(&self, time: EventTime, config: &TimeConfig) -> Stamp {
        match self.newest {
            Some(newest) if time.since(newest) > config.lead => Stamp::Ahead,
            _ => {
                let at = time.max(self.watermark(config));
                Stamp::At { at, clamped: at > time }
            }
        }
    }

    /// Takes a record that [`Clock::stamp`] placed: its time is accepted. Returns whether it settles
    /// what is held, as only a record does that brings time forward: one that is late, or delivered
    /// again, says nothing of now.
    pub fn accept(&mut self, time: EventTime) -> bool {
        let forward = self.newest.is_none_or(|newest| time > newest);
        if forward {
            self.newest = Some(time);
        }
        forward && !self.held.is_empty()
    }

    /// Takes a record that is too far ahead. Enough of them in a row become ready at their own times:
    /// of different times, since one that is delivered again or a clock that stands still confirms
    /// nothing, up to a bound on what is held.
    pub fn hold(&mut self, time: EventTime, record: T, config: &TimeConfig) {
        self.held.push((time, record));
        let times: BTreeSet<EventTime> = self.held.iter().map(|(time, _)| *time).collect();
        if times.len() >= config.confirmations || self.held.len() >= config.confirmations * 4 {
            self.confirm();
        }
    }

    /// The held records were right, or nothing else will come: they become ready at their own times.
    pub fn confirm(&mut self) {
        self.ready
            .extend(self.held.drain(..).map(|(time, record)| (time, Fate::Confirmed, record)));
    }

    /// An ordinary record came and was accepted. What is held no more than the lateness ahead of it
    /// was right, and only silence had made it look wrong: it becomes ready at its own time. The
    /// rest was wrong and becomes ready clamped to the newest time, which is never before a bucket
    /// that was announced.
    pub fn release(&mut self, config: &TimeConfig) {
        let newest = self.newest.unwrap_or(EventTime::MIN);
        let right = |time: EventTime| time.since(newest) <= config.lateness;
        for (confirmed, fate) in [(false, Fate::Released), (true, Fate::Confirmed)] {
            let these = self.held.extract_if(.., |(time, _)| right(*time) == confirmed);
            self.ready.extend(these.map(|(time, record)| (time, fate, record)));
        }
    }

    /// The ordinary record that released others: they came first, so it becomes ready after them.
    pub fn follow(&mut self, time: EventTime, record: T) {
        self.ready.push_back((time, Fate::Confirmed, record));
    }

    /// The next ready record's effective time, clamping, and the watermark once it is taken.
    #[must_use]
    pub fn peek_ready(&self, config: &TimeConfig) -> Option<(EventTime, bool, EventTime)> {
        let (time, fate, _) = self.ready.front()?;
        let newest = self.newest.unwrap_or(*time);
        Some(match fate {
            Fate::Released => (newest, true, newest.plus(-config.lateness)),
            Fate::Confirmed => {
                let at = (*time).max(self.watermark(config));
                (at, at > *time, self.watermark_with(*time, config))
            }
        })
    }

    /// The next ready record.
    #[must_use]
    pub fn next_ready(&self) -> Option<&T> {
        self.ready.front().map(|(.., record)| record)
    }

    /// Takes the next ready record.
    pub fn take_ready(&mut self, config: &TimeConfig) -> Option<Stamped<T>> {
        let (at, clamped, _) = self.peek_ready(config)?;
        let (time, fate, record) = self.ready.pop_front()?;
        if fate == Fate::Confirmed {
            let _ = self.accept(time);
        }
        Some(Stamped { at, clamped, record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::time::{HOUR, SECOND};

    /// Feeds times as the loop body does; returns (effective time, clamped) in folding order.
    fn fold(times: &[i64]) -> Vec<(i64, bool)> {
        let config = TimeConfig { confirmations: 3, ..TimeConfig::default() };
        let mut clock = Clock::default();
        let mut folded = Vec::new();
        let drain = |clock: &mut Clock<()>, folded: &mut Vec<(i64, bool)>| {
            while let Some(stamped) = clock.take_ready(&config) {
                folded.push((stamped.at.0, stamped.clamped));
            }
        };
        for time in times.iter().copied().map(EventTime) {
            match clock.stamp(time, &config) {
                Stamp::Ahead => clock.hold(time, (), &config),
                Stamp::At { at, clamped } => {
                    if clock.accept(time) {
                        clock.release(&config);
                        clock.follow(time, ());
                    } else {
                        folded.push((at.0, clamped));
                    }
                }
            }
            drain(&mut clock, &mut folded);
        }
        clock.confirm();
        drain(&mut clock, &mut folded);
        folded
    }

    #[test]
    fn late_records_count_at_the_watermark() {
        let start = 50 * HOUR;
        assert_eq!(
            fold(&[start, start + 20 * SECOND, start + 11 * SECOND, start + 2 * SECOND]),
            [
                (start, false),
                (start + 20 * SECOND, false),
                (start + 11 * SECOND, false),
                (start + 10 * SECOND, true)
            ]
        );
    }

    #[test]
    fn one_bad_clock_closes_nothing() {
        let start = 50 * HOUR;
        assert_eq!(
            fold(&[start, start + 30 * HOUR, start + SECOND]),
            [(start, false), (start + SECOND, true), (start + SECOND, false)]
        );
    }

    #[test]
    fn silence_for_about_the_lead_is_no_bad_clock() {
        let start = 50 * HOUR;
        let (beyond, within) = (start + HOUR + SECOND, start + HOUR - SECOND);
        assert_eq!(
            fold(&[start, beyond, start + 90 * HOUR, within]),
            [(start, false), (within, true), (beyond, false), (within, false)]
        );
    }

    #[test]
    fn what_is_delivered_again_neither_releases_nor_confirms() {
        let start = 50 * HOUR;
        let [one, two, three] = [1, 2, 3].map(|later| start + 30 * HOUR + later);
        let own = |times: &[i64]| times.iter().map(|time| (*time, false)).collect::<Vec<_>>();
        assert_eq!(
            fold(&[start, one, start, one, two, start, one, three]),
            own(&[start, start, start, one, one, two, one, three])
        );
    }

    #[test]
    fn a_clock_that_stands_still_is_believed_only_when_too_much_is_held() {
        let start = 50 * HOUR;
        let stuck = start + 30 * HOUR;
        let mut times = vec![start];
        times.extend([stuck; 11]);
        times.push(start + 1);
        assert_eq!(fold(&times)[1], (start + 1, true));
        times.insert(1, stuck);
        assert_eq!(fold(&times)[1], (stuck, false));
    }

    #[test]
    fn a_jump_of_everybody_is_believed() {
        let start = 50 * HOUR;
        let later = start + 30 * HOUR;
        assert_eq!(
            fold(&[start, later, later + 1, later + 2, later + 3]),
            [
                (start, false),
                (later, false),
                (later + 1, false),
                (later + 2, false),
                (later + 3, false)
            ]
        );
    }

    #[test]
    fn the_end_confirms_what_is_held() {
        let start = 50 * HOUR;
        assert_eq!(fold(&[start, start + 2 * HOUR]), [(start, false), (start + 2 * HOUR, false)]);
    }
}
