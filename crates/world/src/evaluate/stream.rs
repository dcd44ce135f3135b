//! Reads the input events for what only they know: when a campaign ran, which of its exchanges were
//! made while nothing held them, and whose keys and organisations there are.
//!
//! One pass, in memory that grows with attackers and acts, not with events.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use event::EventTime;
use event::contract::{Action, Unit};
use event::time::HOUR;
use serde::Deserialize;

use super::decisions::{Decisions, Span};
use super::pivot::Moved;
use super::time::When;
use super::truth::Truth;
use super::{Error, source};

/// Requests of one kind.
#[derive(Clone, Debug)]
pub struct Requests {
    /// How many were made.
    pub made: u64,
    /// Made while `safeguard` or more was in effect on a unit that carried them.
    pub contained: u64,
    /// Made while `shape` or more was in effect on the whole account, key or organisation.
    pub shaped: u64,
    /// Made while `safeguard` or more was in effect on a unit that says which requests it means: the
    /// whole account or cluster, key or organisation.
    pub called: u64,
    /// Made while only a flow of the account was under such an act: which of the account's requests
    /// ride on it the outputs don't say.
    pub unsaid: u64,
    /// When the first contained one was made.
    pub first_contained: Option<EventTime>,
    /// The time of the first.
    pub first: EventTime,
    /// The time of the last.
    pub last: EventTime,
    /// Made and contained, by the hour since 1970.
    pub timeline: BTreeMap<i64, [u64; 2]>,
}

impl Default for Requests {
    fn default() -> Self {
        let (first, last) = (EventTime::MAX, EventTime::MIN);
        Requests {
            made: 0,
            contained: 0,
            shaped: 0,
            called: 0,
            unsaid: 0,
            first_contained: None,
            first,
            last,
            timeline: BTreeMap::new(),
        }
    }
}

impl Requests {
    /// Adds others of the kind.
    pub fn add(&mut self, others: &Requests) {
        self.made += others.made;
        self.contained += others.contained;
        self.shaped += others.shaped;
        self.called += others.called;
        self.unsaid += others.unsaid;
        self.first_contained = self.first_contained.into_iter().chain(others.first_contained).min();
        self.first = self.first.min(others.first);
        self.last = self.last.max(others.last);
        for (hour, counts) in &others.timeline {
            let own = self.timeline.entry(*hour).or_default();
            own[0] += counts[0];
            own[1] += counts[1];
        }
    }
}

/// What the input says.
#[derive(Default)]
pub struct Stream {
    /// Lines that are events.
    pub events: u64,
    /// Of them, requests.
    pub requests: u64,
    /// Lines that are not; a platform's log holds some, and the replay sets them aside as well.
    pub unreadable: u64,
    /// The first of them, with file, line and reason.
    pub first_unreadable: Option<String>,
    /// When models were released.
    pub released: BTreeMap<Box<str>, EventTime>,
    /// Harvest of models that were released before, by campaign.
    pub moved: BTreeMap<u32, Moved>,
    /// The first and the last event's time.
    pub span: Option<(EventTime, EventTime)>,
    /// Requests the truth calls harvest, by account (none: without truth) and campaign.
    pub harvest: BTreeMap<(Option<u32>, u32), Requests>,
    /// All other requests of accounts of an operation.
    pub other: BTreeMap<u32, Requests>,
    /// Accounts of which the truth speaks request by request.
    pub labelled: BTreeSet<u32>,
    /// Accounts with keys and organisations that were acted on.
    pub owners: BTreeSet<(u32, u32)>,
    /// Keys that did carry harvest: to act on them harms nobody.
    pub stolen: BTreeSet<u32>,
    /// Accounts of the truth that occur, by number.
    pub seen: Vec<bool>,
}

/// A text that stays in the line it was read from, unless it holds escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The few fields that matter here; the rest of a line is skipped unread.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    event_time: When,
    #[serde(borrow)]
    event_id: Option<Text<'a>>,
    #[serde(borrow)]
    account_id: Option<Text<'a>>,
    #[serde(borrow)]
    organization_id: Option<Text<'a>>,
    #[serde(borrow)]
    api_key_id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    /// Of a model release.
    #[serde(rename = "kind", borrow)]
    change: Option<Text<'a>>,
}

