//! Keeping a process within its memory: how many accounts a worker may keep there.
//!
//! What counts is what the system counts, the resident set: queues of the client library, the cache of
//! the checkpoints and what every other task keeps are part of it. Only accounts can give way, so they do.

use std::time::{Duration, Instant};

use crate::faults;
use crate::time::now;

/// About what one account takes in memory: its row, its places in tables, what is kept beside. It need not
/// be right: what an account takes more or less shows as memory that others take.
const ACCOUNT_BYTES: f64 = 1_800.0;

/// Of the bound, what we steer for: what comes between two looks has room above it.
const AIM: f64 = 0.95;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Memory that was given back may be counted for so long.
const SETTLES: Duration = Duration::from_millis(500);

/// Within this time what others took at most is forgotten by two thirds: writing a checkpoint takes memory
/// for a moment, and will again.
const PEAKS: f64 = 60.0;

/// A worker's view of its process's memory.
#[derive(Debug)]
pub struct Memory {
    bound: f64,
    looked_at: Option<Instant>,
    cut_at: Option<Instant>,
    /// The most that was resident beside accounts, fading.
    others: f64,
    /// What was expected to be resident when accounts last had to go.
    mark: f64,
    /// What was resident at the last look.
    resident: f64,
    /// Accounts that may stay.
    room: usize,
}

impl Memory {
    /// For a process that is to keep within `bound` bytes.
    pub fn new(bound: u64) -> Memory {
        let bound = bound as f64;
        let (looked_at, cut_at) = (None, None);
        let (others, mark, resident) = (f64::MIN, 0.0, 0.0);
        Memory { bound, looked_at, cut_at, others, mark, resident, room: usize::MAX }
    }

    /// How many of the accounts in memory must go.
    pub fn excess(&mut self, present: usize) -> usize {
        let now = now();
        let since = self.looked_at.map(|at| now.saturating_duration_since(at));
        if since.is_none_or(|since| since >= LOOK)
            && let Some(resident) = resident_bytes()
        {
            self.looked_at = Some(now);
            let settled = self.cut_at.is_none_or(|at| now.saturating_duration_since(at) > SETTLES);
            if self.judge(resident, present, since.unwrap_or(LOOK), settled) {
                self.cut_at = Some(now);
            }
        }
        present.saturating_sub(faults::room().unwrap_or(self.room))
    }

    /// Whether there was more than there may be.
    pub fn is_over(&self) -> bool {
        self.resident > self.bound
    }

    /// Decides how many may stay. Returns whether any must go.
    #[expect(clippy::disallowed_methods, reason = "what lies in memory is in no result")]
    fn judge(&mut self, resident: f64, present: usize, since: Duration, settled: bool) -> bool {
        self.resident = resident;
        let aim = self.bound * AIM;
        let ours = present as f64 * ACCOUNT_BYTES;
        let fade = (-since.as_secs_f64() / PEAKS).exp();
        let others = resident - ours;
        self.others = others.max(others + (self.others - others) * fade);
        let expected = self.others + ours;
        let accounts = |bytes: f64| (bytes / ACCOUNT_BYTES) as usize;
        if expected <= aim {
            self.room = present.saturating_add(accounts(aim - expected));
            self.mark = 0.0;
            return false;
        }
        self.room = self.room.min(present);
        // What does not grow although accounts went is room inside the process for others to come.
        let must = settled && (resident > self.bound || expected > self.mark);
        if must {
            self.mark = expected;
            self.room = present.saturating_sub(accounts(expected - aim).max(1));
        }
        must
    }
}

/// What is resident of this process, as Linux tells it.
pub fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: u64 = 1_000_000_000;

    /// A process in which accounts come as long as there is room, and what is freed is given back or, with
    /// `keeps`, stays in the process for accounts to come. Returns the most and the last of what was
    /// resident, and how many accounts were there at the end.
    fn run(keeps: bool, account: f64, other: impl Fn(u64) -> f64) -> (f64, f64, usize) {
        let mut memory = Memory::new(BOUND);
        let (mut present, mut held, mut most, mut resident) = (0_usize, 0.0_f64, 0.0_f64, 0.0);
        let mut cut_at = 0;
        for look in 0..6_000_u64 {
            present += 2_000;
            held =
                if keeps { held.max(present as f64 * account) } else { present as f64 * account };
            resident = held + other(look);
            most = most.max(resident);
            if memory.judge(resident, present, LOOK, look - cut_at > 5) {
                cut_at = look;
            }
            present = present.min(memory.room);
        }
        (most, resident, present)
    }

    #[test]
    fn a_flood_fills_the_memory_and_goes_no_further() {
        for (keeps, account) in
            [(false, 1_800.0), (true, 1_800.0), (false, 4_000.0), (true, 1_200.0)]
        {
            let (most, last, present) = run(keeps, account, |_| 200e6);
            assert!(most < 1.0e9, "{keeps} {account}: {most}");
            assert!(last > 0.85e9, "{keeps} {account}: {last} of it is used");
            assert!(present as f64 * account > 0.6e9, "{keeps} {account}: {present} accounts");
        }
    }

    #[test]
    fn what_is_needed_now_and_then_is_kept_free() {
        let writes = |look: u64| if look % 100 < 8 { 350e6 } else { 200e6 };
        let (most, _, present) = run(false, 1_800.0, writes);
        assert!(most < 1.1e9, "{most}");
        assert!(present > 250_000, "{present}");
    }

    #[test]
    fn what_cannot_give_way_takes_the_accounts_room() {
        let (_, _, present) = run(false, 1_800.0, |look| look as f64 * 1e6);
        assert_eq!(present, 0);
    }

    #[test]
    fn linux_says_what_is_resident() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1e6));
    }
}
