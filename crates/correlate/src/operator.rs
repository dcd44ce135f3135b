//! The correlate stage as an operator: one object's bucket in, links out.

use event::id::{Digest, ObjectKey};
use event::link::Link;
use event::sighting::{Layer, Sighted, Touch};
use event::time::{DAY, HOUR, MINUTE};
use step::{Bucket, Keyed, Operator, Stamped};

use crate::gather::Gathered;
use crate::sample::Sample;
use crate::state::{Artifact, Ground, Shared, SlotState};

/// The few numbers of this stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Width of a bucket; the same everywhere.
    pub bucket: i64,
    /// How long an artifact may come back. Longer: more state; conversations seldom rest for days.
    pub artifact_life: i64,
    /// How long a shared object is remembered after its last touch.
    pub object_life: i64,
    /// Other accounts with which an artifact counts as published, and says nothing any more.
    pub published: usize,
    /// Accounts from which a text is hot. Smaller: more templates of nobody.
    pub hot: u64,
    /// Accounts beyond which an object of identity is a hub, and names nobody any more.
    pub hub: usize,
    /// Rows per slot: artifacts, texts of one account, shared objects.
    pub rows_max: [usize; 3],
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bucket: MINUTE,
            artifact_life: 72 * HOUR,
            object_life: 14 * DAY,
            published: 20,
            hot: 8,
            hub: 512,
            rows_max: [4_096, 4_096, 4_096],
        }
    }
}

/// The correlate stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Correlator {
    /// Its numbers.
    pub config: Config,
}

impl Operator for Correlator {
    type State = SlotState;
    type Tables = Ground;
    type In = (Bucket, Gathered);
    type Out = Link;

    fn apply(
        &self,
        state: &mut SlotState,
        ground: &Ground,
        record: &Stamped<(Bucket, Gathered)>,
        out: &mut Vec<Link>,
    ) {
        let (bucket, gathered) = &record.record;
        match gathered.layer {
            Layer::Artifact => self.artifact(state, *bucket, gathered, out),
            Layer::Text => self.text(state, ground, *bucket, gathered, out),
            _ => self.identity(state, ground, *bucket, gathered, out),
        }
    }

    /// Forgets what is too old, and the oldest of what is too much; asked once an hour.
    fn close(&self, state: &mut SlotState, _: &Ground, bucket: Bucket, _: &mut Vec<Link>) {
        let buckets = |millis: i64| Bucket(bucket.0 - millis / self.config.bucket);
        let [artifacts, singles, shared] = self.config.rows_max;
        let artifact_life = buckets(self.config.artifact_life);
        forget(&mut state.artifacts, artifact_life, artifacts, |artifact| artifact.last);
        forget(&mut state.singles, buckets(DAY), singles, |single| single.1);
        forget(&mut state.shared, buckets(self.config.object_life), shared, |shared| shared.last);
    }
}

/// Drops rows last touched before `since`; if more than `most` are left, the oldest too, ties by
/// key.
fn forget<V>(
    table: &mut Keyed<ObjectKey, V>,
    since: Bucket,
    most: usize,
    last: impl Fn(&V) -> Bucket,
) {
    table.retain(|_, row| last(row) >= since);
    if table.len() > most {
        let mut ages: Vec<(Bucket, ObjectKey)> =
            table.unordered().map(|(key, row)| (last(row), key)).collect();
        let excess = table.len() - most;
        ages.select_nth_unstable(excess - 1);
        for (_, key) in ages.drain(..excess) {
            table.remove(key);
        }
    }
}

fn short(account: &Sighted) -> u32 {
    (account.account.0.0 >> 32) as u32
}

/// Accounts of one organisation are one party.
fn same_party(one: &Sighted, other: &Sighted) -> bool {
    one.account == other.account
        || (one.organization.is_some() && one.organization == other.organization)
}

