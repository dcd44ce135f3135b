//! Places where a test lets a process die, and faults it plants to see whether it would notice. Only in
//! programs built with the feature `faults`; in all others nothing is here.
//!
//! `IOLAUS_DIE=PLACE:N` kills the process the Nth time it comes by a place, without a word.
//! `IOLAUS_FAIL=N` lets every Nth commit fail though nothing is wrong. `IOLAUS_ROOM=N` leaves room for N
//! accounts a worker, however much memory there is. `IOLAUS_TOUCHES=N` lets so many touches of objects go into
//! a transaction. `IOLAUS_DAMAGE=N` lets the Nth account that is fetched
//! stand on a damaged page. `IOLAUS_PLANT=FAULT` breaks one rule.

/// A place in a worker's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Place {
    AfterPoll,
    MidBatch,
    AfterBegin,
    AfterSends,
    AfterDelivery,
    AfterOffsets,
    AfterCommit,
    BeforeCheckpoint,
    AfterCheckpoint,
    AfterRestore,
}

/// A rule that can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// After a transaction that failed, the shards go on with what they were told in it.
    NoRollback,
    /// How far was read is committed before what followed from it.
    OffsetsFirst,
    /// The rows that changed are not part of the transaction.
    ChangesLeftOut,
    /// The group's generation is the one of the first transaction.
    OldGeneration,
    /// A checkpoint does not say how far it goes: it is taken for whole.
    CheckpointWithoutOffset,
    /// Accounts leave memory as soon as their rows were handed to whoever writes the checkpoint.
    ForgottenUnwritten,
}

#[cfg(feature = "faults")]
mod armed {
    use super::{Fault, Place};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Plan {
        die: Option<(String, AtomicU64)>,
        fail: Option<u64>,
        plant: Option<String>,
    }

    #[expect(clippy::disallowed_methods, reason = "tests say what is to go wrong in a process")]
    fn plan() -> &'static Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(|| {
            let die = std::env::var("IOLAUS_DIE").ok();
            let fail = std::env::var("IOLAUS_FAIL").ok();
            Plan {
                die: die.and_then(|die| {
                    let (place, count) = die.split_once(':')?;
                    Some((place.to_owned(), AtomicU64::new(count.parse().ok()?)))
                }),
                fail: fail.and_then(|fail| fail.parse().ok()),
                plant: std::env::var("IOLAUS_PLANT").ok(),
            }
        })
    }

    /// Dies here, if it is time.
    #[expect(clippy::disallowed_methods, reason = "this is what it is for")]
    pub fn at(place: Place) {
        if let Some((name, count)) = &plan().die
            && *name == format!("{place:?}")
            && count.fetch_sub(1, Ordering::Relaxed) == 1
        {
            std::process::abort();
        }
    }

    /// Whether this commit is to fail though nothing is wrong.
    pub fn commit_fails() -> bool {
        static COMMITS: AtomicU64 = AtomicU64::new(1);
        let Some(every) = plan().fail else { return false };
        COMMITS.fetch_add(1, Ordering::Relaxed).is_multiple_of(every)
    }

    /// Whether checkpoints are compared with the whole changelog.
    #[expect(clippy::disallowed_methods, reason = "tests say so")]
    pub fn verifies() -> bool {
        std::env::var_os("IOLAUS_VERIFY").is_some()
    }

    /// How many accounts there is room for in a worker's memory, if a test says so.
    #[expect(clippy::disallowed_methods, reason = "tests say so")]
    pub fn room() -> Option<usize> {
        static ROOM: OnceLock<Option<usize>> = OnceLock::new();
        *ROOM.get_or_init(|| std::env::var("IOLAUS_ROOM").ok()?.parse().ok())
    }

    /// How many touches of objects go into a transaction, if a test says so.
    #[expect(clippy::disallowed_methods, reason = "tests say so")]
    pub fn touches() -> Option<usize> {
        static TOUCHES: OnceLock<Option<usize>> = OnceLock::new();
        *TOUCHES.get_or_init(|| std::env::var("IOLAUS_TOUCHES").ok()?.parse().ok())
    }

    /// Whether the page of the account that is fetched now is damaged.
    #[expect(clippy::disallowed_methods, reason = "tests say so")]
    pub fn damaged() -> bool {
        static LEFT: OnceLock<AtomicU64> = OnceLock::new();
        let left = || std::env::var("IOLAUS_DAMAGE").ok()?.parse().ok();
        LEFT.get_or_init(|| left().unwrap_or(0).into()).fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// Whether a rule is broken.
    pub fn planted(fault: Fault) -> bool {
        plan().plant.as_deref() == Some(&format!("{fault:?}"))
    }
}

#[cfg(feature = "faults")]
pub use armed::{at, commit_fails, damaged, planted, room, touches, verifies};

/// Nothing.
#[cfg(not(feature = "faults"))]
pub fn at(_: Place) {}

/// No.
#[cfg(not(feature = "faults"))]
pub fn verifies() -> bool {
    false
}

/// No.
#[cfg(not(feature = "faults"))]
pub fn damaged() -> bool {
    false
}

/// As many as are well.
#[cfg(not(feature = "faults"))]
pub fn touches() -> Option<usize> {
    None
}

/// As much as there is.
#[cfg(not(feature = "faults"))]
pub fn room() -> Option<usize> {
    None
}

/// No.
#[cfg(not(feature = "faults"))]
pub fn commit_fails() -> bool {
    false
}

/// No.
#[cfg(not(feature = "faults"))]
pub fn planted(_: Fault) -> bool {
    false
}
