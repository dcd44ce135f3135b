//! Which acts were in effect on whom, and when: the decisions of a replay as spans of time.
//!
//! A record replaces the earlier one of its key (tenant, lane, unit, id) from its own time on; a
//! lift or its expiry ends it. Lanes do not replace each other: the stricter holds. Shadow
//! decisions count like enforced ones, since the question is what would have happened; they are
//! counted apart.

use std::collections::BTreeMap;
use std::path::Path;

use event::EventTime;
use event::contract::{Action, Mode, Unit};
use serde::{Deserialize, Serialize};

use super::time::When;
use super::truth::Names;
use super::{Error, source};
use crate::simulate::reaction::Act;

/// An act in effect from `start` until just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it began.
    pub start: EventTime,
    /// When it ended.
    pub end: EventTime,
    /// What was done.
    pub action: Action,
    /// Whether it touched one flow of the account only.
    pub flow: bool,
}

impl Span {
    /// Whether it is in effect at `time`.
    #[must_use]
    pub fn covers(&self, time: EventTime) -> bool {
        self.start <= time && time < self.end
    }

    /// The same, as who is acted on meets it.
    #[must_use]
    pub fn act(&self) -> Act {
        let action = match self.action {
            Action::Block if self.flow => Action::Safeguard,
            action => action,
        };
        Act { from: self.start.0, until: self.end.0, action }
    }

    /// The first moment of `first..=last` at which it is in effect.
    #[must_use]
    pub fn first_within(&self, first: EventTime, last: EventTime) -> Option<EventTime> {
        let moment = self.start.max(first);
        (moment <= last && moment < self.end).then_some(moment)
    }
}

/// Acts on a cluster: whom they touch is known once its members at their start are.
pub struct OnCluster {
    /// What, and when.
    pub span: Span,
    /// The members, and the time of the record that named them.
    pub members: Option<(EventTime, std::rc::Rc<[u32]>)>,
    /// The evidence it states.
    pub nats: f64,
}

/// How many decisions there were, by mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Acted on.
    pub enforce: u64,
    /// Only written down.
    pub shadow: u64,
}

/// All acts above `observe`.
#[derive(Default)]
pub struct Decisions {
    /// On an account or one of its flows, by number of the account.
    pub accounts: BTreeMap<u32, Vec<Span>>,
    /// On a key or an organisation, by [`Decisions::shared`].
    pub units: Vec<Vec<Span>>,
    /// Keys and organisations with acts on them.
    shared: BTreeMap<(Unit, Box<str>), u32>,
    /// Whose keys and organisations they are, as far as the records say.
    pub owners: Vec<(u32, u32)>,
    /// On a cluster, by its id.
    pub clusters: BTreeMap<Box<str>, Vec<OnCluster>>,
    /// How many records.
    pub counts: Counts,
    /// The strongest act on each account, its flows and clusters, with its evidence in nats.
    pub scores: BTreeMap<u32, (Action, f64)>,
}

impl Decisions {
    /// The number of a key or organisation, if there are acts on it.
    #[must_use]
    pub fn shared(&self, unit: Unit, id: &str) -> Option<u32> {
        // Most deployments act on neither; that question should cost nothing per event.
        if self.shared.is_empty() {
            return None;
        }
        self.shared.get(&(unit, Box::from(id))).copied()
    }

    /// The number of a key or organisation that has acts on it from now on.
    fn share(&mut self, unit: Unit, id: &str) -> u32 {
        let next = u32::try_from(self.units.len()).expect("a file names fewer than 2^32 units");
        let number = *self.shared.entry((unit, id.into())).or_insert(next);
        if number == next {
            self.units.push(Vec::new());
        }
        number
    }

    /// Files one act under whom it touches.
    fn place(&mut self, record: &Record, span: Span, names: &mut Names) {
        let flow = record.unit == Unit::Flow;
        let span = Span { flow, ..span };
        let account = record.account_id.as_deref().map(|id| names.intern(id));
        if span.action == Action::Observe && record.unit != Unit::Cluster {
            // Watching touches nobody, but what was known counts for the ranking.
            if let Some(account) = account {
                self.score(account, span.action, record.nats);
            }
            return;
        }
        match (record.unit, account) {
            (Unit::Account | Unit::Flow, Some(account)) => {
                self.accounts.entry(account).or_default().push(span);
                self.score(account, span.action, record.nats);
            }
            (Unit::ApiKey | Unit::Organization, owner) => {
                let unit = self.share(record.unit, record.id());
                self.units[unit as usize].push(span);
                self.owners.extend(owner.map(|account| (account, unit)));
                if let Some(account) = owner {
                    self.score(account, span.action, record.nats);
                }
            }
            (Unit::Cluster | Unit::Flow | Unit::Account, _) => {
                let cluster = record.cluster_id.clone().unwrap_or_default();
                self.clusters.entry(cluster).or_default().push(OnCluster {
                    span,
                    members: None,
                    nats: record.nats,
                });
            }
        }
    }

