//! Between rebuilds: which accounts of this bucket belong to a cluster that already lives.

use std::collections::{BTreeMap, BTreeSet};

use event::Nats;
use event::dossier::Membership;
use event::id::{AccountKey, Digest, ObjectKey};
use event::standing::Flow;

use crate::cohort::Carrier;
use crate::graph::{FLOOR, cap, echo_worth};
use crate::state::{Known, State};

/// What ties an account to a live cluster before it is taken in without a rebuild: twice what a
/// rebuild asks, since nobody is peeled until the next one.
const ENTRY: Nats = Nats::milli(9_200);
/// Requests on a cluster's own templates by which an account is recognised as one of it, if they are
/// most of what it does.
const REPLACEMENT_REQUESTS: u64 = 5;
/// Sessions among them: one long conversation repeats its first words in every request.
const REPLACEMENT_SESSIONS: u64 = 2;

/// The loose accounts that some live cluster might take in, of which `carriers` are the flows: whoever
/// has neither a partner nor a joining object nor a request on a cluster's own template is tied to
/// none, and nearly nobody has.
pub fn candidates(state: &State, carriers: &[Carrier]) -> Vec<AccountKey> {
    let owners = owners(state);
    let own: Vec<ObjectKey> = owners.into_keys().collect();
    let mut joining: Vec<ObjectKey> = Vec::new();
    joining.extend(state.objects.unordered().filter(|one| cap(one.1.layer).1).map(|one| one.0));
    joining.sort_unstable();
    let is_linked = |known: &Known| {
        !known.partners.is_empty()
            || known.objects.iter().any(|key| joining.binary_search(key).is_ok())
    };
    let is_loose = |known: &Known| known.cluster.is_none() && known.standing.is_some();
    let all = state.accounts.unordered();
    let linked = all.filter(|(_, known)| is_loose(known) && is_linked(known)).map(|one| one.0);
    let mut candidates: Vec<AccountKey> = linked.collect();
    let carrying = carriers.iter().filter(|(template, _)| own.binary_search(template).is_ok());
    let carrying = carrying.map(|(_, account)| *account);
    candidates.extend(carrying.filter(|one| state.accounts.get(*one).is_some_and(is_loose)));
    candidates.sort_unstable();
    candidates.dedup();
    candidates
}

/// Takes in those of `candidates`, which are in order, that belong to a live cluster; returns the clusters that grew.
pub fn attach(state: &mut State, candidates: &[AccountKey]) -> BTreeSet<Digest> {
    let mut grown = BTreeSet::new();
    let owners = owners(state);
    let mut holders = Holders::new();
    for account in candidates {
        let Some(known) = state.accounts.get(*account).filter(|known| known.cluster.is_none())
        else {
            continue;
        };
        let Some((cluster, membership)) = by_links(state, &mut holders, *account, known)
            .or_else(|| by_template(&owners, *account, known))
        else {
            continue;
        };
        if let Some(cluster) = state.clusters.get_mut(cluster)
            && let Err(at) = cluster.members.binary_search_by_key(account, |member| member.account)
        {
            cluster.members.insert(at, membership);
        }
        if let Some(known) = state.accounts.get_mut(*account) {
            known.cluster = Some(cluster);
        }
        grown.insert(cluster);
        // Those with whom it shares something see it in its cluster from now on.
        holders.clear();
    }
    grown
}

/// The clusters that hold an object, looked up once: behind a card are up to hundreds of accounts.
type Holders = BTreeMap<ObjectKey, BTreeSet<Digest>>;

fn by_links(
    state: &State,
    holders: &mut Holders,
    account: AccountKey,
    known: &Known,
) -> Option<(Digest, Membership)> {
    let cluster_of = |other: AccountKey| state.accounts.get(other).and_then(|one| one.cluster);
    let mut ties: BTreeMap<Digest, (Nats, Nats)> = BTreeMap::new();
    for partner in &known.partners {
        let key = (account.min(*partner), account.max(*partner));
        if let (Some(cluster), Some(echo)) = (cluster_of(*partner), state.echoes.get(key)) {
            let tie = ties.entry(cluster).or_default();
            tie.0 += echo_worth(echo.sessions.len(), known.partners.len());
        }
    }
    for (key, object) in
        known.objects.iter().filter_map(|key| Some((key, state.objects.get(*key)?)))
    {
        let (most, joins) = cap(object.layer);
        if joins {
            let clusters = holders.entry(*key).or_insert_with(|| {
                object.accounts.iter().filter_map(|other| cluster_of(*other)).collect()
            });
            for cluster in clusters.iter() {
                ties.entry(*cluster).or_default().1 += object.surprise.min(most);
            }
        }
    }
    ties.into_iter()
        .filter(|(cluster, _)| state.clusters.get(*cluster).is_some_and(|one| one.lives()))
        .map(|(cluster, (coordination, identity))| {
            let attachment = coordination + identity;
            (cluster, Membership { account, attachment, coordination, identity, core: false })
        })
        .filter(|(_, membership)| membership.attachment >= ENTRY)
        .max_by(|one, other| one.1.attachment.cmp(&other.1.attachment).then(other.0.cmp(&one.0)))
}

/// Templates that one live cluster has for its own; of several the smallest id.
fn owners(state: &State) -> BTreeMap<ObjectKey, Digest> {
    let mut owners = BTreeMap::new();
    for (id, cluster) in state.clusters.iter().filter(|(_, cluster)| cluster.lives()) {
        for template in &cluster.exclusive {
            owners.entry(*template).or_insert(id);
        }
    }
    owners
}

/// An account whose requests are mostly on the templates that only one cluster carries; variants of
/// one prompt take turns, so they count together.
fn by_template(
    owners: &BTreeMap<ObjectKey, Digest>,
    account: AccountKey,
    known: &Known,
) -> Option<(Digest, Membership)> {
    let standing = known.standing.as_ref()?;
    let mut sums: BTreeMap<Digest, Flow> = BTreeMap::new();
    for flow in &standing.flows {
        let Some(cluster) = owners.get(&flow.template) else { continue };
        let sum = sums.entry(*cluster).or_insert(Flow { before: u64::MAX, ..Flow::default() });
        sum.requests += flow.requests;
        sum.sessions += flow.sessions;
        sum.before = sum.before.min(flow.before);
    }
    let (cluster, _) = sums.into_iter().find(|(_, flow)| {
        flow.requests >= REPLACEMENT_REQUESTS
            && flow.sessions >= REPLACEMENT_SESSIONS
            && flow.is_most_of(standing.requests)
    })?;
    let membership = Membership {
        account,
        attachment: FLOOR,
        coordination: Nats::ZERO,
        identity: Nats::ZERO,
        core: false,
    };
    Some((cluster, membership))
}
