//! Whose turn it is: the accounts that a relay has at work, and those that rest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::super::random::{Rng, exp, key, ln};
use super::super::scenario::Order;

/// What a relay knows of an account when it wants to use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// It can be used.
    Ready,
    /// It rests until a time.
    Later(i64),
    /// It is gone.
    Gone,
}

/// The accounts at work.
#[derive(Debug)]
pub struct Roster {
    order: Order,
    skew: f64,
    /// By when they were used last, for the order by rest.
    rested: BTreeSet<(i64, u64, u32)>,
    /// In the order they came, for all other orders.
    listed: Vec<u32>,
    position: usize,
    joining: BinaryHeap<Reverse<(i64, u32)>>,
    resting: BTreeMap<u32, i64>,
}

impl Roster {
    /// Nobody yet.
    #[must_use]
    pub fn new(order: Order, skew: f64) -> Roster {
        Roster {
            order,
            skew,
            rested: BTreeSet::new(),
            listed: Vec::new(),
            position: 0,
            joining: BinaryHeap::new(),
            resting: BTreeMap::new(),
        }
    }

    /// Adds an account that can be used from a time on.
    pub fn add(&mut self, account: u32, from: i64) {
        self.joining.push(Reverse((from, account)));
    }

    /// Lets an account rest until a time.
    pub fn rest(&mut self, account: u32, until: i64) {
        self.resting.insert(account, until);
    }

    /// The account whose turn it is; those that are gone for good are dropped on the way.
    pub fn take(&mut self, now: i64, rng: &mut Rng, gone: impl Fn(u32) -> bool) -> Option<u32> {
        self.join(now);
        match self.order {
            Order::LeastRecent => self.take_rested(now, gone),
            _ => self.take_listed(now, rng, gone),
        }
    }

    fn join(&mut self, now: i64) {
        while let Some(&Reverse((from, account))) = self.joining.peek() {
            if from > now {
                return;
            }
            self.joining.pop();
            match self.order {
                // Accounts that join together have no order yet; a hash gives them one.
                Order::LeastRecent => {
                    self.rested.insert((from, key(&[account.into()]), account));
                }
                _ => self.listed.push(account),
            }
        }
    }

    fn fitness(&mut self, account: u32, now: i64, gone: &impl Fn(u32) -> bool) -> Fitness {
        if gone(account) {
            self.resting.remove(&account);
            return Fitness::Gone;
        }
        match self.resting.get(&account) {
            Some(&until) if until > now => Fitness::Later(until),
            Some(_) => {
                self.resting.remove(&account);
                Fitness::Ready
            }
            None => Fitness::Ready,
        }
    }

    fn take_rested(&mut self, now: i64, gone: impl Fn(u32) -> bool) -> Option<u32> {
        while let Some(&(used, tie, account)) = self.rested.first() {
            if used > now {
                return None;
            }
            self.rested.pop_first();
            match self.fitness(account, now, &gone) {
                Fitness::Gone => {}
                Fitness::Later(until) => {
                    self.rested.insert((until, tie, account));
                }
                Fitness::Ready => {
                    self.rested.insert((now, tie, account));
                    return Some(account);
                }
            }
        }
        None
    }

    fn take_listed(&mut self, now: i64, rng: &mut Rng, gone: impl Fn(u32) -> bool) -> Option<u32> {
        let mut tries = self.listed.len();
        while tries > 0 && !self.listed.is_empty() {
            tries -= 1;
            let place = self.place(rng);
            let account = self.listed[place];
            match self.fitness(account, now, &gone) {
                Fitness::Gone => {
                    self.listed.remove(place);
                }
                Fitness::Later(_) => {}
                Fitness::Ready => return Some(account),
            }
        }
        None
    }

    fn place(&mut self, rng: &mut Rng) -> usize {
        let len = self.listed.len();
        match self.order {
            Order::RoundRobin => {
                self.position = (self.position + 1) % len;
                self.position
            }
            // A power law of the rank by its inverse, close enough.
            Order::Skewed if self.skew > 0.0 => {
                let share = exp(ln(1.0 - rng.unit()) * -(1.0 + self.skew)).recip();
                ((1.0 - share) * len as f64).clamp(0.0, len as f64 - 1.0) as usize
            }
            _ => rng.below(len as u64) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(order: Order, takes: i64) -> Vec<usize> {
        let mut roster = Roster::new(order, 1.0);
        let mut rng = Rng::new(4);
        (0..10).for_each(|account| roster.add(account, 0));
        let mut used = vec![0; 10];
        for now in 1..=takes {
            used[roster.take(now, &mut rng, |_| false).expect("all are there") as usize] += 1;
        }
        used
    }

    #[test]
    fn the_order_by_rest_is_even_and_the_skewed_is_not() {
        assert_eq!(used(Order::LeastRecent, 100), [10; 10]);
        assert_eq!(used(Order::RoundRobin, 100), [10; 10]);
        let skewed = used(Order::Skewed, 1_000);
        let (least, most) = (skewed.iter().min(), skewed.iter().max());
        assert!(most > least.map(|least| least * 3).as_ref(), "{skewed:?}");
    }

    #[test]
    fn who_rests_is_passed_over_and_who_is_gone_never_comes_back() {
        let mut roster = Roster::new(Order::LeastRecent, 0.0);
        let mut rng = Rng::new(4);
        (0..3).for_each(|account| roster.add(account, 0));
        roster.rest(1, 50);
        assert!((1..40).all(|now| roster.take(now, &mut rng, |account| account == 2) == Some(0)));
        assert_eq!(roster.take(51, &mut rng, |account| account == 0), Some(1));
        assert_eq!(roster.take(52, &mut rng, |account| account == 1), None);
    }
}
