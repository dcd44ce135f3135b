//! The directory: who holds it, whose checkpoint is in it, and how one is put away.
//!
//! ```text
//! DIR/lock                    held while a store is open
//! DIR/checkpoint/identity     what it belongs to
//! DIR/checkpoint/sled/        the database
//! DIR/checkpoint/damaged      what was found wrong with it while it was open, if anything was
//! DIR/refused-N/              checkpoints of others, set aside
//! ```
//!
//! Everything happens inside the directory, since it may be a mount point; nothing in it that is not
//! of this form is ever touched.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Refused};
use crate::identity::Identity;

const LOCK: &str = "lock";
const CHECKPOINT: &str = "checkpoint";
const IDENTITY: &str = "identity";
const DATABASE: &str = "sled";
const DAMAGED: &str = "damaged";
const REFUSED: &str = "refused-";

/// So many checkpoints of others are set aside; then a person should look.
const REFUSED_MOST: u32 = 8;

/// A directory that is ours while this lives.
#[derive(Debug)]
pub(crate) struct Home {
    dir: PathBuf,
    _lock: File,
}

impl Home {
    /// Takes hold of `dir`, which is made if it is not there.
    pub fn claim(dir: &Path) -> Result<Home, Error> {
        fs::create_dir_all(dir).map_err(failed("create", dir))?;
        refuse_others(dir)?;
        let path = dir.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(failed("create", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Home { dir: dir.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed("lock", &path)(source)),
        }
    }

    /// The same, if there is anything in it.
    pub fn claim_existing(dir: &Path) -> Result<Home, Error> {
        if !dir.join(CHECKPOINT).is_dir() {
            return Err(Error::Missing { dir: dir.to_owned() });
        }
        Home::claim(dir)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the database is.
    pub fn database(&self) -> PathBuf {
        self.dir.join(CHECKPOINT).join(DATABASE)
    }

    /// The identity of the checkpoint that is there; `None` if there is none.
    pub fn identity(&self) -> Result<Option<Result<Identity, Refused>>, Error> {
        if let Ok(what) = fs::read_to_string(self.dir.join(CHECKPOINT).join(DAMAGED)) {
            return Ok(Some(Err(Refused::Damaged { what })));
        }
        let path = self.dir.join(CHECKPOINT).join(IDENTITY);
        match fs::read(&path) {
            Ok(file) => Ok(Some(Identity::read(&file))),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("read", &path)(error))
            }
            Err(_) if !self.dir.join(CHECKPOINT).exists() => Ok(None),
            Err(_) => {
                Ok(Some(Err(Refused::Damaged { what: "its identity file is missing".into() })))
            }
        }
    }

    /// Makes room for a checkpoint with this identity.
    pub fn create(&self, identity: &Identity) -> Result<(), Error> {
        let folder = self.dir.join(CHECKPOINT);
        fs::create_dir_all(&folder).map_err(failed("create", &folder))?;
        let path = folder.join(IDENTITY);
        let write = || {
            let new = folder.join("identity.new");
            let mut file = File::create(&new)?;
            file.write_all(identity.file().as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&folder)?.sync_all()
        };
        write().map_err(failed("write", &path))
    }

    /// Notes that the checkpoint was found damaged, so that it is not opened again: a database may read
    /// well and fail whenever it is written.
    pub fn condemn(&self, what: &str) {
        let folder = self.dir.join(CHECKPOINT);
        if fs::write(folder.join(DAMAGED), what).is_err() {
            // A disk that is full still lets go of files: without this one it is damaged, too. If even
            // that fails, nothing here can be opened for writing.
            let _ = fs::remove_file(folder.join(IDENTITY));
        }
    }

    /// Puts away the checkpoint that is there: aside if it may be of use to somebody.
    pub fn put_away(&self, why: &Refused) -> Result<(), Error> {
        let folder = self.dir.join(CHECKPOINT);
        if !matches!(why, Refused::Foreign { .. } | Refused::Newer { .. }) {
            return fs::remove_dir_all(&folder).map_err(failed("remove", &folder));
        }
        let mut places = (1..=REFUSED_MOST).map(|n| self.dir.join(format!("{REFUSED}{n}")));
        let place = places.find(|place| !place.exists()).ok_or_else(|| Error::TooManyRefused {
            dir: self.dir.clone(),
            refused: REFUSED_MOST,
        })?;
        fs::rename(&folder, &place).map_err(failed("move", &folder))
    }

    /// Removes the checkpoint and whatever was set aside.
    pub fn clear(&self) -> Result<(), Error> {
        for name in names(&self.dir)? {
            if name == CHECKPOINT || name.starts_with(REFUSED) {
                let path = self.dir.join(name);
                fs::remove_dir_all(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Bytes on disk.
    pub fn disk_bytes(&self) -> Result<u64, Error> {
        let (mut total, mut folders) = (0, vec![self.dir.join(CHECKPOINT)]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(failed("read", &folder))?.flatten() {
                match entry.metadata() {
                    Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                    Ok(metadata) => total += metadata.len(),
                    // Gone since it was listed.
                    Err(_) => {}
                }
            }
        }
        Ok(total)
    }
}

/// Whether an error is of the disk and not of the checkpoint: nothing would be won by starting anew.
pub(crate) fn is_of_the_disk(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::PermissionDenied
            | Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::ReadOnlyFilesystem
            | Kind::OutOfMemory
    ) || error.to_string().contains("acquire lock")
        || error.raw_os_error().is_some_and(|code| code == EMFILE || code == ENFILE)
}

/// Too many open files, of the process and of the system.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// The directories of checkpoints at `dir` or at most `deep` folders below.
pub(crate) fn find(dir: &Path, deep: u32) -> Result<Vec<PathBuf>, Error> {
    if dir.join(CHECKPOINT).is_dir() {
        return Ok(vec![dir.to_owned()]);
    }
    let mut found = Vec::new();
    for name in names(dir)? {
        let path = dir.join(name);
        if deep > 0 && path.is_dir() && !path.is_symlink() {
            found.extend(find(&path, deep - 1)?);
        }
    }
    Ok(found)
}

fn refuse_others(dir: &Path) -> Result<(), Error> {
    let ours =
        |name: &str| [LOCK, CHECKPOINT, "lost+found"].contains(&name) || name.starts_with(REFUSED);
    match names(dir)?.into_iter().find(|name| !ours(name)) {
        Some(found) => Err(Error::NotOurs { dir: dir.to_owned(), found }),
        None => Ok(()),
    }
}

fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(dir).map_err(failed("read", dir))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Io { doing, path, source }
}
