//! The accounts of a partition: which are in memory, how the others come back, and which go first.
//!
//! An account that is not in memory is in the checkpoint, or the changelog told of it when the partition
//! was taken over and no checkpoint holds that yet. One leaves memory only when the checkpoint on the
//! disk holds its newest rows; of those the ones that were touched least lately go first.

use std::collections::{BTreeMap, VecDeque};
use std::ops::AddAssign;

use pipeline::account::Resident;
use pipeline::message::{Changes, Place};
use step::{Change, Corrupt, TableId};
use store::Store;

use crate::error::Error;
use crate::faults;

/// Puts a row back into a shard.
pub type Restore<'a> = dyn FnMut(Place, TableId, &[u8], Option<&[u8]>) -> Result<(), Corrupt> + 'a;

/// The accounts of a partition.
#[derive(Debug, Default)]
pub struct Residents {
    /// What the changelog's tail told, until a checkpoint holds it.
    told: BTreeMap<Resident, Told>,
    /// What was told up to here is in the checkpoint, and forgotten.
    settled: i64,
    /// Whether it is noted who is in memory: only then can anybody leave it.
    leave: bool,
    /// Of each account in memory, up to where the changelog must be in the checkpoint for its rows to be.
    newest: Map,
    /// Each of them once, with its `newest` when it was put here; nearly in that order.
    queue: VecDeque<(Resident, i64)>,
    moved: Moved,
}

/// How often accounts went and came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Left memory.
    pub forgotten: u64,
    /// Came back.
    pub fetched: u64,
}

impl AddAssign for Moved {
    fn add_assign(&mut self, more: Moved) {
        self.forgotten += more.forgotten;
        self.fetched += more.fetched;
    }
}

#[expect(clippy::disallowed_types, reason = "it is asked and never walked: its order is not seen")]
type Map = std::collections::HashMap<Resident, i64>;

/// What the changelog's tail told of an account.
#[derive(Debug, Default)]
struct Told {
    rows: Vec<(Place, Change)>,
    /// The offset behind the last of them.
    next: i64,
}

impl Residents {
    /// Nobody is in memory yet; `leave`: whether anybody may leave it again.
    pub fn new(leave: bool) -> Residents {
        Residents { leave, settled: -1, ..Residents::default() }
    }

    /// How many accounts are in memory, if that is noted.
    pub fn present(&self) -> usize {
        self.queue.len()
    }

    /// Hears a row of the changelog's tail, with the offset behind it. Returns whether it is an account's,
    /// which comes with the account.
    pub fn tell(&mut self, row: &(Place, Change), next: i64) -> bool {
        let (place, (table, key, _)) = row;
        let Some(one) = Resident::of_row(*place, *table, key) else { return false };
        let told = self.told.entry(one).or_default();
        told.rows.retain(|(known, (other, ..))| (known, other) != (place, table));
        told.rows.push(row.clone());
        told.next = next;
        true
    }

    /// The checkpoint holds the changelog up to here.
    pub fn settle(&mut self, written: i64) {
        if written > self.settled {
            self.settled = written;
            self.told.retain(|_, told| told.next > written);
        }
    }

    /// Brings an account in that is not in memory. One that nobody has seen has no rows. `written`: up to
    /// where the changelog is in the checkpoint.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or can't be read.
    pub fn bring(
        &mut self,
        one: Resident,
        store: &Store,
        written: i64,
        restore: &mut Restore<'_>,
    ) -> Result<(), Error> {
        self.settle(written);
        let (key, told) = (one.key(), self.told.get(&one));
        let mut found = false;
        if store.maybe_has(one.slot, &key) {
            if faults::damaged() {
                return Err(Error::Store(store.condemn("as planned")));
            }
            for row in store.fetch(one.slot, &key).map_err(Error::Store)? {
                if Resident::of_row(row.place, row.table, &row.key) == Some(one) {
                    restore(row.place, row.table, &row.key, Some(&row.value))
                        .map_err(|error| Error::Store(store.condemn(&error.to_string())))?;
                    found = true;
                }
            }
        }
        for (place, (table, key, value)) in told.iter().flat_map(|told| &told.rows) {
            restore(*place, *table, key, value.as_deref()).map_err(|error| {
                Error::Unfit(format!(
                    "the changelog holds an account that this version can't read ({error}); state of \
                     another version can be rebuilt from the input"
                ))
            })?;
            found = true;
        }
        if found {
            self.moved.fetched += 1;
            self.note(one, told.map_or(written, |told| told.next));
        }
        Ok(())
    }

    /// Hears what a transaction changed; behind it the changelog goes on at `next`.
    pub fn touch(&mut self, changes: &Changes, next: i64) {
        for (place, (table, key, _)) in changes {
            if let Some(one) = Resident::of_row(*place, *table, key) {
                self.note(one, next);
            }
        }
    }

    fn note(&mut self, one: Resident, next: i64) {
        if self.leave && self.newest.insert(one, next).is_none() {
            self.queue.push_back((one, next));
        }
    }

    /// Lets so many accounts go, if the checkpoint holds so many up to `written`. `forget` lets a shard
    /// forget one, unless it was touched just now. Returns how many went.
    pub fn forget(
        &mut self,
        count: usize,
        written: i64,
        forget: &mut dyn FnMut(Resident) -> bool,
    ) -> usize {
        let (mut gone, mut looks) = (0, self.queue.len());
        while gone < count && looks > 0 {
            looks -= 1;
            let Some((one, queued)) = self.queue.pop_front() else { break };
            let newest = self.newest.get(&one).copied().unwrap_or(queued);
            if newest > queued {
                self.queue.push_back((one, newest));
            } else if newest > written {
                // Those behind it are newer, or will be looked at the next time.
                self.queue.push_front((one, queued));
                break;
            } else if forget(one) {
                self.newest.remove(&one);
                gone += 1;
            } else {
                self.queue.push_back((one, queued));
            }
        }
        self.moved.forgotten += gone as u64;
        gone
    }

    /// How often accounts went and came since this was asked last.
    pub fn moved(&mut self) -> Moved {
        std::mem::take(&mut self.moved)
    }

    /// Everybody of whom the changelog's tail told.
    pub fn told(&self) -> impl Iterator<Item = Resident> {
        self.told.keys().copied()
    }
}

#[cfg(test)]
mod tests;
