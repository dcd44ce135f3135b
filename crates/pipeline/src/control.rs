//! Filing what steers: a control record counts from the bucket of its effective time on.
//!
//! It travels with the other records of its partition and drives the same clock, so a partition that
//! says nothing to steer still has time going on.

use std::collections::BTreeMap;

use event::EventTime;
use event::control::Control;
use event::id::Digest;
use serde::{Deserialize, Serialize};
use step::Bucket;

use crate::Config;
use crate::message::ToCampaign;

/// What was lately filed, and when: a lift that is delivered again must not lift what was decided
/// since. Bound: the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    at: BTreeMap<Digest, EventTime>,
}

impl Filed {
    /// Files a control record, unless it was filed within the window.
    pub fn file(
        &mut self,
        at: EventTime,
        control: Box<Control>,
        config: &Config,
    ) -> Option<ToCampaign> {
        let window = config.fingerprint.dedup_window;
        if self.at.get(&control.id).is_some_and(|filed| at.since(*filed) <= window) {
            return None;
        }
        self.at.retain(|_, filed| at.since(*filed) <= window);
        self.at.insert(control.id, at);
        Some(ToCampaign::Control(Bucket::of(at, config.time.bucket), control))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::control::Word;
    use event::time::MINUTE;

    #[test]
    fn a_word_that_is_delivered_again_is_filed_once() {
        let (mut filed, config) = (Filed::default(), Config::default());
        let mut says = |id: u64, minute: i64| {
            let (id, at) = (Digest(id), EventTime(minute * MINUTE));
            let control = Control { id, time: at, tenant: Digest(0), word: Word::Indicator };
            filed.file(at, Box::new(control), &config).is_some()
        };
        assert_eq!([says(1, 0), says(1, 5), says(2, 5), says(1, 16)], [true, false, true, true]);
    }
}
