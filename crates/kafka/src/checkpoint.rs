//! Checkpoints on the local disk: what was committed is written behind the transactions, so that a
//! restart reads only the changelog's tail. Losing one costs time and nothing else.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pipeline::account::{Resident, is_of_accounts};
use pipeline::message::{Changes, Place};
use step::{Change, Corrupt};
use store::{Identity, Opened, Store, Together};

use crate::error::Error;
use crate::faults::{self, Fault};
use crate::host::Host;
use crate::priority;
use crate::residents::{Residents, Restore};
use crate::restore::Log;
use crate::settings::Settings;
use crate::task::Task;
use crate::time::{nap, now, unix_ms};

/// The version of the rows that a checkpoint holds.
const FORMAT: u32 = 1;

/// Bytes of a partition that may wait to be written; less, if memory is bounded.
const WAITING_BYTES: usize = 48 << 20;
const WAITING_BYTES_LEAST: usize = 1 << 20;

/// Of a process's memory, what may wait to be written for one partition.
const WAITING_SHARE: usize = 32;

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
    /// Of the account task: who is in memory, and who comes from here.
    pub residents: Option<Residents>,
    waiting: Changes,
    bytes: usize,
    next: i64,
    /// When it is to be written next.
    due: Instant,
    written: Arc<Written>,
}

/// What became of what was handed over to be written.
#[derive(Debug)]
struct Written {
    /// The disk holds the changelog up to here.
    next: AtomicI64,
    /// What is on the disk is damaged.
    lost: Mutex<Option<store::Error>>,
}

impl Checkpoint {
    fn new(
        store: Store,
        (from, written): (i64, i64),
        residents: Option<Residents>,
        due: Instant,
    ) -> Checkpoint {
        Checkpoint {
            store: Arc::new(store),
            residents,
            waiting: Changes::new(),
            bytes: 0,
            next: from,
            due,
            written: Arc::new(Written { next: AtomicI64::new(written), lost: Mutex::new(None) }),
        }
    }

    /// Up to where the disk holds the changelog.
    fn written(&self) -> i64 {
        self.written.next.load(Ordering::Acquire)
    }

    /// Brings an account in that is not in memory.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or can't be read.
    pub fn bring(&mut self, one: Resident, restore: &mut Restore<'_>) -> Result<(), Error> {
        let written = self.written();
        let Some(residents) = &mut self.residents else { return Ok(()) };
        residents.bring(one, &self.store, written, restore)
    }

    /// Lets so many accounts go, as far as the disk holds them. Returns how many went.
    pub fn forget(&mut self, count: usize, forget: &mut dyn FnMut(Resident) -> bool) -> usize {
        let unwritten = faults::planted(Fault::ForgottenUnwritten);
        let written = if unwritten { i64::MAX } else { self.written() };
        self.residents.as_mut().map_or(0, |all| all.forget(count, written, forget))
    }

    /// Lets everybody go who was brought in and not touched since.
    pub fn forget_untouched(&mut self, forget: &mut dyn FnMut(Resident) -> bool) {
        if let Some(residents) = &mut self.residents {
            residents.forget(usize::MAX, i64::MAX, forget);
        }
    }

    /// Everybody whom the disk or the changelog's tail knows.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or can't be read.
    pub fn everybody(&self) -> Result<BTreeSet<Resident>, Error> {
        let Some(residents) = &self.residents else { return Ok(BTreeSet::new()) };
        let mut all: BTreeSet<Resident> = residents.told().collect();
        let each = |place, table, key: &[u8], _: &[u8]| {
            all.extend(Resident::of_row(place, table, key));
            Ok::<(), store::Error>(())
        };
        self.store.rows(each).map_err(Error::Store)?;
        Ok(all)
    }

    /// About how many rows are on the disk.
    pub fn rows_about(&self) -> u64 {
        self.store.rows_about()
    }

