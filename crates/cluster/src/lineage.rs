//! Identity over time: which new component continues which old cluster.
//!
//! A component continues the cluster with which it shares most members, if that is at least three
//! tenths of both together or half of the smaller (after D. Greene et al. 2010). Of several
//! components of one cluster the one with most keeps the id, the others are children; of several
//! clusters in one component the best matched, of equals the older, goes on and the others merge.

use std::collections::{BTreeMap, BTreeSet};

use event::dossier::Membership;
use event::id::{AccountKey, Digest};
use event::public::ClusterStatus;
use step::Bucket;

use crate::graph::Component;
use crate::state::{Cluster, State};

/// Matches the components of an epoch with the live clusters. Returns the clusters that changed, in
/// id order.
pub fn renew(state: &mut State, components: Vec<Component>, bucket: Bucket) -> Vec<Digest> {
    let pairs = overlaps(state, &components);
    let mut heir: BTreeMap<usize, Digest> = BTreeMap::new();
    let mut taken: BTreeMap<Digest, usize> = BTreeMap::new();
    for (_, _, cluster, index) in &pairs {
        if !heir.contains_key(index) && !taken.contains_key(cluster) {
            heir.insert(*index, *cluster);
            taken.insert(*cluster, *index);
        }
    }
    let placed: BTreeSet<AccountKey> =
        components.iter().flat_map(|one| one.members.iter().map(|member| member.account)).collect();
    let mut changed = Vec::new();
    for (index, component) in components.into_iter().enumerate() {
        let parent = pairs.iter().find(|pair| pair.3 == index).map(|pair| pair.2);
        let id = match heir.get(&index) {
            Some(id) => *id,
            None => birth(state, &component, parent, bucket),
        };
        if replace(state, id, component, &placed) {
            changed.push(id);
        }
    }
    changed.extend(retire(state, &pairs, &heir, &taken));
    changed.sort_unstable();
    changed.dedup();
    changed
}

/// Pairs that are alike enough: (shared members, most first; age, oldest first; cluster; component).
fn overlaps(state: &State, components: &[Component]) -> Vec<(usize, Bucket, Digest, usize)> {
    let mut pairs = Vec::new();
    for (index, component) in components.iter().enumerate() {
        let mut shared: BTreeMap<Digest, usize> = BTreeMap::new();
        for member in &component.members {
            let known = state.accounts.get(member.account);
            if let Some(cluster) = known.and_then(|known| known.cluster) {
                *shared.entry(cluster).or_default() += 1;
            }
        }
        for (id, both) in shared {
            let Some(cluster) = state.clusters.get(id).filter(|cluster| cluster.lives()) else {
                continue;
            };
            let (old, new) = (cluster.members.len(), component.members.len());
            if both * 10 >= (old + new - both) * 3 || both * 2 >= old.min(new) {
                pairs.push((both, cluster.born, id, index));
            }
        }
    }
    pairs.sort_by(|one, other| {
        other
            .0
            .cmp(&one.0)
            .then(one.1.cmp(&other.1))
            .then(one.2.cmp(&other.2))
            .then(one.3.cmp(&other.3))
    });
    pairs
}

