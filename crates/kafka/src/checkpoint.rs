//! Checkpoints on the local disk: what was committed is written behind the transactions, so that a
//! restart reads only the changelog's tail. Losing one costs time and nothing else.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use pipeline::message::{Changes, Place};
use store::{Identity, Opened, Store};

use crate::error::Error;
use crate::faults;
use crate::host::Host;
use crate::restore::Log;
use crate::settings::Settings;
use crate::task::Task;
use crate::time::{nap, now, unix_ms};

/// The version of the rows that a checkpoint holds.
const FORMAT: u32 = 1;

/// Bytes that may wait to be written.
const WAITING_BYTES: usize = 48 << 20;

/// Half of the least time for which a compacted changelog keeps tombstones: an older checkpoint could
/// bring back rows whose tombstones are gone.
const MAX_AGE: Duration = Duration::from_secs(12 * 3600);

/// What sled may keep in memory for each partition.
const CACHE_BYTES: u64 = 8 << 20;

/// Takes hold of a process's directory, which is made if it is not there, as long as the file lives.
///
/// # Errors
/// If it can't be made or written to, or another process has it.
pub fn claim(dir: &Path) -> Result<File, Error> {
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Store(store::Error::Io { doing, path, source })
    };
    std::fs::create_dir_all(dir).map_err(failed("create", dir))?;
    let path = dir.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(failed("create", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Store(store::Error::Locked { dir: dir.to_owned() }))
        }
        Err(TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
    }
}

/// One partition's checkpoint.
pub struct Checkpoint {
    store: Arc<Store>,
    waiting: Changes,
    bytes: usize,
    next: i64,
    written_at: Instant,
}

struct Job {
    store: Arc<Store>,
    changes: Changes,
    next: i64,
}

/// Writes checkpoints of a worker, on a thread of its own. It sees bytes that were committed, and never
/// a shard.
pub struct Keeper {
    dir: PathBuf,
    interval: Duration,
    to: SyncSender<Job>,
    busy: Arc<AtomicU64>,
}

impl Keeper {
    /// A keeper in a directory.
    ///
    /// # Errors
    /// If a thread can't be started.
    #[expect(
        clippy::disallowed_methods,
        reason = "writing waits for a disk, and nobody waits for it"
    )]
    pub fn new(dir: &Path, settings: &Settings) -> Result<Keeper, Error> {
        let (to, from) = sync_channel::<Job>(1);
        let busy = Arc::new(AtomicU64::new(0));
        let done = Arc::clone(&busy);
        std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || {
                for Job { store, changes, next } in from {
                    faults::at(faults::Place::BeforeCheckpoint);
                    if let Err(error) = store.write(changes, next, unix_ms()) {
                        tracing::warn!(%error, "a checkpoint was not written");
                    }
                    faults::at(faults::Place::AfterCheckpoint);
                    drop(store);
                    done.fetch_sub(1, Ordering::AcqRel);
                }
            })
            .map_err(|error| Error::Unfit(format!("cannot start a thread: {error}")))?;
        let interval = Duration::from_secs(settings.checkpoint_interval_s);
        Ok(Keeper { dir: dir.to_owned(), interval, to, busy })
    }

    /// Opens a partition's checkpoint and loads it into the shard. Returns it with the offset from
    /// which the changelog must be read.
    ///
    /// # Errors
    /// If the directory can't be used at all.
    pub fn open(
        &self,
        settings: &Settings,
        task: Task,
        partition: u32,
        partitions: u32,
        log: &Log,
        host: &mut dyn FnMut() -> Host,
    ) -> Result<(Host, Checkpoint, i64), Error> {
        while self.busy() {
            nap(Duration::from_millis(5));
        }
        let dir = self.dir.join(format!("{}-{partition}", task.name()));
        let identity = Identity {
            application: settings.prefix.clone(),
            task: task.name().to_owned(),
            partition,
            partitions,
            changelog_topic: settings.changelog(task.name()),
            changelog_topic_id: log.incarnation.clone().unwrap_or_default(),
            configuration: String::new(),
            format: FORMAT,
        };
        let max_age = MAX_AGE.as_millis() as i64;
        let open = || Store::open(&dir, &identity, unix_ms(), max_age, CACHE_BYTES);
        let (mut store, opened) = open().map_err(Error::Store)?;
        let mut from = log.low;
        let mut shard = host();
        match opened {
            Opened::Fresh { why: None } => {}
            Opened::Fresh { why: Some(why) } => {
                tracing::warn!(task = task.name(), partition, %why, "checkpoint not used: rebuilding from the changelog");
            }
            Opened::Loaded { next_offset } if next_offset < log.low || next_offset > log.end => {
                let (low, end) = (log.low, log.end);
                let why = format!("it is at {next_offset}, the changelog has {low} to {end}");
                tracing::warn!(task = task.name(), partition, %why, "checkpoint not used: rebuilding from the changelog");
                drop(store);
                Store::reset(&dir).map_err(Error::Store)?;
                store = open().map_err(Error::Store)?.0;
            }
            Opened::Loaded { next_offset } => {
                let loaded = store.rows(|place, table, key, value| {
                    shard.restore(place, table, key, Some(value)).map_err(Damage::Row)
                });
                match loaded {
                    Ok(()) => from = next_offset,
                    Err(why) => {
                        tracing::warn!(task = task.name(), partition, %why, "checkpoint not used: rebuilding from the changelog");
                        drop(store);
                        Store::reset(&dir).map_err(Error::Store)?;
                        store = open().map_err(Error::Store)?.0;
                        shard = host();
                    }
                }
            }
        }
        let (waiting, written_at) = (Changes::new(), now());
        let store = Arc::new(store);
        Ok((shard, Checkpoint { store, waiting, bytes: 0, next: from, written_at }, from))
    }

    fn busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) > 0
    }

    /// Notes what a transaction committed, up to an offset of the changelog; and writes, if it is time.
    pub fn note(&self, checkpoint: &mut Checkpoint, changes: Changes, next: i64) {
        let size = |change: &(Place, step::Change)| {
            let (_, (_, key, value)) = change;
            key.len() + value.as_ref().map_or(0, Vec::len) + 64
        };
        checkpoint.bytes += changes.iter().map(size).sum::<usize>();
        checkpoint.waiting.extend(changes);
        checkpoint.next = next;
        let full = checkpoint.bytes > WAITING_BYTES;
        if full || (checkpoint.written_at.elapsed() > self.interval && !self.busy()) {
            self.write(checkpoint);
        }
    }

    /// Writes what waits.
    pub fn write(&self, checkpoint: &mut Checkpoint) {
        if checkpoint.waiting.is_empty() {
            return;
        }
        self.busy.fetch_add(1, Ordering::AcqRel);
        let job = Job {
            store: Arc::clone(&checkpoint.store),
            changes: std::mem::take(&mut checkpoint.waiting),
            next: checkpoint.next,
        };
        checkpoint.bytes = 0;
        checkpoint.written_at = now();
        // The thread ends only after this sender has.
        if self.to.send(job).is_err() {
            self.busy.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Waits until everything is on the disk.
    pub fn finish(&self) {
        while self.busy() {
            nap(Duration::from_millis(2));
        }
    }
}

/// Why a checkpoint that was opened could not be loaded.
#[derive(Debug, thiserror::Error)]
enum Damage {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Row(step::Corrupt),
}
