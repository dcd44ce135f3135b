//! The fingerprint stage as an operator: load, observe, say what follows. No arithmetic here.

use std::sync::Arc;

use event::enriched::{CAPABILITIES, Enriched, Fact, RequestFact};
use event::id::{AccountKey, Digest, Name, ObjectKey};
use event::observation::Observation;
use event::public::{Counted, Fingerprint};
use event::sighting::{Layer, Sighted, Stratum};
use event::standing::Standing;
use event::time::{HOUR, MINUTE};
use event::{EventTime, Nats};
use step::{Bucket, Keyed, One, Operator, Stamped, Versions, decay::decayed};

use crate::account::{Account, RECENT_IDS};
use crate::sight::{self, Touched};
use crate::{chain, features, flow};

/// Room for what nearly every record touches: one piece of memory, not one after another.
const TOUCHED: usize = 16;

/// The few numbers of this stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Equal event ids of an account within this time are one event. Longer: more ids are kept.
    pub dedup_window: i64,
    /// Width of a bucket; the same everywhere.
    pub bucket: i64,
    /// Own evidence from which the other stages are told of an account.
    pub floor: Nats,
}

impl Default for Config {
    fn default() -> Self {
        Config { dedup_window: 10 * MINUTE, bucket: MINUTE, floor: Nats::milli(2_000) }
    }
}

/// What the account task knows from the campaign task.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Templates by fingerprint.
    pub templates: Versions<ObjectKey, ObjectKey>,
    /// Fingerprints that clients add.
    pub known_texts: Versions<Digest, ()>,
    /// Accounts whose standings are wanted.
    pub watched: Versions<AccountKey, ()>,
}

/// What is kept per slot.
#[derive(Clone, Debug, Default)]
pub struct SlotState {
    /// Accounts. Bound: one row each of at most `ACCOUNT_BYTES_MAX` bytes. They lie apart: a table that
    /// grows moves its rows, and these are large.
    pub accounts: Keyed<AccountKey, Box<Account>>,
    /// Touches per stratum in buckets not announced yet; taken by [`SlotState::take_totals`].
    pub totals: Keyed<(Bucket, Stratum), u64>,
    /// The largest effective time this slot has seen.
    pub as_of: One<EventTime>,
}

step::persist_tables!(SlotState { 0 => accounts, 1 => totals, 2 => as_of });

impl SlotState {
    /// Takes out the totals of buckets before `end`.
    pub fn take_totals(&mut self, end: Bucket, out: &mut Vec<(Bucket, Stratum, u64)>) {
        if self.totals.is_empty() {
            return;
        }
        for key in self.totals.keys() {
            if key.0 < end
                && let Some(count) = self.totals.remove(key)
            {
                out.push((key.0, key.1, count));
            }
        }
    }

    /// The largest effective time this slot has seen.
    #[must_use]
    pub fn as_of(&self) -> EventTime {
        self.as_of.get().copied().unwrap_or(EventTime::MIN)
    }
}

/// What a record causes.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Out {
    /// The event was seen before.
    Duplicate,
    /// The account touched objects in this bucket.
    Sighted {
        /// The bucket.
        bucket: Bucket,
        /// The objects.
        touched: Vec<Touched>,
        /// Who touched them.
        by: Arc<Sighted>,
    },
    /// The joint lane wants to know how the account stands.
    Standing(Bucket, Box<Standing>),
    /// The account lane should look at it.
    Observation(Box<Observation>),
    /// Its fingerprint changed enough.
    Fingerprint {
        /// The slot's time.
        as_of: EventTime,
        /// How many were published of it before.
        sequence: u64,
        /// The record.
        fingerprint: Box<Fingerprint>,
    },
}

/// The fingerprint stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fingerprinter {
    /// Its numbers.
    pub config: Config,
}

impl Operator for Fingerprinter {
    type State = SlotState;
    type Tables = Tables;
    type In = Enriched;
    type Out = Out;

