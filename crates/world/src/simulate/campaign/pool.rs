//! Whose turn it is: the accounts of a relay, least recently used first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::super::random::key;

/// Accounts by when they were used last.
#[derive(Debug, Default)]
pub struct Pool {
    ready: BTreeSet<(i64, u64, u32)>,
    joining: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Pool {
    /// Adds an account that can be used from a time on.
    pub fn add(&mut self, account: u32, from: i64) {
        self.joining.push(Reverse((from, account)));
    }

    /// The account that has rested longest among those that `usable` accepts at `now`; those it
    /// does not accept are dropped for good.
    pub fn take(&mut self, now: i64, usable: impl Fn(u32) -> bool) -> Option<u32> {
        while let Some(&Reverse((from, account))) = self.joining.peek() {
            if from > now {
                break;
            }
            self.joining.pop();
            // Accounts that join together have no order yet; a hash gives them one.
            self.ready.insert((from, key(&[account.into()]), account));
        }
        while let Some((_, tie, account)) = self.ready.pop_first() {
            if usable(account) {
                self.ready.insert((now, tie, account));
                return Some(account);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_the_same_share() {
        let mut pool = Pool::default();
        (0..7).for_each(|account| pool.add(account, 0));
        let mut used = [0; 7];
        for now in 1..=70 {
            used[pool.take(now, |_| true).expect("somebody is there") as usize] += 1;
        }
        assert_eq!(used, [10; 7]);
    }

    #[test]
    fn who_is_banned_is_never_taken_again() {
        let mut pool = Pool::default();
        (0..3).for_each(|account| pool.add(account, 0));
        pool.add(9, 50);
        assert!((1..40).all(|now| pool.take(now, |account| account != 1) != Some(1)));
        assert_eq!(pool.take(60, |account| account == 9), Some(9));
        assert_eq!(pool.take(61, |account| account != 9), None);
    }
}
