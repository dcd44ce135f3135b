//! Silent inputs: nobody is to wait for a partition to which nothing is written.
//!
//! A broker that does not answer is no silence: a partition counts as silent when its leader was asked
//! twice and its end had not moved. When to put its time on is decided by the wall clock; what that
//! means is decided by the record that says so, which goes to `clocks` in the same transaction.

use std::time::Duration;

use event::EventTime;
use rdkafka::consumer::Consumer;

use super::Worker;
use crate::error::Error;
use crate::item::Item;
use crate::task::Task;
use crate::time::{now, unix_ms};

/// How long a leader may take to say where a partition ends.
const ANSWER: Duration = Duration::from_millis(500);

impl Worker {
    /// Puts the time of silent partitions on.
    pub(super) fn hear_silence(&mut self) -> Result<(), Error> {
        let reads_input = match self.task {
            Task::Route => true,
            Task::Account => !self.shared.counts.routed,
            Task::Object | Task::Campaign => false,
        };
        if !reads_input || self.shared.until_end {
            return Ok(());
        }
        let silence = Duration::from_secs(self.shared.settings.silence_s.max(1));
        for owned in self.owned.values_mut() {
            let gone = owned.heard.elapsed();
            if gone < silence || !owned.pending.is_empty() {
                continue;
            }
            let place = &owned.places[0];
            let asked = self.consumer.fetch_watermarks(&place.topic, place.partition, ANSWER);
            let Ok((_, end)) = asked else {
                tracing::warn!(
                    topic = place.topic,
                    partition = place.partition,
                    "cannot learn whether it is silent"
                );
                owned.quiet_at = None;
                owned.heard = now();
                continue;
            };
            if owned.quiet_at.replace(end) != Some(end) {
                continue;
            }
            let time = match owned.host.newest() {
                Some(newest) => newest.plus(gone.as_millis() as i64),
                None => EventTime(unix_ms()),
            };
            owned.pending.push_back((0, place.next - 1, Item::Silence(time)));
            owned.heard = now();
        }
        Ok(())
    }
}