    fn apply(
        &self,
        state: &mut SlotState,
        tables: &Tables,
        record: &Stamped<Enriched>,
        out: &mut Vec<Out>,
    ) {
        let (event, at) = (&record.record, record.at);
        let new = || Account {
            name: event.name.clone(),
            first_seen: at,
            last_seen: at,
            ..Account::default()
        };
        let account = state.accounts.entry(event.account, || Box::new(new()));
        if self.is_duplicate(account, event.id, at) {
            out.push(Out::Duplicate);
            return;
        }
        account.records += 1;
        account.clamped += u64::from(record.clamped);
        account.last_seen = account.last_seen.max(at);
        let mut touched = Vec::with_capacity(TOUCHED);
        observe(account, tables, &event.fact, at, &mut touched);
        let as_of = state.as_of.get().map_or(at, |before| at.max(*before));
        state.as_of.set(as_of);
        self.say(account, tables, event, at, as_of, out);
        if !touched.is_empty() {
            let bucket = Bucket::of(at, self.config.bucket);
            count_totals(&mut state.totals, &event.name, bucket, at, &touched);
            out.push(Out::Sighted { bucket, touched, by: account.introduced(event.account) });
        }
    }
}

impl Fingerprinter {
    fn is_duplicate(&self, account: &mut Account, id: Digest, at: EventTime) -> bool {
        let window = self.config.dedup_window;
        // Looked for before anything is forgotten: a duplicate leaves no trace at all.
        let near = |seen: EventTime| at.since(seen).abs() <= window;
        if account.recent_ids.iter().any(|(known, seen)| *known == id && near(*seen)) {
            return true;
        }
        account.recent_ids.retain(|(_, seen)| at.since(*seen) <= window);
        if account.recent_ids.len() >= RECENT_IDS {
            account.recent_ids.remove(0);
        }
        account.recent_ids.push((id, at));
        false
    }

    /// Whatever others should hear of the account after this record.
    fn say(
        &self,
        account: &mut Account,
        tables: &Tables,
        event: &Enriched,
        at: EventTime,
        as_of: EventTime,
        out: &mut Vec<Out>,
    ) {
        let notable = account.content.max(account.orphans) >= self.config.floor;
        account.noted |= notable;
        if account.noted {
            out.push(Out::Observation(Box::new(observation(event.account, account, as_of))));
        }
        let wanted = account.noted
            || !account.flows.is_empty()
            || account.blocked_at.is_some()
            || tables.watched.at(&event.account, at).is_some();
        if wanted {
            let bucket = Bucket::of(at, self.config.bucket);
            out.push(Out::Standing(bucket, Box::new(standing(event.account, account))));
        }
        // At 4 requests, then whenever half as many again have come.
        if account.requests >= 4 && account.requests * 2 >= account.published * 3 {
            account.published = account.requests;
            account.publications += 1;
            out.push(Out::Fingerprint {
                as_of,
                sequence: account.publications - 1,
                fingerprint: Box::new(fingerprint(account)),
            });
        }
    }
}

fn observe(
    account: &mut Account,
    tables: &Tables,
    fact: &Fact,
    at: EventTime,
    touched: &mut Vec<Touched>,
) {
    match fact {
        Fact::Request(fact) => request(account, tables, fact, at, touched),
        Fact::Signup(fact) => {
            account.signed_up = true;
            account.organization = account.organization.or(fact.organization);
            sight::signup(account, fact, touched);
        }
        Fact::Payment(fact) => sight::payment(account, fact, touched),
        Fact::Enforcement(fact) if fact.blocked => {
            account.blocked_at = account.blocked_at.or(Some(at));
        }
        Fact::Enforcement(_) | Fact::Verification(_) => {}
    }
}

