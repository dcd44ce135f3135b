//! The database, held at arm's length: what panics inside it is an error here.
//!
//! Nothing outside this file knows sled. What of it had to be worked around, found in its source
//! (0.34.7) and by measurement:
//!
//! - On damaged files it may panic instead of returning an error. Calls are caught, and after a
//!   panic the database is leaked: its destructor would flush what nobody can trust.
//! - `apply_batch` holds a lock of the whole process, so that no store could be read while another
//!   is written. We insert under keys that nobody reads yet and switch by one row.
//! - Its cache looks at what it may drop only after 64 accesses to one of its 256 shards, so it keeps
//!   16,384 leaves of any size. Whoever reads says how often to repeat the access ([`Reading`]), at
//!   0.3 µs each: this bounds memory, and reading everything takes less time than with the iterator.
//! - A leaf (16 entries) over a quarter of a segment becomes a file of its own that is never synced,
//!   weighs nothing in the cache, and if lost may be missed only when space is reclaimed. So values
//!   are cut into chunks of which 16 fit, and there are no such files.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sled::{Config, Db, IVec, Mode};

use crate::error::Error;

/// The database's log is made of these.
const SEGMENT_BYTES: usize = 1 << 20;

/// A value is cut into chunks of this size: 16 of them, a leaf, are less than a quarter of a segment.
const CHUNK_BYTES: usize = 14 << 10;
const _: () = assert!(16 * (CHUNK_BYTES + 64) + 64 < SEGMENT_BYTES / 4);

/// The least for which sled keeps one leaf a shard.
const CACHE_BYTES_LEAST: u64 = 8 << 20;

/// A dropped database holds its file for a moment longer: until its last tasks are done.
const LOCK_TRIES: u32 = 500;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(10);

/// What the numbers of chunks allow for, and a little less.
const VALUE_BYTES_MOST: u32 = 900 << 20;

/// A value as it came.
pub(crate) enum Value {
    /// One chunk, after its length.
    Whole(IVec),
    /// Several.
    Joined(Vec<u8>),
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Value::Whole(chunk) => &chunk[4..],
            Value::Joined(bytes) => bytes,
        }
    }
}

/// How what is read is spread over the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Page after page: a leaf is accessed by each of its entries.
    Along,
    /// Here and there: a leaf may not be accessed again.
    Alone,
}

impl Reading {
    /// Accesses to repeat so that the cache looks at what it may drop.
    fn repeats(self) -> u32 {
        match self {
            Reading::Along => 6,
            Reading::Alone => 64,
        }
    }
}

/// One open database.
#[derive(Debug)]
pub(crate) struct Engine {
    db: Option<Db>,
    dir: PathBuf,
    /// Whether there is more than the cache should hold.
    crowded: AtomicBool,
    panicked: AtomicBool,
}

impl Engine {
    /// Opens or creates the database in `dir`.
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Engine, Error> {
        let opening = || {
            Config::new()
                .path(dir)
                .cache_capacity(cache_bytes.max(CACHE_BYTES_LEAST))
                .flush_every_ms(None)
                .mode(Mode::LowSpace)
                .segment_size(SEGMENT_BYTES)
                .open()
        };
        let mut tries = 0;
        let db = loop {
            match caught("open", dir, opening) {
                Err(error) if is_lock(&error) && tries < LOCK_TRIES => pause(),
                opened => break opened?,
            }
            tries += 1;
        };
        Ok(Engine {
            db: Some(db),
            dir: dir.to_owned(),
            crowded: AtomicBool::new(false),
            panicked: AtomicBool::new(false),
        })
    }

    /// That the checkpoint is damaged.
    pub fn damaged(&self, what: String) -> Error {
        Error::Damaged { dir: self.dir.clone(), what }
    }

