//! A rate limit: the most requests that an account made in any hour.

use event::time::HOUR;

use super::seen::Seen;
use super::{Baseline, Standpoint};

/// Counts by the hour.
pub struct Rate {
    /// The hour, its count, and the most so far.
    accounts: Vec<(i64, u32, u32)>,
}

impl Rate {
    /// For so many accounts.
    #[must_use]
    pub fn new(accounts: usize) -> Rate {
        Rate { accounts: vec![(i64::MIN, 0, 0); accounts] }
    }
}

impl Baseline for Rate {
    fn name(&self) -> &'static str {
        "rate limit"
    }

    fn about(&self) -> &'static str {
        "the most requests of the account in an hour"
    }

    fn take(&mut self, account: u32, seen: &Seen) {
        if !seen.is_request() {
            return;
        }
        let hour = seen.event_time.0.0.div_euclid(HOUR);
        let (at, count, most) = &mut self.accounts[account as usize];
        if *at != hour {
            (*at, *count) = (hour, 0);
        }
        *count += 1;
        *most = (*most).max(*count);
    }

    fn scores(self: Box<Self>, _: &[Standpoint]) -> Option<Vec<f64>> {
        Some(self.accounts.into_iter().map(|(_, _, most)| f64::from(most)).collect())
    }
}