impl Correlator {
    /// Mints first, then returns: what came back in the bucket of its making still has an owner.
    fn artifact(
        &self,
        state: &mut SlotState,
        bucket: Bucket,
        gathered: &Gathered,
        out: &mut Vec<Link>,
    ) {
        let minted = gathered.touches.iter().filter(|(touch, _)| *touch == Touch::Mint);
        let claim = minted.map(|(_, by)| by).min();
        if claim.is_none() && state.artifacts.get(gathered.object).is_none() {
            // Minted before we looked, or never: nobody to link to.
            return;
        }
        let artifact = state.artifacts.entry(gathered.object, Artifact::default);
        if artifact.minter.is_none() {
            artifact.minter = claim.cloned();
        }
        artifact.last = artifact.last.max(bucket);
        if gathered.touches.iter().all(|(touch, _)| *touch == Touch::Mint) {
            return;
        }
        let Some(minter) = artifact.minter.clone() else { return };
        for (touch, bearer) in &gathered.touches {
            let Touch::Reference(session) = touch else { continue };
            if same_party(&minter, bearer) || artifact.bearers.len() > self.config.published {
                continue;
            }
            if !artifact.bearers.contains(&short(bearer)) {
                artifact.bearers.push(short(bearer));
            }
            out.push(Link::Echo {
                minter: minter.clone(),
                bearer: bearer.clone(),
                session: *session,
            });
        }
    }

    /// Text: nobody is named, only how widely it is spread and a sample of among whom.
    fn text(
        &self,
        state: &mut SlotState,
        ground: &Ground,
        bucket: Bucket,
        gathered: &Gathered,
        out: &mut Vec<Link>,
    ) {
        let object = gathered.object;
        if state.shared.get(object).is_none() {
            let accounts = || gathered.touches.iter().map(|(_, by)| by.account);
            let Some(any) = accounts().next() else { return };
            // Nearly every text stays with the one account: one look, and no list of accounts.
            let single = state.singles.entry(object, || (any, bucket)).0;
            if accounts().all(|account| account == single) {
                return;
            }
            state.singles.remove(object);
            let mut shared = new_shared(Layer::Text, gathered, bucket);
            shared.sample.add(single);
            state.shared.insert(object, shared);
        }
        let Some(shared) = state.shared.get_mut(object) else { return };
        for (_, by) in &gathered.touches {
            shared.sample.add(by.account);
        }
        shared.last = bucket;
        if shared.sample.distinct() >= self.config.hot {
            self.tell(shared, object, ground, bucket, out);
        }
    }

    /// Payment, device, network, registration: each account that shares it is named.
    fn identity(
        &self,
        state: &mut SlotState,
        ground: &Ground,
        bucket: Bucket,
        gathered: &Gathered,
        out: &mut Vec<Link>,
    ) {
        let (object, layer) = (gathered.object, gathered.layer);
        let shared = state.shared.entry(object, || new_shared(layer, gathered, bucket));
        shared.last = bucket;
        for (_, by) in &gathered.touches {
            shared.sample.add(by.account);
            if shared.named.contains(&short(by)) || shared.named.len() >= self.config.hub {
                continue;
            }
            shared.named.push(short(by));
            match (shared.named.len(), shared.first.take()) {
                (1, _) => shared.first = Some(by.clone()),
                (_, first) => {
                    out.extend(first.into_iter().chain([by.clone()]).map(|account| Link::Shares {
                        object,
                        layer,
                        account,
                    }))
                }
            }
        }
        if shared.named.len() >= 2 {
            self.tell(shared, object, ground, bucket, out);
        }
    }

    /// Says how widely the object is shared, if that has grown by a quarter since it was last said.
    fn tell(
        &self,
        shared: &mut Shared,
        object: ObjectKey,
        ground: &Ground,
        bucket: Bucket,
        out: &mut Vec<Link>,
    ) {
        let accounts = shared.sample.distinct();
        if accounts * 4 < shared.told * 5 || accounts == shared.told || accounts < 2 {
            return;
        }
        shared.told = accounts;
        let width = self.config.bucket;
        out.push(Link::Spread {
            object,
            layer: shared.layer,
            tenant: shared.tenant,
            accounts,
            surprise: ground.surprise(shared.tenant, shared.layer, bucket, width, accounts),
            sample: shared.sample.values().to_vec(),
        });
    }
}

fn new_shared(layer: Layer, gathered: &Gathered, bucket: Bucket) -> Shared {
    Shared {
        layer,
        tenant: tenant_of(gathered),
        sample: Sample::default(),
        first: None,
        named: Vec::new(),
        told: 0,
        last: bucket,
    }
}

/// Objects are digests under their tenant, so all who touch one are of one tenant.
fn tenant_of(gathered: &Gathered) -> Digest {
    gathered.touches.first().map_or(Digest(0), |(_, by)| by.name.tenant_digest())
}
