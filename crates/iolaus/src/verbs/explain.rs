//! `iolaus explain`: why an account or a cluster got its decision, heaviest reason first.

use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, anyhow};
use event::contract::Action;
use event::public::{Cluster, Decision, Fingerprint, Reason};
use serde::de::DeserializeOwned;

use super::print_json;
use crate::cli::Explain;
use crate::{Failure, unusable};

/// Everything that was written of an id.
#[derive(Debug, serde::Serialize)]
struct Found {
    clusters: Vec<Cluster>,
    decisions: Vec<Decision>,
    fingerprint: Option<Fingerprint>,
}

/// Runs the verb.
pub fn run(arguments: &Explain) -> Result<(), Failure> {
    let found = find(&arguments.output, &arguments.id)?;
    if found.clusters.is_empty() && found.decisions.is_empty() && found.fingerprint.is_none() {
        let (id, output) = (&arguments.id, arguments.output.display());
        return Err(unusable(anyhow!(
            "nothing in {output} is about `{id}`: no cluster, no decision, and no account with four \
             requests or more"
        )));
    }
    if arguments.json {
        return print_json(&found);
    }
    tell(&arguments.id, &found);
    Ok(())
}

fn find(output: &Path, id: &str) -> Result<Found, Failure> {
    let is = |field: &Option<Box<str>>| field.as_deref() == Some(id);
    let clusters: Vec<Cluster> = read(&output.join("clusters.jsonl"), |one: &Cluster| {
        &*one.cluster_id == id || one.members.iter().any(|member| &*member.account_id == id)
    })?;
    let about_cluster = clusters.iter().any(|cluster| &*cluster.cluster_id == id);
    let decisions = read(&output.join("decisions.jsonl"), |one: &Decision| {
        is(&one.account_id)
            || is(&one.api_key_id)
            || is(&one.flow_id)
            || (is(&one.cluster_id) && one.account_id.is_none() && about_cluster)
    })?;
    let mut fingerprints: Vec<Fingerprint> =
        read(&output.join("fingerprints.jsonl"), |one: &Fingerprint| &*one.account_id == id)?;
    Ok(Found { clusters, decisions, fingerprint: fingerprints.pop() })
}

/// The records of a file that are wanted, in order.
fn read<T: DeserializeOwned>(path: &Path, wanted: impl Fn(&T) -> bool) -> Result<Vec<T>, Failure> {
    let file = std::fs::File::open(path)
        .with_context(|| format!("cannot read {}: is this a replay's output?", path.display()))
        .map_err(unusable)?;
    let mut found = Vec::new();
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let place = || format!("{}:{}", path.display(), index + 1);
        let line = line.with_context(place)?;
        let record: T = serde_json::from_str(&line).with_context(place)?;
        if wanted(&record) {
            found.push(record);
        }
    }
    Ok(found)
}

fn tell(id: &str, found: &Found) {
    if let Some(cluster) = found.clusters.last() {
        let role = if &*cluster.cluster_id == id { "is a cluster of" } else { "is one of" };
        println!(
            "{id} {role} {} accounts that act as one ({}), first seen {}.",
            cluster.members.len(),
            cluster.cluster_id,
            event::rfc3339::format(cluster.first_seen)
        );
        println!(
            "  Harvesting: {:?}. Pooled or resold access: {:?}.",
            cluster.distillation, cluster.resale
        );
    }
    if let Some(print) = &found.fingerprint {
        println!(
            "{id} made {} requests in {} sessions since {}; {:.0} % look like harvesting (ordinary \
             accounts: under 15 %).",
            print.requests,
            print.sessions,
            event::rfc3339::format(print.first_seen),
            print.harvest_like_share * 100.0
        );
    }
    match found.decisions.iter().max_by_key(|one| (one.action, one.event_time)) {
        None => println!("Nothing was decided about it."),
        Some(strongest) => tell_decision(strongest, found.decisions.len()),
    }
}

fn tell_decision(decision: &Decision, count: usize) {
    let what = match decision.action {
        Action::Lift => "an earlier decision was lifted",
        Action::Observe => "it is watched; nothing changes for it",
        Action::Verify => "it is asked to verify who it is",
        Action::Shape => "its flow is slowed",
        Action::Safeguard => "its flow gets protected answers",
        Action::RotateKey => "its key is rotated",
        Action::Block => "it is blocked",
    };
    println!();
    println!(
        "Strongest of {count} decisions, {}: {what} ({}, {:.1} nats).",
        event::rfc3339::format(decision.event_time),
        decision.decision_id,
        decision.nats
    );
    for (index, reason) in decision.reasons.iter().enumerate() {
        let Reason { nats, value, normal, text, .. } = reason;
        println!("{:>3}. {text}", index + 1);
        println!("     seen: {value}; normal: {normal}; weight: {nats:.1} nats");
    }
    println!("What would make this benign: {}.", decision.benign_if);
    if let Some(until) = decision.expires_at {
        println!("It ends {} unless it is renewed.", event::rfc3339::format(until));
    }
}
