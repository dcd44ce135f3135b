//! Who was in which cluster: at the end, for the agreement with the truth; when first, for how fast
//! a new account of a campaign is linked to it; and when somebody acted on a cluster.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use event::EventTime;
use serde::Deserialize;

use super::decisions::{Decisions, OnCluster};
use super::interval::share;
use super::time::When;
use super::truth::{Names, Truth};
use super::{Error, source};

/// What the cluster records say about accounts.
#[derive(Default)]
pub struct Membership {
    /// The cluster of each account by the last records.
    pub cluster_of: BTreeMap<u32, u32>,
    /// How much of an account's traffic its cluster claims, where the records say so.
    pub harvest_share: BTreeMap<u32, f64>,
    /// When an account was first in a cluster with another account of its campaign.
    pub linked: BTreeMap<u32, EventTime>,
    /// What each cluster is said to do, by its number: distillation and resale.
    pub verdicts: BTreeMap<u32, String>,
    /// The number of each cluster id: that of the cluster it became part of in the end.
    pub numbers: BTreeMap<Box<str>, u32>,
}

/// A line of `clusters.jsonl`, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    event_time: When,
    cluster_id: Box<str>,
    status: Option<Box<str>>,
    merged_into: Option<Box<str>>,
    requests: Option<u64>,
    template_requests: Option<u64>,
    members: Option<Vec<Member>>,
    distillation: Option<serde_json::Value>,
    resale: Option<serde_json::Value>,
}

impl Record {
    /// Its two verdicts in words.
    fn verdict(&self) -> Option<String> {
        let word = |value: &Option<serde_json::Value>| {
            let value = value.as_ref()?;
            let said = value.as_str().or_else(|| value.get("verdict")?.as_str());
            said.map(str::to_owned)
        };
        let (distillation, resale) = (word(&self.distillation)?, word(&self.resale)?);
        Some(format!("distillation {distillation}, resale {resale}"))
    }

    /// How much of its members' traffic the cluster claims.
    fn harvest_share(&self) -> Option<f64> {
        share(self.template_requests?, self.requests?)
    }
}

#[derive(Deserialize)]
struct Member {
    account_id: Box<str>,
    weight: Option<f64>,
    harvest_share: Option<f64>,
}

/// A member as it is kept: account, weight, share of its traffic.
type Kept = (u32, f64, Option<f64>);

/// What is known of a cluster after its last record.
#[derive(Default)]
struct Cluster {
    members: Vec<Kept>,
    merged_into: Option<Box<str>>,
    verdict: Option<String>,
}

/// Reads the clusters a replay wrote, and tells acts on clusters their members.
///
/// # Errors
/// Where the file can't be read or a line is no cluster record.
pub fn read(
    path: &Path,
    truth: &mut Truth,
    decisions: &mut Decisions,
) -> Result<Membership, Error> {
    let mut clusters: BTreeMap<Box<str>, Cluster> = BTreeMap::new();
    let mut membership = Membership::default();
    source::for_each_line(path, |_, line| {
        let record: Record = source::json(line)?;
        let cluster = clusters.entry(record.cluster_id.clone()).or_default();
        if let Some(members) = &record.members {
            let members = keep(members, record.harvest_share(), &mut truth.names);
            let acts = decisions.clusters.get_mut(&record.cluster_id);
            tell(acts.into_iter().flatten(), record.event_time.0, &members);
            link(&mut membership.linked, record.event_time.0, &members, truth);
            // An operation that fell silent is over; whose accounts those were is still known.
            let ended = record.merged_into.is_some() || record.status.as_deref() == Some("ended");
            if !(ended && members.is_empty()) {
                cluster.members = members;
            }
        }
        cluster.verdict = record.verdict().or(cluster.verdict.take());
        cluster.merged_into = record.merged_into;
        Ok(())
    })?;
    settle(&clusters, &mut membership);
    Ok(membership)
}

fn keep(members: &[Member], share: Option<f64>, names: &mut Names) -> Vec<Kept> {
    let one = |member: &Member| {
        let weight = member.weight.filter(|weight| weight.is_finite()).unwrap_or(1.0);
        (names.intern(&member.account_id), weight, member.harvest_share.or(share))
    };
    members.iter().map(one).collect()
}

/// An act on a cluster touches the members of its last record at that time; if the cluster's first
/// record came only later, of that one.
fn tell<'a>(acts: impl Iterator<Item = &'a mut OnCluster>, time: EventTime, members: &[Kept]) {
    let mut shared: Option<Rc<[u32]>> = None;
    for act in acts {
        let known = act.members.as_ref().map(|(known, _)| *known);
        let newer = time <= act.span.start
            && known.is_none_or(|known| known <= time || known > act.span.start);
        if newer || known.is_none() {
            let shared =
                shared.get_or_insert_with(|| members.iter().map(|member| member.0).collect());
            act.members = Some((time, Rc::clone(shared)));
        }
    }
}

/// Notes who is, for the first time, together with another account of its campaign.
fn link(linked: &mut BTreeMap<u32, EventTime>, time: EventTime, members: &[Kept], truth: &Truth) {
    let campaign = |member: &Kept| truth.account(member.0).and_then(|account| account.campaign);
    let mut mates: BTreeMap<u32, u32> = BTreeMap::new();
    for campaign in members.iter().filter_map(campaign) {
        *mates.entry(campaign).or_default() += 1;
    }
    for member in members {
        if campaign(member).is_some_and(|campaign| mates[&campaign] > 1) {
            let first = linked.entry(member.0).or_insert(time);
            *first = time.min(*first);
        }
    }
}

/// Gives each account the cluster it weighs most in, then the one with the smallest id.
fn settle(clusters: &BTreeMap<Box<str>, Cluster>, membership: &mut Membership) {
    let mut best: BTreeMap<u32, f64> = BTreeMap::new();
    let mut survivors = Names::default();
    for (id, cluster) in clusters {
        let number = survivors.intern(survivor(clusters, id));
        membership.numbers.insert(id.clone(), number);
        if let Some(verdict) = &cluster.verdict {
            membership.verdicts.entry(number).or_insert_with(|| verdict.clone());
        }
        for &(account, weight, share) in &cluster.members {
            // In order of ids, so an equal weight leaves the smaller id in place.
            if best.get(&account).is_none_or(|before| weight > *before) {
                best.insert(account, weight);
                membership.cluster_of.insert(account, number);
                match share {
                    Some(share) => membership.harvest_share.insert(account, share),
                    None => membership.harvest_share.remove(&account),
                };
            }
        }
    }
}

/// The cluster that `id` has become part of in the end.
fn survivor<'a>(clusters: &'a BTreeMap<Box<str>, Cluster>, id: &'a str) -> &'a str {
    let mut last = id;
    // Each step names another cluster, so a longer way than their number is a circle.
    for _ in 0..clusters.len() {
        match clusters.get(last).and_then(|cluster| cluster.merged_into.as_deref()) {
            Some(next) => last = next,
            None => return last,
        }
    }
    id
}
