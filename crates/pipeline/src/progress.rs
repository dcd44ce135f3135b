//! How far all upstream partitions together have come.

use event::EventTime;
use serde::{Deserialize, Serialize};
use step::{Bucket, TimeConfig};

use crate::message::Progress;

/// The progress of each upstream partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    of: Vec<Progress>,
}

impl Upstream {
    /// Nothing heard yet of `partitions`.
    #[must_use]
    pub fn new(partitions: usize) -> Upstream {
        Upstream { of: vec![Progress { to: Bucket(i64::MIN), ended: None }; partitions] }
    }

    /// Hears of one partition.
    pub fn hear(&mut self, partition: usize, progress: Progress) {
        if let Some(known) = self.of.get_mut(partition) {
            known.to = known.to.max(progress.to);
            known.ended = known.ended.or(progress.ended);
        }
    }

    /// The least progress. A partition that ended holds nobody; when all have, time goes on to the
    /// end of the epoch of the largest effective time there was, and no further.
    #[must_use]
    pub fn least(&self, time: &TimeConfig) -> Progress {
        let open = self.of.iter().filter(|progress| progress.ended.is_none());
        if let Some(to) = open.map(|progress| progress.to).min() {
            return Progress { to, ended: None };
        }
        let latest = self.of.iter().filter_map(|one| one.ended).max().unwrap_or(EventTime::MIN);
        Progress { to: end_of_time(latest, time), ended: Some(latest) }
    }
}

/// The first bucket after the epoch that holds `latest`.
fn end_of_time(latest: EventTime, time: &TimeConfig) -> Bucket {
    if latest == EventTime::MIN {
        return Bucket(i64::MIN);
    }
    Bucket::of(latest.floor(time.epoch).plus(time.epoch), time.bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::time::MINUTE;

    #[test]
    fn the_slowest_holds_and_the_ended_do_not() {
        let time = TimeConfig::default();
        let mut upstream = Upstream::new(2);
        let at = |to| Progress { to: Bucket(to), ended: None };
        upstream.hear(0, at(9));
        assert_eq!(upstream.least(&time).to, Bucket(i64::MIN));
        upstream.hear(1, at(4));
        assert_eq!(upstream.least(&time), at(4));
        upstream.hear(1, Progress { to: Bucket(5), ended: Some(EventTime(6 * MINUTE)) });
        assert_eq!(upstream.least(&time), at(9));
        upstream.hear(0, Progress { to: Bucket(9), ended: Some(EventTime(16 * MINUTE)) });
        let end = Progress { to: Bucket(30), ended: Some(EventTime(16 * MINUTE)) };
        assert_eq!(upstream.least(&time), end);
    }
}
