//! Why a checkpoint can't be used, and why one that was found was not taken.
//!
//! An [`Error`] is a broken world: a disk that is full, a directory of somebody else. A [`Refused`]
//! is none: the checkpoint is a cache, so it is put away and state comes from the changelog.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::load::damage;

/// Why the store can't go on. Where the system gives the cause, it is the error's source.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each is")]
pub enum Error {
    #[error(
        "{} is in use by another process; give each process its own state directory, or wait \
         until the other has ended", dir.display()
    )]
    Locked { dir: PathBuf },
    #[error(
        "{} holds `{found}`, which is no part of a checkpoint, and is left alone; give an empty \
         directory", dir.display()
    )]
    NotOurs { dir: PathBuf, found: String },
    #[error(
        "{} holds {refused} checkpoints that were set aside (`refused-N`); look at them and \
         remove them", dir.display()
    )]
    TooManyRefused { dir: PathBuf, refused: u32 },
    #[error("{} holds no checkpoint", dir.display())]
    Missing { dir: PathBuf },
    #[error("cannot {doing} {}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error(
        "cannot {doing} the checkpoint in {}: {detail}; remove the directory, state is rebuilt \
         from the changelog", dir.display()
    )]
    Engine { doing: &'static str, dir: PathBuf, detail: String },
    #[error(
        "the checkpoint in {} is damaged: {what}; remove the directory, state is rebuilt from \
         the changelog", dir.display()
    )]
    Damaged { dir: PathBuf, what: String },
    #[error("a page of the checkpoint in {} would be over 900 MB", dir.display())]
    TooLarge { dir: PathBuf },
    #[error(
        "the checkpoint in {} is not written any more since an earlier write failed; open it \
         again", dir.display()
    )]
    Broken { dir: PathBuf },
}

impl Error {
    /// Whether the checkpoint is lost and not the disk: opened again, it is put away, and state comes
    /// from the changelog.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        damage(self).is_some()
    }
}

/// Why a checkpoint that was found was not taken; state comes from the changelog instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the messages say what each is")]
pub enum Refused {
    #[error(
        "the checkpoint is {age_ms} ms old and at most {most_ms} ms are safe: the changelog may \
         have forgotten which rows were deleted since"
    )]
    Stale { age_ms: i64, most_ms: i64 },
    #[error("the checkpoint is dated {ahead_ms} ms ahead of the clock: its age can't be told")]
    Ahead { ahead_ms: i64 },
    #[error("the checkpoint is of another {what} ({found}, not {expected}); it was set aside")]
    Foreign { what: String, found: String, expected: String },
    #[error("the checkpoint was made under another {what} ({found}, now {expected})")]
    Changed { what: String, found: String, expected: String },
    #[error("the checkpoint is of a newer {what} ({found}, ours is {ours}); it was set aside")]
    Newer { what: String, found: u32, ours: u32 },
    #[error("the checkpoint was never completed")]
    Unfinished,
    #[error("the checkpoint is damaged: {what}")]
    Damaged { what: String },
}
