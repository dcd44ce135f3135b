//! The exact rebuild: components over hard links, with the weakly attached peeled off.
//!
//! Nodes are accounts; links are echoes (account to account) and shared things (account to object),
//! so a pool of n accounts behind one card costs n links, not n². Hard links join; soft ones
//! (networks, sign-up traits) only add to what ties a member to the others. Peeling is the
//! generalised core of V. Batagelj and M. Zaveršnik (2002) on the weights: while any account is tied
//! to the rest by less than the floor, it goes.

use std::collections::BTreeSet;

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

/// What an echo is worth: two sessions, or two partners of one of them, are needed for any.
#[must_use]
pub fn echo_worth(sessions: usize, partners: usize) -> Nats {
    if sessions < 2 && partners < 2 { Nats::ZERO } else { ECHO.times(sessions.min(2) as i64) }
}

/// A shared thing as the graph sees it.
struct Thing {
    nats: Nats,
    layer: Layer,
    /// Indices of those who share it.
    nodes: Vec<u32>,
    dispersion: Option<u64>,
}

/// What joins: accounts by index, echoes between them, things that they share.
///
/// Only accounts that something joins to others are nodes. Nothing here depends on the order in
/// which links are listed: sums, minima and sets come out of it.
struct Graph {
    /// By key, so that an index sorts as its account does.
    accounts: Vec<AccountKey>,
    echoes: Vec<(u32, u32, Nats)>,
    things: Vec<Thing>,
}

/// All components of at least `least` accounts, by their first account.
#[must_use]
pub fn components(state: &State, cohorts: &[Cohort], least: usize) -> Vec<Component> {
    let graph = build(state, cohorts);
    let groups = groups(&graph, least);
    let soft = soft(state, &graph, &groups);
    let ties = Ties::new(&graph, &soft);
    let found = groups.members.iter().filter_map(|members| {
        let members = ties.peel(members);
        (members.len() >= least).then(|| ties.component(&members))
    });
    found.collect()
}

fn build(state: &State, cohorts: &[Cohort]) -> Graph {
    let partners =
        |account: AccountKey| state.accounts.get(account).map_or(0, |known| known.partners.len());
    let mut echoes = Vec::new();
    for ((one, other), echo) in state.echoes.unordered() {
        let sessions = echo.sessions.len();
        // Two sessions are enough, whoever else is echoed.
        let most = if sessions < 2 { partners(one).max(partners(other)) } else { sessions };
        let nats = echo_worth(sessions, most);
        if nats > Nats::ZERO {
            echoes.push((one, other, nats));
        }
    }
    let mut shared = Vec::new();
    for (_, object) in state.objects.unordered() {
        let (most, joins) = cap(object.layer);
        let nats = object.surprise.min(most);
        if joins && nats != Nats::ZERO {
            let accounts = by_party(state, &object.accounts);
            if accounts.len() >= 2 {
                shared.push((nats, object.layer, accounts, None));
            }
        }
    }
    shared.extend(cohorts.iter().map(|cohort| {
        (cohort.nats, Layer::LoadBalance, cohort.accounts.clone(), cohort.dispersion)
    }));
    let mut accounts: Vec<AccountKey> =
        echoes.iter().flat_map(|(one, other, _)| [*one, *other]).collect();
    accounts.extend(shared.iter().flat_map(|(_, _, those, _)| those));
    accounts.sort_unstable();
    accounts.dedup();
    let node = |account: &AccountKey| node_of(&accounts, *account);
    let echoes = echoes
        .iter()
        .filter_map(|(one, other, nats)| Some((node(one)?, node(other)?, *nats)))
        .collect();
    let things = shared
        .iter()
        .map(|(nats, layer, those, dispersion)| Thing {
            nats: *nats,
            layer: *layer,
            nodes: those.iter().filter_map(node).collect(),
            dispersion: *dispersion,
        })
        .collect();
    Graph { accounts, echoes, things }
}

fn node_of(accounts: &[AccountKey], account: AccountKey) -> Option<u32> {
    accounts.binary_search(&account).ok().map(|index| index as u32)
}

/// One account for each party: what accounts of one organisation share among themselves says
/// nothing, so the first speaks for all. Accounts whose party is not known yet say nothing either.
fn by_party(state: &State, accounts: &[AccountKey]) -> Vec<AccountKey> {
    let mut organizations = BTreeSet::new();
    let speaks = |account: &&AccountKey| {
        let known = state.accounts.get(**account).filter(|known| known.has_party());
        known.is_some_and(|known| known.organization.is_none_or(|one| organizations.insert(one)))
    };
    accounts.iter().filter(speaks).copied().collect()
}

/// Components that are large enough to matter.
struct Groups {
    /// The nodes of each, in order; the groups by their first node.
    members: Vec<Vec<u32>>,
    /// The accounts of all of them, by key.
    accounts: Vec<AccountKey>,
}

