//! Which acts touched an account: its own, its flows', its clusters', its keys' and organisations'.

use std::collections::{BTreeMap, BTreeSet};

use event::EventTime;
use event::contract::Action;

use super::decisions::{Decisions, Span};
use super::interval::wilson;
use super::report::{Accounts, Benign, Segment};
use super::stream::Stream;
use super::truth::Truth;

/// The acts, by account.
pub struct Touched<'a> {
    decisions: &'a Decisions,
    /// Keys and organisations of accounts, as far as anybody acted on them.
    units: BTreeMap<u32, Vec<u32>>,
    stolen: BTreeSet<u32>,
}

impl<'a> Touched<'a> {
    /// Brings decisions together with whose keys and organisations they are about.
    #[must_use]
    pub fn new(decisions: &'a Decisions, stream: Option<&Stream>) -> Touched<'a> {
        let known: BTreeSet<(u32, u32)> = match stream {
            Some(stream) => stream.owners.clone(),
            None => decisions.owners.iter().copied().collect(),
        };
        let mut units: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (account, unit) in known {
            units.entry(account).or_default().push(unit);
        }
        let stolen = stream.map(|stream| stream.stolen.clone()).unwrap_or_default();
        Touched { decisions, units, stolen }
    }

    /// All acts on an account.
    fn spans(&self, account: u32) -> impl Iterator<Item = &Span> {
        self.own(account).chain(self.shared(account).flat_map(|unit| self.unit(unit)))
    }

    fn own(&self, account: u32) -> impl Iterator<Item = &Span> {
        self.decisions.accounts.get(&account).into_iter().flatten()
    }

    fn shared(&self, account: u32) -> impl Iterator<Item = u32> {
        self.units.get(&account).into_iter().flatten().copied()
    }

    fn unit(&self, unit: u32) -> impl Iterator<Item = &Span> {
        self.decisions.units[unit as usize].iter()
    }

    /// When an account was first found, given when its campaign ran (none: at any time).
    #[must_use]
    pub fn found(&self, account: u32, run: Option<(EventTime, EventTime)>) -> Option<EventTime> {
        let (first, last) = run.unwrap_or((EventTime::MIN, EventTime::MAX));
        let strong = self.spans(account).filter(|span| span.action >= Action::Shape);
        strong.filter_map(|span| span.first_within(first, last)).min()
    }

    /// The strongest act a benign account ever bore. Rotating a key that did carry harvest helps
    /// its owner, so it is no harm.
    #[must_use]
    pub fn harm(&self, account: u32) -> Option<Action> {
        let own = self.own(account).map(|span| span.action);
        let shared = self.shared(account).filter(|unit| !self.stolen.contains(unit));
        own.chain(shared.flat_map(|unit| self.unit(unit).map(|span| span.action))).max()
    }

    /// Counts harm to benign accounts, in all and by segment.
    #[must_use]
    pub fn benign(&self, truth: &Truth) -> (Benign, Vec<Segment>) {
        let mut segments: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
        for (id, account) in (0u32..).zip(&truth.accounts) {
            if account.campaign.is_none() {
                let counts = segments.entry(truth.segments.text(account.segment)).or_default();
                let harm = self.harm(id);
                let reaches = |level| u64::from(harm.is_some_and(|harm| harm >= level));
                counts[0] += 1;
                counts[1] += reaches(Action::Verify);
                counts[2] += reaches(Action::Shape);
                counts[3] += reaches(Action::Block);
            }
        }
        let sum = |index: usize| segments.values().map(|counts| counts[index]).sum();
        let benign = benign([sum(0), sum(1), sum(2), sum(3)]);
        (benign, segments.into_iter().map(|(name, counts)| segment(name, counts)).collect())
    }

    /// Accounts that the truth does not know, shaped or worse.
    fn unlabelled_shaped(&self, truth: &Truth) -> u64 {
        let ids: BTreeSet<u32> =
            self.decisions.accounts.keys().chain(self.units.keys()).copied().collect();
        let unlabelled = ids.into_iter().filter(|id| truth.account(*id).is_none());
        unlabelled.filter(|id| self.harm(*id) >= Some(Action::Shape)).count() as u64
    }

    /// Precision and recall over accounts.
    #[must_use]
    pub fn accounts(&self, truth: &Truth, found: u64, benign_shaped: u64) -> Accounts {
        let attack = truth.attackers().count() as u64;
        Accounts {
            precision: super::interval::share(found, found + benign_shaped),
            recall: super::interval::share(found, attack),
            precision_interval: wilson(found, found + benign_shaped),
            recall_interval: wilson(found, attack),
            attack,
            found,
            unlabelled_shaped: self.unlabelled_shaped(truth),
        }
    }
}

fn benign([accounts, above_observe, shaped, blocked]: [u64; 4]) -> Benign {
    Benign {
        accounts,
        above_observe,
        shaped,
        blocked,
        above_observe_interval: wilson(above_observe, accounts),
        shaped_interval: wilson(shaped, accounts),
        blocked_interval: wilson(blocked, accounts),
    }
}

fn segment(name: &str, [accounts, above_observe, shaped, blocked]: [u64; 4]) -> Segment {
    let interval = wilson(above_observe, accounts);
    Segment {
        name: name.to_owned(),
        accounts,
        above_observe,
        shaped,
        blocked,
        wilson_low: interval.map(|interval| interval.low),
        wilson_high: interval.map(|interval| interval.high),
    }
}
