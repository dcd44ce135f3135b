//! How a process is doing: written by its workers, read by whoever asks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How one worker is doing.
#[derive(Debug, Default)]
pub struct Status {
    stop: AtomicBool,
    turns: AtomicU64,
    partitions: AtomicU64,
    done: AtomicBool,
    failed: AtomicBool,
    again: AtomicBool,
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
        self.partitions.store(partitions as u64, Ordering::Relaxed);
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
