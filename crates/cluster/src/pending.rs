//! What came in for buckets that are not complete yet.

use event::control::Control;
use event::id::AccountKey;
use event::link::Link;
use event::standing::Standing;
use step::{Bucket, Change, Corrupt, Keyed, Persist, TableId};

/// What the campaign task reads, with the bucket it belongs to.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum In {
    /// From the object task.
    Links(Vec<Link>),
    /// From the account task.
    Standing(Box<Standing>),
    /// From people.
    Control(Box<Control>),
}

/// The open buckets: sets and newest-of, so that arrival leaves no trace.
#[derive(Clone, Debug, Default)]
pub struct Pending {
    links: Keyed<(Bucket, u64), Vec<Link>>,
    standings: Keyed<(Bucket, AccountKey), Standing>,
    control: Keyed<(Bucket, u64), Control>,
    next: u64,
}

/// One bucket, read out.
#[derive(Debug, Default)]
pub struct Complete {
    /// Links by content.
    pub links: Vec<Link>,
    /// The newest standing of each account, by account.
    pub standings: Vec<Standing>,
    /// Control records by time and id.
    pub control: Vec<Control>,
}

impl Pending {
    /// Adds a record of `bucket`.
    pub fn add(&mut self, bucket: Bucket, record: In) {
        self.next += 1;
        match record {
            In::Links(links) => self.links.insert((bucket, self.next), links),
            In::Control(control) => self.control.insert((bucket, self.next), *control),
            In::Standing(standing) => {
                let key = (bucket, standing.account);
                let newest = self.standings.get(key).map_or(0, |known| known.sequence);
                if standing.sequence >= newest {
                    self.standings.insert(key, *standing);
                }
            }
        }
    }

    /// Takes out everything up to and including `bucket`.
    pub fn read_out(&mut self, bucket: Bucket) -> Complete {
        let mut complete = Complete::default();
        for key in due(&self.links.keys(), bucket) {
            complete.links.extend(self.links.remove(key).unwrap_or_default());
        }
        complete.links.sort_unstable();
        complete.links.dedup();
        for key in due(&self.standings.keys(), bucket) {
            complete.standings.extend(self.standings.remove(key));
        }
        for key in due(&self.control.keys(), bucket) {
            complete.control.extend(self.control.remove(key));
        }
        complete.control.sort_by_key(|control| (control.time, control.id));
        complete.control.dedup_by_key(|control| control.id);
        complete
    }

    /// Buckets before `end` with anything in them, in order.
    #[must_use]
    pub fn open_before(&self, end: Bucket) -> Vec<Bucket> {
        let mut buckets: Vec<Bucket> = self.links.keys().into_iter().map(|key| key.0).collect();
        buckets.extend(self.standings.keys().into_iter().map(|key| key.0));
        buckets.extend(self.control.keys().into_iter().map(|key| key.0));
        buckets.retain(|bucket| *bucket < end);
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }

    /// Stops noting which rows change: for runs that keep no changelog.
    pub fn untracked(&mut self) {
        self.links.untracked();
        self.standings.untracked();
        self.control.untracked();
    }
}

fn due<K: Copy>(keys: &[(Bucket, K)], bucket: Bucket) -> Vec<(Bucket, K)> {
    keys.iter().filter(|key| key.0 <= bucket).copied().collect()
}

impl Persist for Pending {
    fn take_changes(&mut self, out: &mut Vec<Change>) {
        self.links.take_changes(0, out);
        self.standings.take_changes(1, out);
        self.control.take_changes(2, out);
    }

    fn restore(&mut self, table: TableId, key: &[u8], value: Option<&[u8]>) -> Result<(), Corrupt> {
        match table {
            0 => self.links.restore(key, value)?,
            1 => self.standings.restore(key, value)?,
            _ => self.control.restore(key, value)?,
        }
        let numbers = self.links.keys().into_iter().chain(self.control.keys());
        self.next = numbers.map(|key| key.1).max().unwrap_or(0).max(self.next);
        Ok(())
    }

    fn all_rows(&self, out: &mut Vec<(TableId, Vec<u8>, Vec<u8>)>) {
        self.links.all_rows(0, out);
        self.standings.all_rows(1, out);
        self.control.all_rows(2, out);
    }
}
