//! What came in for buckets that are not complete yet.

use std::collections::BTreeMap;

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
    /// How many rows each bucket has, of those that have any.
    open: BTreeMap<Bucket, u64>,
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
        let before = self.rows();
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
        let added = self.rows() - before;
        if added > 0 {
            *self.open.entry(bucket).or_default() += added;
        }
    }

    fn rows(&self) -> u64 {
        (self.links.len() + self.standings.len() + self.control.len()) as u64
    }

    /// Takes out everything up to and including `bucket`.
    pub fn read_out(&mut self, bucket: Bucket) -> Complete {
        let mut complete = Complete::default();
        self.open = self.open.split_off(&Bucket(bucket.0 + 1));
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

    /// The first bucket with anything in it, if it is before `end`.
    #[must_use]
    pub fn first_before(&self, end: Bucket) -> Option<Bucket> {
        self.open.keys().next().copied().filter(|bucket| *bucket < end)
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
        let before = self.rows();
        let bucket = if table == 1 {
            self.standings.restore(key, value)?;
            step::decode::<(Bucket, AccountKey)>(key)?.0
        } else {
            let (bucket, number) = step::decode::<(Bucket, u64)>(key)?;
            self.next = self.next.max(number);
            match table {
                0 => self.links.restore(key, value)?,
                _ => self.control.restore(key, value)?,
            }
            bucket
        };
        let after = self.rows();
        let count = self.open.entry(bucket).or_default();
        *count = (*count + after).saturating_sub(before);
        if *count == 0 {
            self.open.remove(&bucket);
        }
        Ok(())
    }

    fn all_rows(&self, out: &mut step::Rows) {
        self.links.all_rows(0, out);
        self.standings.all_rows(1, out);
        self.control.all_rows(2, out);
    }
}
