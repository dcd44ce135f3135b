//! Events of several sources in one order: held until every source has closed their second, then by
//! content.

use std::collections::{BTreeMap, VecDeque};

use event::EventTime;
use event::enriched::Enriched;
use serde::{Deserialize, Serialize};
use step::{Stamped, encode};

/// Events of several sources, until every source has closed their second.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Merge {
    pub closed: Vec<(EventTime, Option<EventTime>)>,
    pub waiting: BTreeMap<EventTime, Vec<Stamped<Box<Enriched>>>>,
    pub ready: VecDeque<Stamped<Box<Enriched>>>,
}

impl Merge {
    pub fn least_closed(&self) -> EventTime {
        let open = self.closed.iter().filter(|source| source.1.is_none());
        open.map(|source| source.0).min().unwrap_or(EventTime::MAX)
    }

    /// Seconds that every source has closed are read out in the order of content.
    pub fn open_seconds(&mut self) {
        let least = self.least_closed();
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().plus(event::time::SECOND) > least {
                break;
            }
            let mut events = entry.remove();
            events.sort_by_cached_key(|one| (one.at, one.record.id, encode(&one.record)));
            self.ready.extend(events);
        }
    }
}
