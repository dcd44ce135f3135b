//! The exact rebuild: components over hard links, with the weakly attached peeled off.
//!
//! Nodes are accounts; links are echoes (account to account) and shared things (account to object),
//! so a pool of n accounts behind one card costs n links, not n². Hard links join; soft ones
//! (networks, sign-up traits) only add to what ties a member to the others. Peeling is the
//! generalised core of V. Batagelj and M. Zaveršnik (2002) on the weights: while any account is tied
//! to the rest by less than the floor, it goes.

use std::collections::{BTreeMap, BTreeSet};

use event::Nats;
use event::dossier::Membership;
use event::id::AccountKey;
use event::sighting::Layer;

use crate::cohort::Cohort;
use crate::state::State;

/// One session in which an account brought what was minted for another: benign accounts do that
/// at most once in ten thousand sessions.
pub const ECHO: Nats = Nats::milli(9_210);
/// What ties an account to a cluster at least.
pub const FLOOR: Nats = Nats::milli(4_600);

/// The most one shared object of a layer is worth, and whether it joins.
pub fn cap(layer: Layer) -> (Nats, bool) {
    match layer {
        Layer::Payment | Layer::Device => (Nats::milli(6_900), true),
        Layer::LoadBalance => (Nats::milli(9_200), true),
        Layer::Registration => (Nats::milli(2_300), false),
        Layer::Network => (Nats::milli(2_300), false),
        Layer::Artifact | Layer::Text => (Nats::ZERO, false),
    }
}

/// A component that survived the peel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its members, by key.
    pub members: Vec<Membership>,
    /// The dispersion of the rotation that ties it, if one does.
    pub dispersion: Option<u64>,
    /// Pairs of members between which artifacts passed.
    pub echoes: u64,
}

/// A shared thing as the graph sees it.
struct Thing {
    nats: Nats,
    layer: Layer,
    accounts: Vec<AccountKey>,
    dispersion: Option<u64>,
}

/// What an echo is worth: two sessions, or two partners of one of them, are needed for any.
#[must_use]
pub fn echo_worth(sessions: usize, partners: usize) -> Nats {
    if sessions < 2 && partners < 2 { Nats::ZERO } else { ECHO.times(sessions.min(2) as i64) }
}

/// Everything in the graph, ready to be walked.
struct Graph {
    echoes: BTreeMap<AccountKey, Vec<(AccountKey, Nats)>>,
    things: Vec<Thing>,
    of_account: BTreeMap<AccountKey, Vec<usize>>,
}

/// All components of at least `least` accounts.
#[must_use]
pub fn components(state: &State, cohorts: &[Cohort], least: usize) -> Vec<Component> {
    let graph = build(state, cohorts);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let nodes: BTreeSet<AccountKey> =
        graph.echoes.keys().chain(graph.of_account.keys()).copied().collect();
    for start in nodes {
        if seen.contains(&start) || (least > 1 && is_alone(&graph, start)) {
            continue;
        }
        let reached = reach(&graph, start);
        seen.extend(reached.iter().copied());
        if reached.len() >= least {
            split(&graph, peel(&graph, reached), least, &mut found);
        }
    }
    found
}

fn build(state: &State, cohorts: &[Cohort]) -> Graph {
    let partners =
        |account: AccountKey| state.accounts.get(account).map_or(0, |known| known.partners.len());
    let mut graph =
        Graph { echoes: BTreeMap::new(), things: Vec::new(), of_account: BTreeMap::new() };
    for ((one, other), echo) in state.echoes.iter() {
        let most = partners(one).max(partners(other));
        let nats = echo_worth(echo.sessions.len(), most);
        if nats > Nats::ZERO {
            graph.echoes.entry(one).or_default().push((other, nats));
            graph.echoes.entry(other).or_default().push((one, nats));
        }
    }
    for (_, object) in state.objects.iter() {
        let nats = object.surprise.min(cap(object.layer).0);
        if nats == Nats::ZERO {
            continue;
        }
        let accounts = by_party(state, &object.accounts);
        if accounts.len() >= 2 {
            graph.things.push(Thing { nats, layer: object.layer, accounts, dispersion: None });
        }
    }
    for cohort in cohorts {
        graph.things.push(Thing {
            nats: cohort.nats,
            layer: Layer::LoadBalance,
            accounts: cohort.accounts.clone(),
            dispersion: cohort.dispersion,
        });
    }
    for (index, thing) in graph.things.iter().enumerate() {
        for account in &thing.accounts {
            graph.of_account.entry(*account).or_default().push(index);
        }
    }
    graph
}

/// One account for each party: what accounts of one organisation share among themselves says
/// nothing, so the first speaks for all. Accounts whose party is not known yet say nothing either.
fn by_party(state: &State, accounts: &[AccountKey]) -> Vec<AccountKey> {
    let mut seen = BTreeSet::new();
    let known = accounts.iter().filter(|account| {
        let known = state.accounts.get(**account).filter(|known| known.has_party());
        known.is_some_and(|known| seen.insert(known.party(**account)))
    });
    known.copied().collect()
}

/// Whether nothing joins the account to any other, as with most of those that share a network.
fn is_alone(graph: &Graph, account: AccountKey) -> bool {
    let things = graph.of_account.get(&account).into_iter().flatten();
    !graph.echoes.contains_key(&account)
        && things.into_iter().all(|index| !cap(graph.things[*index].layer).1)
}