    /// The damage that was found while it was written, if there was any.
    pub fn lost(&self) -> Option<store::Error> {
        self.written.lost.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Job {
    store: Arc<Store>,
    changes: Changes,
    next: i64,
    written: Arc<Written>,
}

impl Job {
    fn write(self) {
        match self.store.write(self.changes, self.next, unix_ms()) {
            Ok(_) => self.written.next.store(self.next, Ordering::Release),
            Err(error) => {
                tracing::warn!(%error, "a checkpoint was not written");
                if error.is_damage() {
                    let mut lost = self.written.lost.lock().unwrap_or_else(PoisonError::into_inner);
                    *lost = Some(error);
                }
            }
        }
    }
}

/// Writes checkpoints of a worker, on a thread of its own. It sees bytes that were committed, and never
/// a shard.
pub struct Keeper {
    dir: PathBuf,
    interval: Duration,
    /// Bytes of a partition that may wait.
    waiting_bytes: usize,
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
                priority::of_checkpoints();
                for job in from {
                    faults::at(faults::Place::BeforeCheckpoint);
                    job.write();
                    faults::at(faults::Place::AfterCheckpoint);
                    done.fetch_sub(1, Ordering::AcqRel);
                }
            })
            .map_err(|error| Error::Unfit(format!("cannot start a thread: {error}")))?;
        let interval = Duration::from_secs(settings.checkpoint_interval_s).min(MAX_AGE);
        let share = settings.memory_bytes().map(|bytes| bytes as usize / WAITING_SHARE);
        let waiting_bytes =
            share.map_or(WAITING_BYTES, |share| share.clamp(WAITING_BYTES_LEAST, WAITING_BYTES));
        Ok(Keeper { dir: dir.to_owned(), interval, waiting_bytes, to, busy })
    }

    /// Opens a partition's checkpoint and loads it into the shard, all but accounts: these come when
    /// they are needed. Returns it with the offset from which the changelog must be read.
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
        let together = together(task);
        let open = || Store::open(&dir, &identity, unix_ms(), max_age, CACHE_BYTES, together);
        let (mut store, opened) = open().map_err(Error::Store)?;
        let (mut from, mut written) = (log.low, -1);
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
            Opened::Loaded { next_offset } => match load(task, &store, &mut shard) {
                Ok(()) => (from, written) = (next_offset, next_offset),
                Err(why) => {
                    tracing::warn!(task = task.name(), partition, %why, "checkpoint not used: rebuilding from the changelog");
                    drop(store);
                    Store::reset(&dir).map_err(Error::Store)?;
                    store = open().map_err(Error::Store)?.0;
                    shard = host();
                }
            },
        }
        let leave = settings.memory_mb.is_some() || faults::verifies();
        let residents = (task == Task::Account).then(|| Residents::new(leave));
        // Partitions that are opened together are not written together: each takes the processor and the
        // disk from the shards for a moment.
        let due = now() + self.interval * (partition + 1) / partitions;
        Ok((shard, Checkpoint::new(store, (from, written), residents, due), from))
    }

    /// Whether something is being written.
    pub fn busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) > 0
    }

    /// Hears a row of the changelog's tail, with the offset behind it: the shard remembers it at once, or,
    /// if it is an account's, when it needs it.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn hear(
        &self,
        checkpoint: &mut Checkpoint,
        row: (Place, Change),
        next: i64,
        host: &mut Host,
    ) -> Result<(), Corrupt> {
        let written = checkpoint.written();
        let waits = checkpoint.residents.as_mut().is_some_and(|residents| {
            residents.settle(written);
            residents.tell(&row, next)
        });
        if !waits {
            host.put_back(&row)?;
        }
        self.wait(checkpoint, vec![row], next);
        Ok(())
    }

    /// Notes what a transaction committed, up to an offset of the changelog; and writes, if it is time.
    pub fn note(&self, checkpoint: &mut Checkpoint, changes: Changes, next: i64) {
        if let Some(residents) = &mut checkpoint.residents {
            residents.touch(&changes, next);
        }
        self.wait(checkpoint, changes, next);
    }

    fn wait(&self, checkpoint: &mut Checkpoint, changes: Changes, next: i64) {
        let size = |change: &(Place, Change)| {
            let (_, (_, key, value)) = change;
            key.len() + value.as_ref().map_or(0, Vec::len) + 64
        };
        checkpoint.bytes += changes.iter().map(size).sum::<usize>();
        checkpoint.waiting.extend(changes);
        checkpoint.next = next;
        let full = checkpoint.bytes > self.waiting_bytes;
        if full || (now() >= checkpoint.due && !self.busy()) {
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
            written: Arc::clone(&checkpoint.written),
        };
        checkpoint.bytes = 0;
        checkpoint.due = now() + self.interval;
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

/// Of a task's rows, those that a shard needs before it can do anything; none, if it needs all.
fn together(task: Task) -> Together {
    match task {
        Task::Account => |part, table| !is_of_accounts(part, table),
        Task::Route | Task::Object | Task::Campaign => |_, _| false,
    }
}

/// Loads a checkpoint into a shard, all but accounts.
fn load(task: Task, store: &Store, shard: &mut Host) -> Result<(), Damage> {
    if task != Task::Account {
        return store.rows(|place, table, key, value| {
            shard.restore(place, table, key, Some(value)).map_err(Damage::Row)
        });
    }
    for row in store.together()? {
        shard.restore(row.place, row.table, &row.key, Some(&row.value)).map_err(Damage::Row)?;
    }
    Ok(())
}

/// Why a checkpoint that was opened could not be loaded.
#[derive(Debug, thiserror::Error)]
enum Damage {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Row(step::Corrupt),
}
