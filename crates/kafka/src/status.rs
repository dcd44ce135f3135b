//! How a process is doing: written by its workers, read by whoever asks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::residents::Moved;
use crate::time::unix_ms;

/// How one worker is doing.
#[derive(Debug, Default)]
pub struct Status {
    stop: AtomicBool,
    turns: AtomicU64,
    /// Milliseconds since 1970 of its last sign of life.
    alive_at: AtomicU64,
    /// Partitions whose state is being restored.
    restoring: AtomicU64,
    partitions: AtomicU64,
    done: AtomicBool,
    failed: AtomicBool,
    again: AtomicBool,
    in_memory: AtomicU64,
    rows_on_disk: AtomicU64,
    forgotten: AtomicU64,
    fetched: AtomicU64,
}

/// Where the accounts of a worker are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// In memory.
    pub in_memory: u64,
    /// Rows in the checkpoints: of an account one or two, and about one more while it is active.
    pub rows_on_disk: u64,
    /// How often one left memory.
    pub forgotten: u64,
    /// How often one was fetched from the disk.
    pub fetched: u64,
}

impl Status {
    /// Asks the worker to stop at the end of its turn.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A turn is over.
    pub fn turned(&self, partitions: usize) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.lives();
        self.partitions.store(partitions as u64, Ordering::Relaxed);
    }

    /// A sign of life, also where a turn takes long.
    pub fn lives(&self) {
        self.alive_at.store(unix_ms() as u64, Ordering::Relaxed);
    }

    /// Milliseconds since its last sign of life.
    #[must_use]
    pub fn silent_for(&self) -> u64 {
        (unix_ms() as u64).saturating_sub(self.alive_at.load(Ordering::Relaxed))
    }

    /// A partition's state begins to be restored, or is.
    pub fn restores(&self, begins: bool) {
        self.lives();
        match begins {
            true => self.restoring.fetch_add(1, Ordering::Relaxed),
            false => self.restoring.fetch_sub(1, Ordering::Relaxed),
        };
    }

    /// Whether it owns what it owns in full: it has turned, and restores nothing.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.turns() > 0 && self.restoring.load(Ordering::Relaxed) == 0 && !self.stopping()
    }

    /// How many turns there were: a worker that is alive turns.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// How many partitions it owns.
    #[must_use]
    pub fn partitions(&self) -> u64 {
        self.partitions.load(Ordering::Relaxed)
    }

    /// Accounts are here and there, and moved since the last word.
    pub(crate) fn accounts(&self, in_memory: u64, rows_on_disk: u64, moved: Moved) {
        self.in_memory.store(in_memory, Ordering::Relaxed);
        self.rows_on_disk.store(rows_on_disk, Ordering::Relaxed);
        self.forgotten.fetch_add(moved.forgotten, Ordering::Relaxed);
        self.fetched.fetch_add(moved.fetched, Ordering::Relaxed);
    }

    /// Where its accounts are.
    #[must_use]
    pub fn where_accounts_are(&self) -> Accounts {
        Accounts {
            in_memory: self.in_memory.load(Ordering::Relaxed),
            rows_on_disk: self.rows_on_disk.load(Ordering::Relaxed),
            forgotten: self.forgotten.load(Ordering::Relaxed),
            fetched: self.fetched.load(Ordering::Relaxed),
        }
    }

    /// Runs the worker, and notes how it ended, even if that is by a panic.
    pub fn watch<E>(&self, worker: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        struct Noted<'a>(&'a Status, bool);
        impl Drop for Noted<'_> {
            fn drop(&mut self) {
                self.0.failed.store(!self.1, Ordering::Relaxed);
                self.0.done.store(true, Ordering::Relaxed);
            }
        }
        let mut noted = Noted(self, false);
        let ended = worker();
        noted.1 = ended.is_ok();
        ended
    }

    /// Whether the worker was made anew before; from now on it was.
    pub fn again(&self) -> bool {
        self.again.swap(true, Ordering::Relaxed)
    }

    /// Whether it ended badly.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether the worker has ended.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}
