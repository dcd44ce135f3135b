//! One partition of the account task: fingerprint and the account lane, behind the gate of tables.
//!
//! A record at time t is folded only when the tables are complete to t. Before it waits, the shard
//! announces its own progress with the record's time already counted, so that whoever makes the
//! tables never waits for it in turn.

mod next;
mod resident;

use std::collections::BTreeMap;
use std::sync::Arc;

use decide::{AccountLane, AccountState, RuleTable};
use event::EventTime;
use event::enriched::Enriched;
use event::id::AccountKey;
use event::observation::Observation;
use event::sighting::{Sighted, Sighting, SightingBlock};
use event::standing::Standing;
use event::table::Entry;
use fingerprint::{Account, Fingerprinter, Out, Touched};
use serde::{Deserialize, Serialize};
use step::{
    Bucket, BySlot, Clock, Corrupt, Operator, Persist, Rows, Slot, Stamp, Stamped, decode, encode,
};

pub use next::Next;
pub use resident::{Resident, is_of_accounts};

use crate::control::Filed;
use crate::merge::Merge;
use crate::message::{
    Changes, Place, Progress, Published, Record, TableMessage, ToAccount, ToCampaign, ToObject,
};
use crate::topology::Stage;
use crate::{Config, Meter, Taken};

/// Sightings in a block, at most: what is one message must fit in a record of a broker.
const BLOCK_SIGHTINGS: usize = 8_192;

/// Records whose accounts are looked for at once.
pub const FORESEEN: usize = 16;

/// What an account shard hands out.
#[derive(Debug, Default)]
pub struct Handed {
    /// Public records.
    pub published: Vec<Published>,
    /// For each object partition.
    pub to_object: Vec<(u32, ToObject)>,
    /// For the campaign task.
    pub to_campaign: Vec<ToCampaign>,
    /// Rows of state that changed.
    pub changes: Changes,
}

/// What a shard counted; for reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records folded, duplicates included.
    pub folded: u64,
    /// Of these, requests.
    pub requests: u64,
    /// Records that had been seen before.
    pub duplicates: u64,
    /// Records that came too late to keep their time.
    pub clamped: u64,
    /// Objects touched.
    pub sightings: u64,
}

/// State of one slot.
#[derive(Clone, Debug, Default)]
struct SlotState {
    fingerprint: fingerprint::SlotState,
    decide: AccountState,
}

/// Where records come from.
#[derive(Clone, Debug)]
enum Source {
    /// One topic keyed by account: this partition's own clock.
    Direct(Clock<Taken>),
    /// `route`: what each source has closed, and the events of seconds still open.
    Routed(Merge),
}

/// Parts of the shard's state, for the changelog.
const FINGERPRINT: u8 = 0;
const DECIDE: u8 = 1;
const OWN: u8 = 2;

/// The shard's own row: what belongs to the driver and not to the result.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Own {
    clock: Option<Clock<Taken>>,
    filed: Filed,
    merge: Option<Merge>,
    announced: Bucket,
    latest: EventTime,
    ended: bool,
    counts: Counts,
}

/// One partition of the account task.
pub struct AccountShard {
    config: Config,
    objects: u32,
    source: Source,
    slots: BySlot<SlotState>,
    tables: fingerprint::Tables,
    rules: RuleTable,
    /// Tables are complete before this.
    complete: EventTime,
    filed: Filed,
    announced: Bucket,
    latest: EventTime,
    ended: bool,
    tracked: bool,
    counts: Counts,
    /// Observations of this step, for the account lane.
    observed: Vec<(Slot, Stamped<Observation>)>,
    blocks: BTreeMap<(u32, Bucket), SightingBlock>,
    /// What the record in hand causes; kept for its room.
    out: Vec<Out>,
    standings: BTreeMap<(Bucket, AccountKey), Box<Standing>>,
    handed: Handed,
}

impl AccountShard {
    /// A shard that reads one topic keyed by account, writing to `objects` object partitions.
    #[must_use]
    pub fn direct(config: Config, objects: u32, tracked: bool) -> AccountShard {
        AccountShard::new(config, objects, tracked, Source::Direct(Clock::default()))
    }

    /// A shard that reads what `sources` partitions of `route` send.
    #[must_use]
    pub fn routed(config: Config, objects: u32, tracked: bool, sources: usize) -> AccountShard {
        let closed = vec![(EventTime::MIN, None); sources];
        let merge = Merge { closed, ..Merge::default() };
        AccountShard::new(config, objects, tracked, Source::Routed(merge))
    }

