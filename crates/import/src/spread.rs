//! Gives accounts and times to sources that have neither.

use event::EventTime;
use event::time::DAY;

use crate::Options;
use crate::batch::Batch;
use crate::random::Draws;

/// Deals items out to accounts in turn. Each account makes one request per interval, at a place in
/// it drawn anew each time: neither clockwork nor bunched, and at exactly the rate that was asked
/// for.
pub struct Spread {
    start: EventTime,
    accounts: u64,
    interval: f64,
    dealt: u64,
    draws: Draws,
}

impl Spread {
    /// As the options say.
    pub fn new(options: &Options) -> Spread {
        Spread {
            start: options.start,
            accounts: u64::from(options.accounts),
            interval: DAY as f64 / options.rate,
            dealt: 0,
            draws: Draws::new(1),
        }
    }

    /// The account and time of the next item.
    pub fn next(&mut self, batch: &Batch) -> (String, EventTime) {
        let (round, account) = (self.dealt / self.accounts, self.dealt % self.accounts);
        self.dealt += 1;
        let place = (round as f64 + self.draws.uniform()) * self.interval;
        let name = batch.name(format_args!("account-{:06}", account + 1));
        (name, self.start.plus(place as i64))
    }
}