fn groups(graph: &Graph, least: usize) -> Groups {
    let mut union = Union::new(graph.accounts.len());
    for (one, other, _) in &graph.echoes {
        union.join(*one, *other);
    }
    for thing in &graph.things {
        thing.nodes.windows(2).for_each(|pair| union.join(pair[0], pair[1]));
    }
    let mut by_root: Vec<Vec<u32>> = vec![Vec::new(); graph.accounts.len()];
    for node in 0..graph.accounts.len() as u32 {
        by_root[union.root(node) as usize].push(node);
    }
    let members: Vec<Vec<u32>> = by_root.into_iter().filter(|group| group.len() >= least).collect();
    let nodes = members.iter().flatten();
    let mut accounts: Vec<AccountKey> = nodes.map(|node| graph.accounts[*node as usize]).collect();
    accounts.sort_unstable();
    Groups { members, accounts }
}

/// Sets that grow together (union-find); the root of each is its smallest node.
struct Union(Vec<u32>);

impl Union {
    fn new(nodes: usize) -> Union {
        Union((0..nodes as u32).collect())
    }

    fn root(&mut self, mut node: u32) -> u32 {
        while self.0[node as usize] != node {
            let above = self.0[self.0[node as usize] as usize];
            self.0[node as usize] = above;
            node = above;
        }
        node
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}

/// The things that join nobody but add to what ties the members of groups: networks, sign-ups. Most
/// of them are shared by accounts that nothing joins, and are left out.
fn soft(state: &State, graph: &Graph, groups: &Groups) -> Vec<Thing> {
    let mut things = Vec::new();
    if groups.members.is_empty() {
        return things;
    }
    let grouped = |account: &&AccountKey| groups.accounts.binary_search(account).is_ok();
    for (_, object) in state.objects.unordered() {
        let (most, joins) = cap(object.layer);
        let nats = object.surprise.min(most);
        if joins || nats == Nats::ZERO || object.accounts.iter().filter(grouped).nth(1).is_none() {
            continue;
        }
        let accounts = by_party(state, &object.accounts);
        let nodes = accounts.iter().filter(grouped);
        let nodes = nodes.filter_map(|account| node_of(&graph.accounts, *account)).collect();
        things.push(Thing { nats, layer: object.layer, nodes, dispersion: None });
    }
    things
}

/// What ties each node: its echoes and its things.
struct Ties<'g> {
    graph: &'g Graph,
    things: Vec<&'g Thing>,
    echoes_of: Vec<Vec<(u32, Nats)>>,
    things_of: Vec<Vec<u32>>,
}

impl<'g> Ties<'g> {
    fn new(graph: &'g Graph, soft: &'g [Thing]) -> Ties<'g> {
        let nodes = graph.accounts.len();
        let things: Vec<&Thing> = graph.things.iter().chain(soft).collect();
        let (mut echoes_of, mut things_of) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
        for (one, other, nats) in &graph.echoes {
            echoes_of[*one as usize].push((*other, *nats));
            echoes_of[*other as usize].push((*one, *nats));
        }
        for (index, thing) in things.iter().enumerate() {
            thing.nodes.iter().for_each(|node| things_of[*node as usize].push(index as u32));
        }
        Ties { graph, things, echoes_of, things_of }
    }

    /// What ties a node to those that are `among`.
    fn tie(&self, node: u32, among: &Among) -> Membership {
        let echoes = self.echoes_of[node as usize].iter();
        let mut coordination: Nats =
            echoes.filter(|(other, _)| among.has(*other)).map(|(_, nats)| *nats).sum();
        let mut identity = Nats::ZERO;
        for index in &self.things_of[node as usize] {
            let thing = self.things[*index as usize];
            if among.sharing[*index as usize] >= 2 {
                match thing.layer {
                    Layer::LoadBalance => coordination += thing.nats,
                    _ => identity += thing.nats,
                }
            }
        }
        let account = self.graph.accounts[node as usize];
        let attachment = coordination + identity;
        Membership { account, attachment, coordination, identity, core: true }
    }

    fn among(&self, members: &[u32]) -> Among {
        let mut among =
            Among { there: vec![false; self.echoes_of.len()], sharing: vec![0; self.things.len()] };
        for node in members {
            among.there[*node as usize] = true;
            for index in &self.things_of[*node as usize] {
                among.sharing[*index as usize] += 1;
            }
        }
        among
    }

    /// Removes, until none is left, accounts that the others do not hold. The order of removal does
    /// not change what remains.
    fn peel(&self, members: &[u32]) -> Vec<u32> {
        let mut members = members.to_vec();
        loop {
            let among = self.among(&members);
            let before = members.len();
            members.retain(|node| self.tie(*node, &among).attachment >= FLOOR);
            if members.len() == before {
                return members;
            }
        }
    }

    /// The component that some nodes are.
    fn component(&self, nodes: &[u32]) -> Component {
        let among = self.among(nodes);
        let carried = self.things.iter().zip(&among.sharing).filter(|(_, sharing)| **sharing > 0);
        let dispersion = carried.filter_map(|(thing, _)| thing.dispersion).min();
        let ends = nodes.iter().flat_map(|node| &self.echoes_of[*node as usize]);
        let echoes = ends.filter(|(other, _)| among.has(*other)).count() as u64 / 2;
        let members = nodes.iter().map(|node| self.tie(*node, &among)).collect();
        Component { members, dispersion, echoes }
    }
}

/// Some nodes, and how many of them share each thing.
struct Among {
    there: Vec<bool>,
    sharing: Vec<u32>,
}

impl Among {
    fn has(&self, node: u32) -> bool {
        self.there[node as usize]
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