    fn new(config: Config, objects: u32, tracked: bool, source: Source) -> AccountShard {
        AccountShard {
            config,
            objects,
            source,
            slots: BySlot::default(),
            tables: fingerprint::Tables::default(),
            rules: RuleTable::default(),
            complete: EventTime::MIN,
            filed: Filed::default(),
            announced: Bucket(i64::MIN),
            latest: EventTime::MIN,
            ended: false,
            tracked,
            counts: Counts::default(),
            observed: Vec::new(),
            blocks: BTreeMap::new(),
            out: Vec::new(),
            standings: BTreeMap::new(),
            handed: Handed::default(),
        }
    }

    /// Takes a message of the tables.
    pub fn table(&mut self, message: &TableMessage) {
        let row = match message {
            TableMessage::Complete(to) => {
                self.complete = self.complete.max(*to);
                return;
            }
            TableMessage::Row(row) => row,
        };
        let effect = row.effect;
        match &row.entry {
            Entry::Template { fingerprint, template } => {
                self.tables.templates.insert(*fingerprint, effect, *template);
            }
            Entry::KnownText { fingerprint } => {
                self.tables.known_texts.insert(*fingerprint, effect, Some(()));
            }
            Entry::Watched { account, watched } => {
                self.tables.watched.insert(*account, effect, watched.then_some(()));
            }
            Entry::Rule { subject, tenant, rule } => {
                self.rules.insert((*tenant, *subject), effect, rule.clone());
            }
        }
    }

    /// Whether a record of `time` could be folded now; if not, the shard has announced all it can
    /// and the record must be offered again when the tables have moved. Only for direct shards.
    pub fn admits(&mut self, time: EventTime) -> bool {
        let config = self.config.time;
        let Source::Direct(clock) = &self.source else { return true };
        match clock.stamp(time, &config) {
            Stamp::Ahead => true,
            Stamp::At { at, .. } => {
                let to = clock.watermark_with(time, &config);
                self.announce(to);
                at < self.complete
            }
        }
    }