    /// Gives the acts on clusters to the members they were taken on.
    pub fn spread_clusters(&mut self) {
        for act in std::mem::take(&mut self.clusters).into_values().flatten() {
            for &member in act.members.iter().flat_map(|(_, members)| members.iter()) {
                self.score(member, act.span.action, act.nats);
                if act.span.action >= Action::Verify {
                    self.accounts.entry(member).or_default().push(act.span);
                }
            }
        }
    }

    /// The stronger act counts first, then the evidence: what is declared, or allowed by people, may
    /// have all the evidence there is and is only watched.
    fn score(&mut self, account: u32, action: Action, nats: f64) {
        let best = self.scores.entry(account).or_insert((action, nats));
        if (action, nats) > *best {
            *best = (action, nats);
        }
    }
}

/// A line of `decisions.jsonl`, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    event_time: When,
    expires_at: Option<When>,
    #[serde(default)]
    tenant: Option<Box<str>>,
    lane: Option<Box<str>>,
    unit: Unit,
    account_id: Option<Box<str>>,
    api_key_id: Option<Box<str>>,
    organization_id: Option<Box<str>>,
    cluster_id: Option<Box<str>>,
    flow_id: Option<Box<str>>,
    action: Action,
    mode: Option<Mode>,
    #[serde(default)]
    sequence: u64,
    #[serde(default)]
    nats: f64,
}

impl Record {
    /// The id of its unit; empty if the record lacks it.
    fn id(&self) -> &str {
        let id = match self.unit {
            Unit::Account => &self.account_id,
            Unit::ApiKey => &self.api_key_id,
            Unit::Organization => &self.organization_id,
            Unit::Flow => &self.flow_id,
            Unit::Cluster => &self.cluster_id,
        };
        id.as_deref().unwrap_or_default()
    }

    fn checked(self) -> Result<Record, String> {
        let homeless = self.unit == Unit::Flow
            && self.account_id.is_none()
            && self.cluster_id.is_none()
            && self.action != Action::Lift;
        if self.id().is_empty() || homeless {
            return Err(format!("a decision on a {:?} without its id", self.unit));
        }
        Ok(self)
    }
}

/// Tenant, lane, unit and id: what a record replaces the earlier one of.
type Key = (Option<Box<str>>, Option<Box<str>>, Unit, Box<str>);

/// Reads the decisions a replay wrote.
///
/// # Errors
/// Where the file can't be read or a line is no decision.
pub fn read(path: &Path, names: &mut Names) -> Result<Decisions, Error> {
    let mut keys: BTreeMap<Key, Vec<Record>> = BTreeMap::new();
    let mut decisions = Decisions::default();
    source::for_each_line(path, |_, line| {
        let record = source::json::<Record>(line)?.checked()?;
        match record.mode {
            Some(Mode::Shadow) => decisions.counts.shadow += 1,
            _ => decisions.counts.enforce += 1,
        }
        let tenant = record.tenant.clone().filter(|tenant| !tenant.is_empty());
        let key = (tenant, record.lane.clone(), record.unit, record.id().into());
        keys.entry(key).or_default().push(record);
        Ok(())
    })?;
    for mut records in keys.into_values() {
        // Files are merged by time and key; the sequence is the order within a key.
        records.sort_by_key(|record| record.sequence);
        for (index, record) in records.iter().enumerate() {
            let replaced = records.get(index + 1).map_or(EventTime::MAX, |next| next.event_time.0);
            let expires = record.expires_at.map_or(EventTime::MAX, |when| when.0);
            let (start, end) = (record.event_time.0, replaced.min(expires));
            if record.action >= Action::Observe && start < end {
                let span = Span { start, end, action: record.action, flow: false };
                decisions.place(record, span, names);
            }
        }
    }
    Ok(decisions)
}