    /// Says whether there is more than the cache should hold.
    pub fn set_crowded(&self, crowded: bool) {
        self.crowded.store(crowded, Ordering::Relaxed);
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8], reading: Reading) -> Result<Option<Value>, Error> {
        let Some(first) = self.get_chunk(key, 0, reading)? else { return Ok(None) };
        let Some((length, chunk)) = first.split_first_chunk() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        if chunk.len() == length {
            return Ok(Some(Value::Whole(first)));
        }
        let mut value = chunk.to_vec();
        for number in 1..=u16::MAX {
            if value.len() >= length {
                break;
            }
            let Some(chunk) = self.get_chunk(key, number, Reading::Along)? else { break };
            value.extend(&*chunk);
        }
        if value.len() == length {
            Ok(Some(Value::Joined(value)))
        } else {
            Err(self.damaged(format!("the value of {key:?} has lost a part")))
        }
    }

    fn get_chunk(&self, key: &[u8], number: u16, reading: Reading) -> Result<Option<IVec>, Error> {
        let repeats = if self.crowded.load(Ordering::Relaxed) { reading.repeats() } else { 0 };
        let key = chunk_key(key, number);
        self.call("read", |db| {
            for _ in 0..repeats {
                db.get(&key)?;
            }
            db.get(&key)
        })
    }

    /// Puts a value in place; it lasts once [`Engine::flush`] returned.
    pub fn put(&self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(value.len()).ok().filter(|length| *length <= VALUE_BYTES_MOST);
        let length = length.ok_or_else(|| Error::TooLarge { dir: self.dir.clone() })?;
        let (first, mut rest) = value.split_at(value.len().min(CHUNK_BYTES));
        let mut chunk = Vec::with_capacity(4 + first.len());
        chunk.extend(length.to_le_bytes());
        chunk.extend(first);
        self.put_chunk(key, 0, chunk)?;
        for number in 1..=u16::MAX {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(rest.len().min(CHUNK_BYTES));
            self.put_chunk(key, number, chunk.to_vec())?;
            rest = after;
        }
        Ok(())
    }

    /// Empties the place of a value of `length` bytes. The key stays: a tree that only grows is the
    /// part of the database that is used most.
    pub fn clear(&self, key: &[u8], length: usize) -> Result<(), Error> {
        let chunks = length.div_ceil(CHUNK_BYTES).max(1) as u16;
        (0..chunks).try_for_each(|number| self.put_chunk(key, number, Vec::new()))
    }

    fn put_chunk(&self, key: &[u8], number: u16, chunk: Vec<u8>) -> Result<(), Error> {
        self.call("write", |db| db.insert(chunk_key(key, number), chunk).map(drop))
    }

    /// Waits until everything that was put is on disk.
    pub fn flush(&self) -> Result<(), Error> {
        self.call("write", |db| db.flush().map(drop))
    }

    fn call<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Db) -> sled::Result<T>,
    ) -> Result<T, Error> {
        let db = self.db.as_ref().expect("there until it is dropped");
        if self.panicked.load(Ordering::Relaxed) {
            return Err(Error::Broken { dir: self.dir.clone() });
        }
        let result = caught(doing, &self.dir, || work(db));
        if let Err(Error::Engine { .. }) = result {
            self.panicked.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let db = self.db.take();
        if self.panicked.load(Ordering::Relaxed) {
            std::mem::forget(db);
        } else {
            // What could go wrong here was not yet promised to anybody.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
        }
    }
}

/// Runs `work`; its panic is an error. The database is not used again after one, so nothing half
/// done is ever seen.
fn caught<T>(
    doing: &'static str,
    dir: &Path,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(source))) => {
            let doing = match doing {
                "open" => "open the checkpoint's database in",
                "read" => "read the checkpoint's database in",
                _ => "write the checkpoint's database in",
            };
            Err(Error::Io { doing, path: dir.to_owned(), source })
        }
        Ok(Err(other)) => {
            Err(Error::Engine { doing, dir: dir.to_owned(), detail: other.to_string() })
        }
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("it panicked");
            let detail = text.lines().next().unwrap_or_default().to_owned();
            Err(Error::Engine { doing, dir: dir.to_owned(), detail })
        }
    }
}

fn chunk_key(key: &[u8], number: u16) -> Vec<u8> {
    [key, &number.to_be_bytes()].concat()
}

fn is_lock(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.to_string().contains("acquire lock"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "sled tells nobody when it has let go of its file; only an open after a close waits"
)]
fn pause() {
    std::thread::sleep(LOCK_PAUSE);
}