    /// Whether the shard has something to say that was not handed out yet.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !(self.handed.to_campaign.is_empty() && self.handed.published.is_empty())
    }

    /// Looks for the accounts of the records that come next, all at once; see [`step::Keyed::foresee`].
    pub fn foresee<'a>(&self, upcoming: impl Iterator<Item = &'a Taken>) {
        let mut found = [None::<&Account>; FORESEEN];
        for (found, taken) in found.iter_mut().zip(upcoming) {
            let Taken::Account(record) = taken else { continue };
            fingerprint::foresee(record);
            let state = self.slots.get(Slot::of_key(record.name.id().as_bytes()));
            let accounts = state.map(|state| &state.fingerprint.accounts);
            *found = accounts.and_then(|one| one.foresee(record.account)).map(AsRef::as_ref);
        }
        found.into_iter().flatten().for_each(Account::foresee);
    }

    /// Takes a record that was admitted. It may be held back by the clock; see [`AccountShard::drain`].
    pub fn take(&mut self, record: Taken, meter: &mut dyn Meter) {
        let config = self.config.time;
        let Source::Direct(clock) = &mut self.source else { return };
        let time = record.time();
        if matches!(record, Taken::Clock(_)) {
            // Silence is over either way: what was held back was right.
            clock.confirm();
            clock.follow(time, record);
            return;
        }
        match clock.stamp(time, &config) {
            Stamp::Ahead => clock.hold(time, record, &config),
            Stamp::At { at, clamped } => {
                if clock.accept(time) {
                    clock.release(&config);
                    clock.follow(time, record);
                    return;
                }
                self.fold(Stamped { at, clamped, record }, meter);
            }
        }
    }

    /// Takes a message of `route`.
    pub fn routed_message(&mut self, source: usize, message: ToAccount) {
        let Source::Routed(merge) = &mut self.source else { return };
        match message {
            ToAccount::Event(stamped) => {
                let Stamped { at, clamped, record } = *stamped;
                let second = at.floor(event::time::SECOND);
                let record = Box::new(record);
                merge.waiting.entry(second).or_default().push(Stamped { at, clamped, record });
            }
            ToAccount::Closed { to, ended } => {
                if let Some(known) = merge.closed.get_mut(source) {
                    *known = (known.0.max(to), known.1.or(ended));
                }
            }
        }
        merge.open_seconds();
    }

    /// The newest time that a direct shard has accepted: what a silent input is to go on from.
    #[must_use]
    pub fn newest(&self) -> Option<EventTime> {
        match &self.source {
            Source::Direct(clock) => clock.newest(),
            Source::Routed(_) => None,
        }
    }

    /// Nothing more will come to a direct shard: what the clock held back is right after all.
    pub fn confirm(&mut self) {
        if let Source::Direct(clock) = &mut self.source {
            clock.confirm();
        }
    }

    /// Says so, once everything is folded. A routed shard ends when all its sources have.
    pub fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.close(Progress { to: self.announced, ended: Some(self.latest) });
        }
    }

    /// Whether all sources of a routed shard have ended and nothing waits.
    #[must_use]
    pub fn sources_ended(&self) -> bool {
        match &self.source {
            Source::Direct(_) => false,
            Source::Routed(merge) => {
                merge.closed.iter().all(|source| source.1.is_some())
                    && merge.waiting.is_empty()
                    && merge.ready.is_empty()
            }
        }
    }

    /// What a routed shard may announce although no event came.
    pub fn announce_closed(&mut self) {
        let to = match &self.source {
            Source::Routed(merge) if merge.ready.is_empty() => merge.least_closed(),
            _ => return,
        };
        if to > EventTime::MIN && to < EventTime::MAX {
            self.announce(to);
        }
    }

    fn announce(&mut self, watermark: EventTime) {
        let to = Bucket::of(watermark, self.config.time.bucket);
        if to > self.announced {
            self.announced = to;
            self.close(Progress { to, ended: None });
        }
    }

    /// Everything of the closed buckets goes out before the word that they are closed.
    fn close(&mut self, progress: Progress) {
        let mut totals = Vec::new();
        let end = if progress.ended.is_some() { Bucket(i64::MAX) } else { progress.to };
        for (_, state) in self.slots.iter_mut() {
            state.fingerprint.take_totals(end, &mut totals);
        }
        totals.sort_unstable();
        let mut summed: Vec<(Bucket, event::sighting::Stratum, u64)> = Vec::new();
        for (bucket, stratum, count) in totals {
            match summed.last_mut() {
                Some(last) if last.0 == bucket && last.1 == stratum => last.2 += count,
                _ => summed.push((bucket, stratum, count)),
            }
        }
        self.cut();
        for partition in 0..self.objects {
            self.handed.to_object.push((partition, ToObject::Closed(progress, summed.clone())));
        }
        self.handed.to_campaign.push(ToCampaign::Closed(progress));
    }

    /// Cuts the blocks: what was gathered becomes messages.
    fn cut(&mut self) {
        for ((partition, bucket), block) in std::mem::take(&mut self.blocks) {
            self.handed.to_object.push((partition, ToObject::Block(bucket, block)));
        }
        for ((bucket, _), standing) in std::mem::take(&mut self.standings) {
            self.handed.to_campaign.push(ToCampaign::Standing(bucket, standing));
        }
    }

    fn fold(&mut self, stamped: Stamped<Taken>, meter: &mut dyn Meter) {
        let Stamped { at, clamped, record } = stamped;
        self.latest = self.latest.max(at);
        match record {
            Taken::Account(record) => self.fold_event(Stamped { at, clamped, record }, meter),
            Taken::Control(control) => {
                let filed = self.filed.file(at, control, &self.config);
                self.handed.to_campaign.extend(filed);
            }
            Taken::Clock(_) => {}
        }
    }

    fn fold_event(&mut self, stamped: Stamped<Box<Enriched>>, meter: &mut dyn Meter) {
        meter.enter(Stage::Fingerprint);
        let Stamped { at, clamped, record } = stamped;
        self.counts.folded += 1;
        self.counts.clamped += u64::from(clamped);
        self.counts.requests += u64::from(matches!(record.fact, event::enriched::Fact::Request(_)));
        let slot = Slot::of_key(record.name.id().as_bytes());
        let tracked = self.tracked;
        let state = self.slots.entry(slot, || {
            let mut state = SlotState::default();
            if !tracked {
                state.fingerprint.untracked();
                state.decide.untracked();
            }
            state
        });
        let mut out = std::mem::take(&mut self.out);
        let operator = Fingerprinter { config: self.config.fingerprint };
        let stamped = Stamped { at, clamped, record: *record };
        operator.apply(&mut state.fingerprint, &self.tables, &stamped, &mut out);
        for one in out.drain(..) {
            self.pass_on(slot, at, clamped, one);
        }
        self.out = out;
    }

    fn pass_on(&mut self, slot: Slot, at: EventTime, clamped: bool, out: Out) {
        match out {
            Out::Duplicate => self.counts.duplicates += 1,
            Out::Observation(observation) => {
                self.observed.push((slot, Stamped { at, clamped, record: *observation }));
            }
            Out::Standing(bucket, standing) => {
                self.standings.insert((bucket, standing.account), standing);
            }
            Out::Fingerprint { as_of, sequence, fingerprint } => {
                let key = format!("{}:{}", fingerprint.tenant, fingerprint.account_id);
                let record = Record::Fingerprint(fingerprint);
                self.handed.published.push(Published { as_of, key, sequence, record });
            }
            Out::Sighted { bucket, touched, by } => {
                self.counts.sightings += touched.len() as u64;
                self.gather(bucket, &touched, &by);
            }
        }
    }

    fn gather(&mut self, bucket: Bucket, touched: &[Touched], by: &Arc<Sighted>) {
        for Touched { object, layer, touch } in touched.iter().copied() {
            let partition = step::partition_of(Slot::of_digest(object.0), self.objects);
            let block = self.blocks.entry((partition, bucket)).or_default();
            // A block says a set: whether it introduces an account once or twice means nothing.
            if !block.accounts.last().is_some_and(|last| Arc::ptr_eq(last, by)) {
                block.accounts.push(Arc::clone(by));
            }
            let place = block.accounts.len() as u32 - 1;
            block.sightings.push(Sighting { object, layer, touch, by: place });
            if block.sightings.len() == BLOCK_SIGHTINGS {
                let full = ToObject::Block(bucket, std::mem::take(block));
                self.handed.to_object.push((partition, full));
            }
        }
    }

    /// Ends a step: the account lane looks at what was observed, and everything is handed out.
    pub fn hand_out(&mut self, meter: &mut dyn Meter) -> Handed {
        if !self.observed.is_empty() {
            meter.enter(Stage::DecideAccount);
        }
        let mut decided = Vec::new();
        for (slot, observation) in std::mem::take(&mut self.observed) {
            if let Some(state) = self.slots.get_mut(slot) {
                AccountLane.apply(&mut state.decide, &self.rules, &observation, &mut decided);
            }
        }
        self.handed.published.extend(decided.into_iter().map(|one| Published {
            as_of: one.as_of,
            key: one.key,
            sequence: one.sequence,
            record: Record::Decision(Box::new(one.decision)),
        }));
        self.cut();
        if self.tracked {
            self.note_changes();
        }
        std::mem::take(&mut self.handed)
    }

    fn note_changes(&mut self) {
        let mut changes = Vec::new();
        for (slot, state) in self.slots.iter_mut() {
            for (part, persist) in [
                (FINGERPRINT, &mut state.fingerprint as &mut dyn Changing),
                (DECIDE, &mut state.decide),
            ] {
                persist.changes(&mut changes);
                let place = Place { part, slot };
                self.handed.changes.extend(changes.drain(..).map(|change| (place, change)));
            }
        }
        let own = Own {
            clock: match &self.source {
                Source::Direct(clock) => Some(clock.clone()),
                Source::Routed(_) => None,
            },
            merge: match &self.source {
                Source::Direct(_) => None,
                Source::Routed(merge) => Some(merge.clone()),
            },
            filed: self.filed.clone(),
            announced: self.announced,
            latest: self.latest,
            ended: self.ended,
            counts: self.counts,
        };
        let place = Place { part: OWN, slot: Slot(0) };
        self.handed.changes.push((place, (0, Vec::new(), Some(encode(&own)))));
    }

    /// Puts back a row of state.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn restore(
        &mut self,
        place: Place,
        table: step::TableId,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), Corrupt> {
        match (place.part, value) {
            (OWN, Some(value)) => self.restore_own(decode(value)?),
            (OWN, None) => {}
            (part, _) => {
                let state = self.slots.entry(place.slot, SlotState::default);
                match part {
                    FINGERPRINT => state.fingerprint.restore(table, key, value)?,
                    _ => state.decide.restore(table, key, value)?,
                }
            }
        }
        Ok(())
    }

    fn restore_own(&mut self, own: Own) {
        match (own.clock, own.merge) {
            (Some(clock), _) => self.source = Source::Direct(clock),
            (None, Some(merge)) => self.source = Source::Routed(merge),
            (None, None) => {}
        }
        self.filed = own.filed;
        self.announced = own.announced;
        self.latest = own.latest;
        self.ended = own.ended;
        self.counts = own.counts;
    }

    /// Every row of state at a place that is part of the result, in no particular order.
    pub fn rows(&self, place: Place, rows: &mut Rows) {
        match (self.slots.get(place.slot), place.part) {
            (Some(state), FINGERPRINT) => state.fingerprint.all_rows(rows),
            (Some(state), DECIDE) => state.decide.all_rows(rows),
            _ => {}
        }
    }

    /// Whether it has said that nothing more will come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// How many accounts there are.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        self.slots.iter().map(|(_, state)| state.fingerprint.accounts.len() as u64).sum()
    }

    /// What it counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// No public record still to come is older than this.
    #[must_use]
    pub fn watermark(&self) -> EventTime {
        match &self.source {
            _ if self.ended => EventTime::MAX,
            Source::Direct(clock) => clock.watermark(&self.config.time),
            Source::Routed(merge) => {
                let first = merge.ready.front().map(|stamped| stamped.at);
                first.unwrap_or(EventTime::MAX).min(merge.least_closed())
            }
        }
    }
}

/// A stage's state as what changed of it, whatever its type.
trait Changing {
    fn changes(&mut self, out: &mut Vec<step::Change>);
}

impl<S: Persist> Changing for S {
    fn changes(&mut self, out: &mut Vec<step::Change>) {
        self.take_changes(out);
    }
}