fn request(
    account: &mut Account,
    tables: &Tables,
    fact: &RequestFact,
    at: EventTime,
    touched: &mut Vec<Touched>,
) {
    account.organization = fact.organization.or(account.organization);
    if let Some(key) = &fact.api_key {
        // The key's name is the platform's; a tag of it is enough to count distinct ones.
        let folded = key.bytes().fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(byte));
        account.keys.note(folded);
    }
    let (session, begins_session) = features::session(account, fact, at);
    features::count(account, fact, at);
    let chained = chain::observe(account, &fact.last);
    features::content(account, fact, chained, begins_session);
    features::orphans(account, fact, begins_session);
    flow::observe(account, tables, fact, at, begins_session);
    let known = |print| tables.known_texts.at(&print, at).is_some();
    sight::request(account, fact, session, known, touched);
}

/// Counts what the nulls of `correlate` stand on: touches by layer, and by hour where people act by
/// the hour. Artifacts are counted too: so every bucket with a sighting is announced everywhere.
fn count_totals(
    totals: &mut Keyed<(Bucket, Stratum), u64>,
    name: &Name,
    bucket: Bucket,
    at: EventTime,
    touched: &[Touched],
) {
    let tenant = name.tenant_digest();
    for alike in touched.chunk_by(|one, next| one.layer == next.layer) {
        let layer = alike[0].layer;
        let hour = match layer {
            Layer::Text | Layer::Network => (at.0.rem_euclid(24 * HOUR) / HOUR) as u8,
            _ => Stratum::ALL_DAY,
        };
        *totals.entry((bucket, Stratum { tenant, layer, hour }), || 0) += alike.len() as u64;
    }
}

fn observation(key: AccountKey, account: &Account, as_of: EventTime) -> Observation {
    Observation {
        account: key,
        name: account.name.clone(),
        organization: account.organization,
        as_of,
        requests: account.requests,
        harvest_like: account.harvest_like,
        chained: account.chained,
        sessions: account.sessions,
        content: account.content,
        orphans: account.orphans,
    }
}

fn standing(key: AccountKey, account: &Account) -> Standing {
    let hours = account.hours.iter().enumerate().filter(|(_, count)| **count > 0);
    Standing {
        account: key,
        name: account.name.clone(),
        organization: account.organization,
        sequence: account.records,
        first_seen: account.first_seen,
        last_seen: account.last_seen,
        signed_up: account.signed_up,
        requests: account.requests,
        sessions: account.sessions,
        harvest_like: account.harvest_like,
        hours: hours.fold(0, |bits, (hour, _)| bits | 1 << hour),
        content: account.content,
        orphans: account.orphans,
        keys: account.keys.len() as u32,
        blocked_at: account.blocked_at,
        flows: account.flows.clone(),
        models: account.models.clone(),
    }
}

fn fingerprint(account: &Account) -> Fingerprint {
    let requests = account.requests.max(1);
    let share = |count: u64| (count * 1_000 / requests) as f64 / 1_000.0;
    let elapsed = account.last_seen.since(account.last_request);
    let recent = decayed(account.recent, elapsed, event::time::DAY);
    let counted = |name: &str, count: u64| Counted { name: name.into(), count };
    let mut capabilities: Vec<Counted> = CAPABILITIES
        .iter()
        .zip(account.capabilities)
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| counted(name, count.into()))
        .collect();
    capabilities
        .sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
    Fingerprint {
        account_id: account.name.id().into(),
        tenant: account.name.tenant().into(),
        event_time: account.last_seen,
        first_seen: account.first_seen,
        requests: account.requests,
        recent_requests: ((recent * 1_000) >> 16) as f64 / 1_000.0,
        sessions: account.sessions,
        clamped: account.clamped,
        tokens: account.tokens.map(|sum| sum / requests),
        chain_share: share(account.chained),
        harvest_like_share: share(account.harvest_like),
        capabilities,
        models: account.models.iter().map(|used| counted(&used.model, used.requests)).collect(),
        hours: account.hours,
        pauses: account.pauses,
        networks: account.networks.len() as u32,
        clients: account.clients.len() as u32,
        devices: account.devices.len() as u32,
        templates: account
            .flows
            .iter()
            .map(|flow| counted(&format!("t-{:016x}", flow.template.0.0), flow.requests))
            .collect(),
        content_nats: account.content.to_f64(),
        orphan_nats: account.orphans.to_f64(),
    }
}
