//! The control log of one source: its records in effective time, complete to the source's watermark.
//!
//! A control record counts from the bucket of its effective time on. Every record of the source
//! drives this clock, also those that are about accounts: a source that says nothing to steer still
//! has time going on.

use event::EventTime;
use event::control::Control;
use step::{Bucket, Clock, Stamp, TimeConfig};

use crate::message::{Progress, ToCampaign};

/// The control log of one source.
#[derive(Clone, Debug)]
pub struct ControlLog {
    time: TimeConfig,
    clock: Clock<Option<Box<Control>>>,
    told: Bucket,
    latest: EventTime,
    out: Vec<ToCampaign>,
}

impl ControlLog {
    /// An empty log.
    #[must_use]
    pub fn new(time: TimeConfig) -> ControlLog {
        ControlLog {
            time,
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
                self.clock.accept(time);
                if self.clock.held() > 0 {
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
        if let Some(control) = control {
            self.out.push(ToCampaign::Control(Bucket::of(at, self.time.bucket), control));
        }
    }

    fn tell(&mut self) {
        let to = Bucket::of(self.clock.watermark(&self.time), self.time.bucket);
        if to > self.told {
            self.told = to;
            self.out.push(ToCampaign::Closed(Progress { to, ended: None }));
        }
    }
}
