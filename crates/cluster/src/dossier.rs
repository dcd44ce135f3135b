//! Puts dossiers together from what is kept.

use std::collections::BTreeMap;

use event::EventTime;
use event::dossier::{Dossier, DossierMember, TemplateUse};
use event::id::{AccountKey, Digest, ObjectKey};
use event::sighting::Layer;
use event::standing::Standing;

use crate::state::{Cluster, State};

/// Templates listed in a dossier.
const TEMPLATES: usize = 16;

/// Puts the dossier of a cluster together.
#[must_use]
pub fn compile(
    state: &State,
    id: Digest,
    cluster: &Cluster,
    at: EventTime,
    changed: bool,
) -> Dossier {
    let members: Vec<DossierMember> = cluster
        .members
        .iter()
        .filter_map(|membership| {
            let known = state.accounts.get(membership.account)?;
            Some(DossierMember {
                name: known.name.clone(),
                organization: known.organization,
                membership: *membership,
                standing: known.standing.clone(),
            })
        })
        .collect();
    let keys = cluster.members.iter().map(|member| member.account);
    Dossier {
        id,
        at,
        sequence: cluster.sequence,
        status: cluster.status,
        parent: cluster.parent,
        changed,
        echoes: cluster.echoes,
        dispersion: cluster.dispersion,
        shared: shared(state, keys),
        templates: templates(state, members.iter().filter_map(|one| one.standing.as_deref())),
        members,
    }
}

fn shared(state: &State, members: impl Iterator<Item = AccountKey>) -> Vec<(Layer, u64, u64)> {
    let mut users: BTreeMap<(Layer, ObjectKey), u64> = BTreeMap::new();
    for known in members.filter_map(|account| state.accounts.get(account)) {
        for key in &known.objects {
            if let Some(object) = state.objects.get(*key) {
                *users.entry((object.layer, *key)).or_default() += 1;
            }
        }
    }
    let mut layers: BTreeMap<Layer, (u64, u64)> = BTreeMap::new();
    for ((layer, _), count) in users.into_iter().filter(|(_, count)| *count >= 2) {
        let row = layers.entry(layer).or_default();
        *row = (row.0 + 1, row.1 + count);
    }
    layers.into_iter().map(|(layer, (things, members))| (layer, things, members)).collect()
}

/// The templates of some accounts, those with most accounts first.
pub fn templates<'a>(
    state: &State,
    standings: impl Iterator<Item = &'a Standing>,
) -> Vec<TemplateUse> {
    let mut uses: BTreeMap<ObjectKey, (u64, u64)> = BTreeMap::new();
    for flow in standings.flat_map(|one| &one.flows) {
        let row = uses.entry(flow.template).or_default();
        *row = (row.0 + 1, row.1 + flow.requests);
    }
    let mut listed: Vec<TemplateUse> = uses
        .into_iter()
        .filter_map(|(template, (members, requests))| {
            let known = state.templates.get(template)?;
            let (population, surprise) = (known.population.max(members), known.surprise);
            Some(TemplateUse { template, members, requests, population, surprise })
        })
        .collect();
    listed.sort_by(|one, other| {
        other.members.cmp(&one.members).then(one.template.cmp(&other.template))
    });
    listed.truncate(TEMPLATES);
    listed
}