/// A new cluster; its id comes from its first member and the time, so that every replay gives it.
fn birth(
    state: &mut State,
    component: &Component,
    parent: Option<Digest>,
    bucket: Bucket,
) -> Digest {
    let first = component.members.iter().map(|member| member.account.0.0).min().unwrap_or(0);
    let mut id =
        Digest(first.rotate_left(17) ^ (bucket.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    while state.clusters.get(id).is_some() {
        id = Digest(id.0.wrapping_add(1));
    }
    state.clusters.insert(
        id,
        Cluster {
            sequence: 0,
            status: ClusterStatus::Born,
            parent,
            born: bucket,
            members: Vec::new(),
            dispersion: None,
            echoes: 0,
            exclusive: Vec::new(),
            told: 0,
        },
    );
    id
}

/// Puts the component in the cluster's place. Members that no component has stay attached. Returns
/// whether anything changed.
fn replace(
    state: &mut State,
    id: Digest,
    component: Component,
    placed: &BTreeSet<AccountKey>,
) -> bool {
    let Some(cluster) = state.clusters.get(id) else { return false };
    let mut members = component.members;
    let attached: Vec<Membership> = cluster
        .members
        .iter()
        .filter(|member| !placed.contains(&member.account))
        .map(|member| Membership { core: false, ..*member })
        .collect();
    members.extend(attached);
    members.sort_unstable_by_key(|member| member.account);
    let dispersion = component.dispersion.or(cluster.dispersion);
    if members == cluster.members && dispersion == cluster.dispersion {
        return false;
    }
    for member in &members {
        if let Some(known) = state.accounts.get_mut(member.account) {
            known.cluster = Some(id);
        }
    }
    if let Some(cluster) = state.clusters.get_mut(id) {
        cluster.members = members;
        cluster.dispersion = dispersion;
        cluster.echoes = component.echoes;
    }
    true
}

/// Live clusters that no component continues merge into the one that took their members. Those
/// whose links have merely faded keep their members: nothing has spoken against them.
fn retire(
    state: &mut State,
    pairs: &[(usize, Bucket, Digest, usize)],
    heir: &BTreeMap<usize, Digest>,
    taken: &BTreeMap<Digest, usize>,
) -> Vec<Digest> {
    let mut merged = Vec::new();
    for (_, _, id, index) in pairs {
        let Some(into) = heir.get(index).filter(|into| *into != id) else { continue };
        if taken.contains_key(id) {
            continue;
        }
        if let Some(cluster) = state.clusters.get_mut(*id)
            && cluster.lives()
        {
            cluster.status = ClusterStatus::Merged;
            cluster.parent = Some(*into);
            let members = std::mem::take(&mut cluster.members);
            adopt(state, *into, members);
            merged.push(*id);
        }
    }
    merged
}

/// The merged cluster's attached members move with it.
fn adopt(state: &mut State, into: Digest, members: Vec<Membership>) {
    for member in members {
        let Some(known) = state.accounts.get_mut(member.account) else { continue };
        known.cluster = Some(into);
        let Some(cluster) = state.clusters.get_mut(into) else { continue };
        if let Err(at) = cluster.members.binary_search_by_key(&member.account, |one| one.account) {
            cluster.members.insert(at, Membership { core: false, ..member });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Known;
    use event::Nats;

    fn component(keys: std::ops::Range<u64>) -> Component {
        let member = |key| Membership {
            account: AccountKey(Digest(key)),
            attachment: Nats::milli(9_000),
            coordination: Nats::milli(9_000),
            identity: Nats::ZERO,
            core: true,
        };
        Component { members: keys.map(member).collect(), dispersion: None, echoes: 0 }
    }

    fn state() -> State {
        let mut state = State::default();
        for key in 0..100 {
            state.accounts.insert(AccountKey(Digest(key)), Known::default());
        }
        state
    }

    #[test]
    fn growth_keeps_the_id_and_nothing_changes_twice() {
        let mut state = state();
        let first = renew(&mut state, vec![component(0..10)], Bucket(1));
        let again = renew(&mut state, vec![component(0..10)], Bucket(2));
        let grown = renew(&mut state, vec![component(0..25)], Bucket(3));
        assert_eq!((first.len(), again.len()), (1, 0));
        assert_eq!(first, grown);
    }

    #[test]
    fn a_split_keeps_the_id_on_the_larger_part_and_names_the_parent() {
        let mut state = state();
        let whole = renew(&mut state, vec![component(0..30)], Bucket(1))[0];
        let parts = renew(&mut state, vec![component(0..10), component(10..30)], Bucket(2));
        assert_eq!(state.accounts.get(AccountKey(Digest(20))).unwrap().cluster, Some(whole));
        let child = parts.iter().find(|id| **id != whole).expect("a child was born");
        assert_eq!(state.clusters.get(*child).unwrap().parent, Some(whole));
    }

    #[test]
    fn a_merge_keeps_one_id_and_says_where_the_other_went() {
        let mut state = state();
        let small = renew(&mut state, vec![component(0..10)], Bucket(1))[0];
        renew(&mut state, vec![component(0..10), component(20..50)], Bucket(2));
        let large = state.accounts.get(AccountKey(Digest(30))).unwrap().cluster.unwrap();
        renew(&mut state, vec![component(0..50)], Bucket(3));
        assert_eq!(state.clusters.get(small).unwrap().status, ClusterStatus::Merged);
        assert_eq!(state.clusters.get(small).unwrap().parent, Some(large));
        assert_eq!(state.accounts.get(AccountKey(Digest(3))).unwrap().cluster, Some(large));
    }
}
