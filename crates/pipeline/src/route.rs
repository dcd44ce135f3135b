//! One source partition of the route task: effective times are given here, and what is sent on is
//! in no particular order any more; the account task puts it in one.

use event::EventTime;
use event::enriched::Enriched;
use event::time::SECOND;
use serde::{Deserialize, Serialize};
use step::{Clock, Slot, Stamp, Stamped, TimeConfig, partition_of};

use crate::message::ToAccount;

/// One source of `route`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouteShard {
    time: TimeConfig,
    accounts: u32,
    clock: Clock<Box<Enriched>>,
    closed: EventTime,
    latest: EventTime,
    #[serde(skip)]
    out: Vec<(u32, ToAccount)>,
}

impl RouteShard {
    /// A source that sends to this many account partitions.
    #[must_use]
    pub fn new(time: TimeConfig, accounts: u32) -> RouteShard {
        RouteShard {
            time,
            accounts,
            clock: Clock::default(),
            closed: EventTime::MIN,
            latest: EventTime::MIN,
            out: Vec::new(),
        }
    }

    /// Takes a record.
    pub fn take(&mut self, record: Box<Enriched>) {
        let time = record.time;
        match self.clock.stamp(time, &self.time) {
            Stamp::Ahead => self.clock.hold(time, record, &self.time),
            Stamp::At { at, clamped } => {
                if self.clock.accept(time) {
                    self.clock.release(&self.time);
                    self.clock.follow(time, record);
                } else {
                    self.send(Stamped { at, clamped, record });
                }
            }
        }
        self.drain();
        self.close();
    }

    /// A record of the source that is none of an account's came by: time goes on.
    pub fn tick(&mut self, time: EventTime) {
        if let Stamp::At { .. } = self.clock.stamp(time, &self.time) {
            if self.clock.accept(time) {
                self.clock.release(&self.time);
                self.drain();
            }
            self.close();
        }
    }

    /// Nothing more will come.
    pub fn end(&mut self) {
        self.clock.confirm();
        self.drain();
        let ended = Some(self.latest);
        for partition in 0..self.accounts {
            self.out.push((partition, ToAccount::Closed { to: self.closed, ended }));
        }
    }

    /// What it has to send since it was last asked.
    pub fn hand_out(&mut self) -> Vec<(u32, ToAccount)> {
        std::mem::take(&mut self.out)
    }

    fn drain(&mut self) {
        while let Some(stamped) = self.clock.take_ready(&self.time) {
            self.send(stamped);
        }
    }

    fn send(&mut self, stamped: Stamped<Box<Enriched>>) {
        let Stamped { at, clamped, record } = stamped;
        self.latest = self.latest.max(at);
        let slot = Slot::of_key(record.name.id().as_bytes());
        let partition = partition_of(slot, self.accounts);
        let event = Box::new(Stamped { at, clamped, record: *record });
        self.out.push((partition, ToAccount::Event(event)));
    }

    /// Announces the seconds that are over, once each.
    fn close(&mut self) {
        let to = self.clock.watermark(&self.time).floor(SECOND);
        if to > self.closed {
            self.closed = to;
            for partition in 0..self.accounts {
                self.out.push((partition, ToAccount::Closed { to, ended: None }));
            }
        }
    }
}
