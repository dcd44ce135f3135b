//! The cluster stage as an operator: buckets in, rows, clusters and dossiers out.

use std::collections::BTreeSet;
use std::sync::Arc;

use event::control::{Control, Word};
use event::dossier::Dossier;
use event::id::{AccountKey, Digest};
use event::link::Link;
use event::sighting::Layer;
use event::standing::{Flow, Standing};
use event::table::Entry;
use event::time::DAY;
use step::{Bucket, Operator, Stamped, TimeConfig};

use crate::attach;
use crate::cohort;
use crate::dossier::{compile, templates};
use crate::graph::{cap, components};
use crate::lineage::renew;
use crate::pending::{Complete, In};
use crate::state::{Echo, Known, Object, State};
use crate::template::{self, Hot};

/// Accounts that are looked for at once; see [`step::Keyed::foresee`].
const FORESEEN: usize = 16;

/// The few numbers of this stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Buckets and epochs.
    pub time: TimeConfig,
    /// Accounts from which a component is a cluster. With at most one false link in twenty per
    /// account and week a chance component of eight holds a benign account 3 times in 10^8.
    pub least: usize,
    /// How long echoes and shared objects stay alive after their last bucket.
    pub link_life: i64,
}

impl Default for Config {
    fn default() -> Self {
        Config { time: TimeConfig::default(), least: 8, link_life: 30 * DAY }
    }
}

/// What a closed bucket causes.
#[derive(Clone, Debug, PartialEq)]
pub enum Out {
    /// For the tables.
    Row(Entry),
    /// For `decide`: a cluster to judge.
    Dossier(Box<Dossier>),
    /// For `decide`: a control record, in order.
    Control(Box<Control>),
}

/// The cluster stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clusterer {
    /// Its numbers.
    pub config: Config,
}

impl Operator for Clusterer {
    type State = State;
    type Tables = ();
    type In = (Bucket, In);
    type Out = Out;

    fn apply(&self, state: &mut State, _: &(), record: &Stamped<(Bucket, In)>, _: &mut Vec<Out>) {
        let (bucket, record) = &record.record;
        state.pending.add(*bucket, record.clone());
    }

    fn close(&self, state: &mut State, _: &(), bucket: Bucket, out: &mut Vec<Out>) {
        let complete = state.pending.read_out(bucket);
        state.closed.set(bucket);
        let mut rows = Vec::new();
        let mut touched = Vec::new();
        for link in &complete.links {
            self.link(state, link, bucket, &mut touched, &mut rows);
        }
        self.people(state, complete, bucket, &mut touched, &mut rows, out);
        touched.sort_unstable();
        touched.dedup();
        watch(state, &touched, &mut rows);
        out.extend(rows.into_iter().map(Out::Row));
        let buckets_per_epoch = (self.config.time.epoch / self.config.time.bucket).max(1);
        if (bucket.0 + 1) % buckets_per_epoch == 0 {
            self.rebuild(state, bucket, out);
        } else {
            let grown = attach::attach(state, &touched);
            self.report(state, bucket, &grown, |_| false, out);
        }
    }
}

impl Clusterer {
    fn link(
        &self,
        state: &mut State,
        link: &Link,
        bucket: Bucket,
        touched: &mut Vec<AccountKey>,
        rows: &mut Vec<Entry>,
    ) {
        match link {
            Link::Echo { minter, bearer, session } => {
                let (one, other) = (minter.account, bearer.account);
                let echo = state.echoes.entry((one.min(other), one.max(other)), Echo::default);
                echo.last = echo.last.max(bucket);
                let short = (session.0 >> 32) as u32;
                if echo.sessions.len() < Echo::SESSIONS && !echo.sessions.contains(&short) {
                    echo.sessions.push(short);
                }
                for (here, there) in [(minter, other), (bearer, one)] {
                    let known = state.accounts.entry(here.account, Known::default);
                    known.introduce(here, bucket);
                    note(&mut known.partners, there, Known::PARTNERS);
                }
                touched.extend([one, other]);
            }
            Link::Shares { object, layer, account } => {
                let known = state.accounts.entry(account.account, Known::default);
                known.introduce(account, bucket);
                note(&mut known.objects, *object, Known::OBJECTS);
                let row = state.objects.entry(*object, || new_object(*layer));
                row.last = row.last.max(bucket);
                if let Err(at) = row.accounts.binary_search(&account.account) {
                    row.accounts.insert(at, account.account);
                }
                if cap(*layer).1 {
                    touched.push(account.account);
                }
            }
            Link::Spread { object, layer: Layer::Text, tenant, accounts, surprise, sample } => {
                let hot = Hot {
                    print: *object,
                    tenant: *tenant,
                    accounts: *accounts,
                    surprise: *surprise,
                    sample,
                };
                template::file(state, &hot, rows);
            }
            Link::Spread { object, layer, surprise, .. } => {
                let row = state.objects.entry(*object, || new_object(*layer));
                row.surprise = *surprise;
                row.last = row.last.max(bucket);
            }
        }
    }

    /// Standings and control records of the bucket.
    fn people(
        &self,
        state: &mut State,
        complete: Complete,
        bucket: Bucket,
        touched: &mut Vec<AccountKey>,
        rows: &mut Vec<Entry>,
        out: &mut Vec<Out>,
    ) {
        let mut standings = complete.standings.into_iter();
        while !standings.as_slice().is_empty() {
            let some = standings.as_slice().iter().take(FORESEEN);
            some.for_each(|standing| state.foresee(standing.account));
            for standing in standings.by_ref().take(FORESEEN) {
                touched.push(standing.account);
                hear(state, standing, bucket);
            }
        }
        for control in complete.control {
            if let Word::ClientReleased { fingerprints } = &control.word {
                let known = fingerprints.iter();
                rows.extend(known.map(|print| Entry::KnownText { fingerprint: *print }));
            }
            out.push(Out::Control(Box::new(control)));
        }
    }