fn reach(graph: &Graph, start: AccountKey) -> BTreeSet<AccountKey> {
    let mut reached = BTreeSet::from([start]);
    let mut opened = BTreeSet::new();
    let mut queue = vec![start];
    while let Some(account) = queue.pop() {
        let echoes = graph.echoes.get(&account).into_iter().flatten().map(|(other, _)| *other);
        let things = graph.of_account.get(&account).into_iter().flatten();
        // Each thing is opened once, so that a card of n accounts costs n steps and not n².
        let shared = things
            .filter(|index| cap(graph.things[**index].layer).1 && opened.insert(**index))
            .flat_map(|index| graph.things[*index].accounts.iter().copied());
        let next: Vec<AccountKey> = echoes.chain(shared).collect();
        queue.extend(next.into_iter().filter(|other| reached.insert(*other)));
    }
    reached
}

/// What ties an account to the accounts in `among`.
fn tie(graph: &Graph, account: AccountKey, among: &BTreeSet<AccountKey>) -> Membership {
    let echoes = graph.echoes.get(&account).into_iter().flatten();
    let mut coordination: Nats =
        echoes.filter(|(other, _)| among.contains(other)).map(|(_, nats)| *nats).sum();
    let mut identity = Nats::ZERO;
    for index in graph.of_account.get(&account).into_iter().flatten() {
        let thing = &graph.things[*index];
        let others = thing.accounts.iter().filter(|other| among.contains(other)).take(2).count();
        if others >= 2 {
            match thing.layer {
                Layer::LoadBalance => coordination += thing.nats,
                _ => identity += thing.nats,
            }
        }
    }
    Membership { account, attachment: coordination + identity, coordination, identity, core: true }
}

/// Removes, until none is left, accounts that the others do not hold. The order of removal does not
/// change what remains.
fn peel(graph: &Graph, mut members: BTreeSet<AccountKey>) -> BTreeSet<AccountKey> {
    loop {
        let loose: Vec<AccountKey> = members
            .iter()
            .copied()
            .filter(|account| tie(graph, *account, &members).attachment < FLOOR)
            .collect();
        if loose.is_empty() {
            return members;
        }
        for account in loose {
            members.remove(&account);
        }
    }
}

/// Peeling may have cut a component in pieces; each that is large enough counts.
fn split(
    graph: &Graph,
    mut members: BTreeSet<AccountKey>,
    least: usize,
    found: &mut Vec<Component>,
) {
    while let Some(start) = members.first().copied() {
        let piece: BTreeSet<AccountKey> =
            reach(graph, start).intersection(&members).copied().collect();
        members.retain(|account| !piece.contains(account));
        if piece.len() < least {
            continue;
        }
        let dispersion = graph
            .things
            .iter()
            .filter(|thing| thing.accounts.iter().any(|account| piece.contains(account)))
            .filter_map(|thing| thing.dispersion)
            .min();
        let echoes = piece
            .iter()
            .flat_map(|account| graph.echoes.get(account).into_iter().flatten())
            .filter(|(other, _)| piece.contains(other))
            .count() as u64
            / 2;
        let members = piece.iter().map(|account| tie(graph, *account, &piece)).collect();
        found.push(Component { members, dispersion, echoes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Echo, Known, Object};
    use event::id::{Digest, ObjectKey};
    use step::Bucket;

    fn account(key: u64) -> AccountKey {
        AccountKey(Digest(key))
    }

    fn echo(state: &mut State, one: u64, other: u64, sessions: u32) {
        let key = (account(one.min(other)), account(one.max(other)));
        state.echoes.insert(key, Echo { sessions: (0..sessions).collect(), last: Bucket(0) });
        for (here, there) in [(one, other), (other, one)] {
            state.accounts.entry(account(here), Known::default).partners.push(account(there));
        }
    }

    #[test]
    fn a_ring_is_a_component_and_a_pair_is_not() {
        let mut state = State::default();
        for index in 0..10 {
            echo(&mut state, index, (index + 1) % 10, 1);
        }
        echo(&mut state, 100, 101, 3);
        let found = components(&state, &[], 8);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].members.len(), 10);
    }

    #[test]
    fn one_organisation_sharing_its_card_is_one_party() {
        let mut state = State::default();
        let accounts: Vec<_> = (0..20).map(account).collect();
        for key in &accounts {
            let known = Known { organization: Some(Digest(9)), ..Known::default() };
            state.accounts.insert(*key, known);
        }
        let object = Object {
            layer: Layer::Payment,
            surprise: Nats::milli(6_000),
            accounts: accounts.clone(),
            last: Bucket(0),
        };
        state.objects.insert(ObjectKey(Digest(1)), object.clone());
        assert!(components(&state, &[], 8).is_empty());
        for key in &accounts {
            let known = state.accounts.get_mut(*key).expect("it was put there");
            known.organization = Some(key.0);
        }
        assert_eq!(components(&state, &[], 8).len(), 1);
    }

    #[test]
    fn a_shared_network_alone_joins_nobody() {
        let mut state = State::default();
        let object = Object {
            layer: Layer::Network,
            surprise: Nats::milli(9_000),
            accounts: (0..300).map(account).collect(),
            last: Bucket(0),
        };
        state.objects.insert(ObjectKey(Digest(1)), object);
        assert!(components(&state, &[], 8).is_empty());
    }

    #[test]
    fn the_weakly_tied_are_peeled_off() {
        let mut state = State::default();
        for index in 0..10 {
            echo(&mut state, index, (index + 1) % 10, 1);
        }
        state.accounts.insert(account(50), Known::default());
        for key in [0, 50] {
            let known = state.accounts.get_mut(account(key)).expect("it was put there");
            known.organization = Some(Digest(key));
        }
        let object = Object {
            layer: Layer::Device,
            surprise: Nats::milli(3_000),
            accounts: vec![account(0), account(50)],
            last: Bucket(0),
        };
        state.objects.insert(ObjectKey(Digest(1)), object);
        let found = components(&state, &[], 8);
        assert_eq!(found[0].members.len(), 10, "3 nats do not hold account 50");
    }
}