/// Reads the inputs.
///
/// # Errors
/// Where a file can't be read. Lines that can't are counted.
pub fn read(inputs: &[PathBuf], truth: &mut Truth, decisions: &Decisions) -> Result<Stream, Error> {
    let mut stream = Stream { seen: vec![false; truth.accounts.len()], ..Stream::default() };
    for path in inputs {
        source::for_each_line(path, |number, text| {
            match source::json::<Line>(text) {
                Ok(line) => stream.take(&line, truth, decisions),
                Err(reason) => stream.set_aside(path, number, &reason),
            }
            Ok(())
        })?;
    }
    stream.owners.extend(&decisions.owners);
    Ok(stream)
}

impl Stream {
    fn set_aside(&mut self, path: &Path, line: u64, reason: &str) {
        self.unreadable += 1;
        self.first_unreadable.get_or_insert_with(|| format!("{}:{line}: {reason}", path.display()));
    }

    fn take(&mut self, line: &Line, truth: &mut Truth, decisions: &Decisions) {
        self.events += 1;
        let time = line.event_time.0;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        let Some(name) = &line.account_id else { return self.release(line) };
        let account = truth.names.get(&name.0);
        let known = account.filter(|id| truth.account(*id).is_some());
        if let Some(id) = known {
            self.seen[id as usize] = true;
        }
        let number =
            |unit, id: &Option<Text>| id.as_ref().and_then(|id| decisions.shared(unit, &id.0));
        let key = number(Unit::ApiKey, &line.api_key_id);
        let organization = number(Unit::Organization, &line.organization_id);
        for unit in [key, organization].into_iter().flatten() {
            self.owners.extend(account.map(|account| (account, unit)));
        }
        if line.kind.0 != "request" {
            return;
        }
        self.requests += 1;
        let exchange = line.event_id.as_ref().and_then(|id| truth.exchanges.get_mut(id.0.as_ref()));
        let mut campaign = None;
        if let Some(exchange) = exchange {
            if std::mem::replace(&mut exchange.seen, true) {
                return; // delivered twice, made once
            }
            campaign = exchange.campaign;
            self.labelled.extend(known);
        }
        if let Some(campaign) = campaign {
            self.stolen.extend(key);
            self.note_move(campaign, line);
        }
        let slot = match (campaign, known) {
            (Some(campaign), _) => self.harvest.entry((known, campaign)).or_default(),
            (None, Some(id)) if truth.accounts[id as usize].campaign.is_some() => {
                self.other.entry(id).or_default()
            }
            _ => return,
        };
        slot.add(&judge(time, account, &[key, organization], decisions));
    }

    fn release(&mut self, line: &Line) {
        let is_release = line.kind.0 == "model_release"
            && line.change.as_ref().is_none_or(|change| change.0 == "release");
        if let Some(model) = line.model.as_ref().filter(|_| is_release) {
            self.released.entry(model.0.as_ref().into()).or_insert(line.event_time.0);
        }
    }

    fn note_move(&mut self, campaign: u32, line: &Line) {
        let released = line.model.as_ref().and_then(|model| self.released.get(model.0.as_ref()));
        if released.is_some_and(|released| *released <= line.event_time.0) {
            let mut moved = self.moved.get(&campaign).copied();
            Moved::add(&mut moved, line.event_time.0);
            self.moved.extend(moved.map(|moved| (campaign, moved)));
        }
    }
}

/// One request, with what was in effect on the units that carried it.
fn judge(
    time: EventTime,
    account: Option<u32>,
    units: &[Option<u32>],
    decisions: &Decisions,
) -> Requests {
    let mut one = Requests { made: 1, first: time, last: time, ..Requests::default() };
    let own = account.and_then(|id| decisions.accounts.get(&id));
    let shared = units.iter().flatten().map(|unit| &decisions.units[*unit as usize]);
    let in_effect = |span: &&Span| span.covers(time);
    for span in own.into_iter().chain(shared).flatten().filter(in_effect) {
        one.contained |= u64::from(span.action >= Action::Safeguard);
        one.shaped |= u64::from(span.action >= Action::Shape && !span.flow);
        one.called |= u64::from(span.action >= Action::Safeguard && !span.flow);
    }
    one.unsaid = one.contained & !one.called;
    one.timeline.insert(time.0.div_euclid(HOUR), [1, one.contained]);
    one.first_contained = (one.contained > 0).then_some(time);
    one
}