    fn rebuild(&self, state: &mut State, bucket: Bucket, out: &mut Vec<Out>) {
        let oldest = Bucket(bucket.0 - self.config.link_life / self.config.time.bucket);
        state.echoes.retain(|_, echo| echo.last >= oldest);
        state.objects.retain(|_, object| object.last >= oldest);
        let (cohorts, carriers) = cohort::find(state);
        mark_pooled(state, &cohorts);
        let found = components(state, &cohorts, self.config.least);
        let changed: BTreeSet<Digest> = renew(state, found, bucket).into_iter().collect();
        let ids = state.clusters.keys();
        for id in &ids {
            own_templates(state, *id);
        }
        let loose = attach::candidates(state, &carriers);
        let grown = attach::attach(state, &loose);
        let live = ids.into_iter().filter(|id| {
            changed.contains(id) || state.clusters.get(*id).is_some_and(|one| one.lives())
        });
        let due: BTreeSet<Digest> = live.collect();
        let anew = |id: &Digest| !(changed.contains(id) || grown.contains(id));
        self.report(state, bucket, &due, anew, out);
    }

    /// Writes the dossiers of `due`; of those for which `same` holds nothing but standings changed.
    fn report(
        &self,
        state: &mut State,
        bucket: Bucket,
        due: &BTreeSet<Digest>,
        same: impl Fn(&Digest) -> bool,
        out: &mut Vec<Out>,
    ) {
        let at = bucket.end(self.config.time.bucket);
        for id in due {
            let Some(cluster) = state.clusters.get(*id) else { continue };
            let dossier = compile(state, *id, cluster, at, !same(id));
            if let Some(cluster) = state.clusters.get_mut(*id) {
                cluster.sequence += u64::from(dossier.changed);
                if cluster.status == event::public::ClusterStatus::Born {
                    cluster.status = event::public::ClusterStatus::Changed;
                }
            }
            out.push(Out::Dossier(Box::new(dossier)));
        }
    }
}

fn new_object(layer: Layer) -> Object {
    Object { layer, surprise: event::Nats::ZERO, accounts: Vec::new(), last: Bucket::default() }
}

fn note<T: PartialEq>(list: &mut Vec<T>, item: T, most: usize) {
    if list.len() < most && !list.contains(&item) {
        list.push(item);
    }
}

/// Notes which templates are carried by a pool.
fn mark_pooled(state: &mut State, cohorts: &[cohort::Cohort]) {
    for key in state.templates.keys() {
        let pooled = cohorts.iter().any(|cohort| cohort.template == key);
        if state.templates.get(key).is_some_and(|template| template.pooled != pooled)
            && let Some(template) = state.templates.get_mut(key)
        {
            template.pooled = pooled;
        }
    }
}

/// Takes a standing, its flows under the templates they turned out to be.
fn hear(state: &mut State, mut standing: Standing, bucket: Bucket) {
    if standing.flows.iter().any(|flow| state.resolve(flow.template) != flow.template) {
        resolve_flows(state, &mut standing);
    }
    let known = state.accounts.entry(standing.account, Known::default);
    if known.name != standing.name {
        known.name = standing.name.clone();
    }
    known.organization = standing.organization.or(known.organization);
    known.last = known.last.max(bucket);
    known.standing = Some(Arc::new(standing));
}

fn resolve_flows(state: &State, standing: &mut Standing) {
    let mut flows: Vec<Flow> = Vec::new();
    for mut flow in std::mem::take(&mut standing.flows) {
        flow.template = state.resolve(flow.template);
        match flows.iter_mut().find(|known| known.template == flow.template) {
            // One request may have counted on two parts of what is one template now.
            Some(known) => {
                known.requests = (known.requests + flow.requests).min(standing.requests);
                known.sessions = (known.sessions + flow.sessions).min(standing.sessions);
                known.before = known.before.min(flow.before);
                known.since = known.since.min(flow.since);
                known.until = known.until.max(flow.until);
            }
            None => flows.push(flow),
        }
    }
    flows.sort_by(|one, other| {
        other.requests.cmp(&one.requests).then(one.template.cmp(&other.template))
    });
    standing.flows = flows;
}

/// Asks for the standings of accounts that links named.
fn watch(state: &mut State, touched: &[AccountKey], rows: &mut Vec<Entry>) {
    for account in touched {
        if state.accounts.get(*account).is_some_and(|known| !known.watched)
            && let Some(known) = state.accounts.get_mut(*account)
        {
            known.watched = true;
            rows.push(Entry::Watched { account: *account, watched: true });
        }
    }
}

/// Notes which templates are the cluster's own, for recognising replacements.
fn own_templates(state: &mut State, id: Digest) {
    let Some(cluster) = state.clusters.get(id).filter(|one| one.lives()) else { return };
    let accounts = cluster.members.iter().filter_map(|one| state.accounts.get(one.account));
    let listed = templates(state, accounts.filter_map(|known| known.standing.as_deref()));
    let members = cluster.members.len() as u64;
    let mut own: Vec<_> = listed
        .iter()
        .filter(|one| {
            let pooled = state.templates.get(one.template).is_some_and(|known| known.pooled);
            let half = one.members * 2 >= one.population;
            one.is_common(members) && (one.is_exclusive() || (pooled && half))
        })
        .map(|one| one.template)
        .collect();
    own.sort_unstable();
    if let Some(cluster) = state.clusters.get_mut(id)
        && cluster.exclusive != own
    {
        cluster.exclusive = own;
    }
}
