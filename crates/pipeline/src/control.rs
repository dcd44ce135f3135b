//! The control log of one source: its records in effective time, complete to the source's watermark.
//!
//! A control record counts from the bucket of its effective time on. Every record of the source
//! drives this clock, also those that are about accounts: a source that says nothing to steer still
//! has time going on.

use std::collections::BTreeMap;

use event::EventTime;
use event::control::Control;
use event::id::Digest;
use step::{Bucket, Clock, Stamp, TimeConfig};

use crate::Config;
use crate::message::{Progress, ToCampaign};

/// The control log of one source.
#[derive(Clone, Debug)]
pub struct ControlLog {
    time: TimeConfig,
    dedup_window: i64,
    /// What was lately filed, and when: a lift that is delivered again must not lift what was decided
    /// since. Bound: the window.
    filed: BTreeMap<Digest, EventTime>,
    clock: Clock<Option<Box<Control>>>,
    told: Bucket,
    latest: EventTime,
    out: Vec<ToCampaign>,
}

impl ControlLog {
    /// An empty log.
    #[must_use]
    pub fn new(config: &Config) -> ControlLog {
        ControlLog {
            time: config.time,
            dedup_window: config.fingerprint.dedup_window,
            filed: BTreeMap::new(),
            clock: Clock::default(),
            told: Bucket(i64::MIN),
            latest: EventTime::MIN,
            out: Vec::new(),
        }
    }

    /// A record of the source came by; `control` if it is one of ours.
    pub fn tick(&mut self, time: EventTime, control: Option<Box<Control>>) {
        match self.clock.stamp(time, &self.time) {
            Stamp::Ahead => self.clock.hold(time, control, &self.time),
            Stamp::At { at, .. } => {
                if self.clock.accept(time) {
                    self.clock.release(&self.time);
                    self.clock.follow(time, control);
                } else {
                    self.file(at, control);
                }
            }
        }
        self.drain();
        self.tell();
    }

    /// Nothing more will come.
    pub fn end(&mut self) {
        self.clock.confirm();
        self.drain();
        let to = self.told;
        self.out.push(ToCampaign::Closed(Progress { to, ended: Some(self.latest) }));
    }

    /// What it has to say since it was last asked.
    pub fn take(&mut self) -> Vec<ToCampaign> {
        std::mem::take(&mut self.out)
    }

    fn drain(&mut self) {
        while let Some(stamped) = self.clock.take_ready(&self.time) {
            self.file(stamped.at, stamped.record);
        }
    }

    fn file(&mut self, at: EventTime, control: Option<Box<Control>>) {
        self.latest = self.latest.max(at);
        if let Some(control) = control.filter(|control| self.is_new(control.id, at)) {
            self.out.push(ToCampaign::Control(Bucket::of(at, self.time.bucket), control));
        }
    }

    fn is_new(&mut self, id: Digest, at: EventTime) -> bool {
        let window = self.dedup_window;
        if self.filed.get(&id).is_some_and(|filed| at.since(*filed) <= window) {
            return false;
        }
        self.filed.retain(|_, filed| at.since(*filed) <= window);
        self.filed.insert(id, at);
        true
    }

    fn tell(&mut self) {
        let to = Bucket::of(self.clock.watermark(&self.time), self.time.bucket);
        if to > self.told {
            self.told = to;
            self.out.push(ToCampaign::Closed(Progress { to, ended: None }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::control::Word;
    use event::time::MINUTE;

    #[test]
    fn a_word_that_is_delivered_again_is_filed_once() {
        let mut log = ControlLog::new(&Config::default());
        let said = |id: u64, time: i64| {
            let (id, time) = (Digest(id), EventTime(time));
            Some(Box::new(Control { id, time, tenant: Digest(0), word: Word::Indicator }))
        };
        log.tick(EventTime(0), said(1, 0));
        log.tick(EventTime(5 * MINUTE), None);
        log.tick(EventTime(0), said(1, 0));
        log.tick(EventTime(5 * MINUTE), said(2, 5 * MINUTE));
        log.end();
        let filed = log.take().into_iter().filter_map(|message| match message {
            ToCampaign::Control(_, control) => Some(control.id.0),
            _ => None,
        });
        assert_eq!(filed.collect::<Vec<_>>(), [1, 2]);
    }
}
