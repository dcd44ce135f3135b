//! Room in memory: accounts that the disk holds leave it, the ones that were quiet the longest first. And
//! a word now and then about who is where.

use std::time::{Duration, Instant};

use super::Worker;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::faults;
use crate::memory::{Memory, resident_bytes};
use crate::owned::Owned;
use crate::residents::{Moved, Residents};
use crate::status::Accounts;
use crate::task::Task;
use crate::time::now;

/// Between two words about who is where.
const WORD: Duration = Duration::from_secs(60);

/// What a worker knows of its room.
pub struct Room {
    /// If it is bounded.
    memory: Option<Memory>,
    said_at: Instant,
    /// How often accounts went and came since it was said.
    moved: Moved,
}

impl Room {
    /// For a process that is to keep within so many bytes, if that is said.
    pub fn new(bytes: Option<u64>) -> Room {
        let bytes = bytes.or(faults::room().map(|_| u64::MAX));
        Room { memory: bytes.map(Memory::new), said_at: now(), moved: Moved::default() }
    }
}

/// Whether an error says that a checkpoint is of no use any more, while the disk is.
pub fn is_lost(error: &store::Error) -> bool {
    error.is_damage() || matches!(error, store::Error::Broken { .. })
}

impl Worker {
    /// Lets accounts go, if there are too many. What the disk does not hold yet stays until it does.
    pub(super) fn make_room(&mut self) -> Result<(), Error> {
        if self.task != Task::Account {
            return Ok(());
        }
        if let Some(error) = self.checkpoints().find_map(Checkpoint::lost) {
            return Err(Error::Store(error));
        }
        let present = self.residents().map(Residents::present).sum();
        if let Some(memory) = &mut self.room.memory {
            let excess = memory.excess(present);
            let is_over = memory.is_over();
            if excess > 0 {
                self.forget(excess, present, is_over);
            }
        }
        self.say();
        Ok(())
    }

    fn forget(&mut self, excess: usize, present: usize, is_over: bool) {
        let mut gone = self.forget_written(excess, present);
        let Some(keeper) = &self.keeper else { return };
        if gone < excess && !keeper.busy() {
            // What is left is newer than the checkpoint.
            let checkpoints = self.owned.values_mut().filter_map(|owned| owned.checkpoint.as_mut());
            checkpoints.for_each(|checkpoint| keeper.write(checkpoint));
        }
        if gone < excess && is_over {
            // Nothing more is read before the disk has caught up.
            keeper.finish();
            gone += self.forget_written(excess - gone, present);
        }
        if gone < excess {
            tracing::debug!(excess, gone, "accounts that should leave memory");
        }
    }

    /// Of each partition the share that it has.
    fn forget_written(&mut self, excess: usize, present: usize) -> usize {
        let of = |owned: &Owned| {
            let residents = owned.checkpoint.as_ref().and_then(|kept| kept.residents.as_ref());
            residents.map_or(0, Residents::present)
        };
        let share = |owned: &Owned| (excess * of(owned)).div_ceil(present.max(1));
        self.owned.values_mut().map(|owned| owned.forget(share(owned))).sum()
    }

    fn checkpoints(&self) -> impl Iterator<Item = &Checkpoint> {
        self.owned.values().filter_map(|owned| owned.checkpoint.as_ref())
    }

    fn residents(&self) -> impl Iterator<Item = &Residents> {
        self.checkpoints().filter_map(|kept| kept.residents.as_ref())
    }

    /// Says who is where: to whoever asks, and now and then in the log, if anybody moved.
    fn say(&mut self) {
        let in_memory = self.owned.values().map(|owned| owned.host.accounts()).sum();
        let rows_on_disk = self.checkpoints().map(Checkpoint::rows_about).sum();
        let mut moved = Moved::default();
        let checkpoints = self.owned.values_mut().filter_map(|owned| owned.checkpoint.as_mut());
        for residents in checkpoints.filter_map(|kept| kept.residents.as_mut()) {
            moved += residents.moved();
        }
        self.status.accounts(in_memory, rows_on_disk, moved);
        self.room.moved += moved;
        if self.room.said_at.elapsed() > WORD {
            self.say_in_log();
        }
    }

    /// Says in the log who is where, if anybody moved since the last word.
    pub(super) fn say_in_log(&mut self) {
        self.room.said_at = now();
        let Moved { forgotten, fetched } = std::mem::take(&mut self.room.moved);
        if forgotten + fetched > 0 {
            let Accounts { in_memory, rows_on_disk, .. } = self.status.where_accounts_are();
            let resident_mb = (resident_bytes().unwrap_or_default() / 1e6) as u64;
            tracing::info!(in_memory, rows_on_disk, forgotten, fetched, resident_mb, "accounts");
        }
    }
}
