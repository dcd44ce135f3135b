//! One source partition of the route task: effective times are given here, and what is sent on is
//! in no particular order any more; the account task puts it in one.

use event::EventTime;
use event::time::SECOND;
use serde::{Deserialize, Serialize};
use step::{Bucket, Clock, Slot, Stamp, Stamped, partition_of};

use crate::control::Filed;
use crate::message::{Progress, ToAccount, ToCampaign};
use crate::{Config, Taken};

/// What a source hands out.
#[derive(Debug, Default)]
pub struct Handed {
    /// For each account partition.
    pub to_account: Vec<(u32, ToAccount)>,
    /// For the campaign task: what steers.
    pub to_campaign: Vec<ToCampaign>,
}

/// One source of `route`.
pub struct RouteShard {
    config: Config,
    accounts: u32,
    own: Own,
    handed: Handed,
}

/// What it remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Own {
    clock: Clock<Taken>,
    filed: Filed,
    /// Seconds before this were announced to the account task.
    closed: EventTime,
    /// Buckets before this were announced to the campaign task.
    told: Bucket,
    latest: EventTime,
}

impl RouteShard {
    /// A source that sends to this many account partitions.
    #[must_use]
    pub fn new(config: Config, accounts: u32) -> RouteShard {
        let own = Own {
            clock: Clock::default(),
            filed: Filed::default(),
            closed: EventTime::MIN,
            told: Bucket(i64::MIN),
            latest: EventTime::MIN,
        };
        RouteShard { config, accounts, own, handed: Handed::default() }
    }

    /// Takes a record.
    pub fn take(&mut self, record: Taken) {
        let (time, config) = (record.time(), self.config.time);
        let clock = &mut self.own.clock;
        if matches!(record, Taken::Clock(_)) {
            clock.confirm();
            clock.follow(time, record);
            self.drain();
            return self.close();
        }
        match clock.stamp(time, &config) {
            Stamp::Ahead => clock.hold(time, record, &config),
            Stamp::At { at, clamped } => {
                if clock.accept(time) {
                    clock.release(&config);
                    clock.follow(time, record);
                } else {
                    self.send(Stamped { at, clamped, record });
                }
            }
        }
        self.drain();
        self.close();
    }

    /// The newest time that was accepted: what a silent input is to go on from.
    #[must_use]
    pub fn newest(&self) -> Option<EventTime> {
        self.own.clock.newest()
    }

    /// Nothing more will come.
    pub fn end(&mut self) {
        self.own.clock.confirm();
        self.drain();
        let ended = Some(self.own.latest);
        for partition in 0..self.accounts {
            let closed = ToAccount::Closed { to: self.own.closed, ended };
            self.handed.to_account.push((partition, closed));
        }
        let progress = Progress { to: self.own.told, ended };
        self.handed.to_campaign.push(ToCampaign::Closed(progress));
    }

    /// What it has to send since it was last asked.
    pub fn hand_out(&mut self) -> Handed {
        std::mem::take(&mut self.handed)
    }

    /// What it remembers, to be written down at a commit.
    #[must_use]
    pub fn remembered(&self) -> Vec<u8> {
        step::encode(&self.own)
    }

    /// Goes on from what was written down.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn restore(&mut self, remembered: &[u8]) -> Result<(), step::Corrupt> {
        self.own = step::decode(remembered)?;
        Ok(())
    }

    fn drain(&mut self) {
        while let Some(stamped) = self.own.clock.take_ready(&self.config.time) {
            self.send(stamped);
        }
    }

    fn send(&mut self, stamped: Stamped<Taken>) {
        let Stamped { at, clamped, record } = stamped;
        self.own.latest = self.own.latest.max(at);
        match record {
            Taken::Account(record) => {
                let slot = Slot::of_key(record.name.id().as_bytes());
                let partition = partition_of(slot, self.accounts);
                let event = Box::new(Stamped { at, clamped, record: *record });
                self.handed.to_account.push((partition, ToAccount::Event(event)));
            }
            Taken::Control(control) => {
                let filed = self.own.filed.file(at, control, &self.config);
                self.handed.to_campaign.extend(filed);
            }
            Taken::Clock(_) => {}
        }
    }

    /// Announces the seconds and buckets that are over, once each.
    fn close(&mut self) {
        let watermark = self.own.clock.watermark(&self.config.time);
        let to = watermark.floor(SECOND);
        if to > self.own.closed {
            self.own.closed = to;
            for partition in 0..self.accounts {
                let closed = ToAccount::Closed { to, ended: None };
                self.handed.to_account.push((partition, closed));
            }
        }
        let to = Bucket::of(watermark, self.config.time.bucket);
        if to > self.own.told {
            self.own.told = to;
            self.handed.to_campaign.push(ToCampaign::Closed(Progress { to, ended: None }));
        }
    }
}
