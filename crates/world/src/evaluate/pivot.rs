//! Whether a campaign's move to a new model was noticed, and how soon.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use event::EventTime;
use serde::Deserialize;

use super::membership::Membership;
use super::time::When;
use super::{Error, source};

/// What a campaign harvested from a model that was released within the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The first such exchange.
    pub first: EventTime,
    /// How many there were.
    pub exchanges: u64,
}

impl Moved {
    /// Adds one exchange.
    pub fn add(moved: &mut Option<Moved>, time: EventTime) {
        let one = moved.get_or_insert(Moved { first: time, exchanges: 0 });
        one.first = one.first.min(time);
        one.exchanges += 1;
    }
}

/// Alerts of kind `pivot`, by the id of the cluster.
#[derive(Debug, Default)]
pub struct Alerts(BTreeMap<Box<str>, Vec<EventTime>>);

/// A line of `alerts.jsonl`, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    event_time: When,
    kind: Option<Box<str>>,
    cluster_id: Option<Box<str>>,
}

impl Alerts {
    /// Reads the alerts a replay wrote.
    ///
    /// # Errors
    /// Where the file can't be read or a line is no alert.
    pub fn read(path: &Path) -> Result<Alerts, Error> {
        let mut alerts = Alerts::default();
        source::for_each_line(path, |_, line| {
            let record: Record = source::json(line)?;
            if let (Some("pivot"), Some(cluster)) = (record.kind.as_deref(), record.cluster_id) {
                alerts.0.entry(cluster).or_default().push(record.event_time.0);
            }
            Ok(())
        })?;
        Ok(alerts)
    }

    /// The first alert since `from` on a cluster that holds one of these accounts.
    pub fn first(
        &self,
        accounts: impl Iterator<Item = u32>,
        membership: &Membership,
        from: EventTime,
    ) -> Option<EventTime> {
        let clusters: BTreeSet<u32> =
            accounts.filter_map(|id| membership.cluster_of.get(&id).copied()).collect();
        let about = |cluster: &str| {
            membership.numbers.get(cluster).is_some_and(|number| clusters.contains(number))
        };
        let those = self.0.iter().filter(|(cluster, _)| about(cluster));
        those.flat_map(|(_, times)| times).copied().filter(|time| *time >= from).min()
    }
}
