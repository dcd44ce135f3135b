//! `iolaus topics`: the topics of an installation, made, compared with a cluster, and shown; and the
//! rights of each task.

use kafka::Settings;
use kafka::admin::check::{Findings, check};
use kafka::admin::connection::Seen;
use kafka::admin::{Connection, acls, topics};
use serde_json::json;

use super::{broker_failure, print_json};
use crate::cli::{Acls, CheckTopics, CreateTopics, Topics};
use crate::{Failure, config, unusable};

/// Runs the verb.
pub fn run(arguments: &Topics) -> Result<(), Failure> {
    match arguments {
        Topics::Create(arguments) => create(arguments),
        Topics::Check(arguments) => check_all(arguments),
        Topics::Describe(arguments) => describe(arguments),
        Topics::Acls(arguments) => acls_of_tasks(arguments),
    }
}

fn look(path: &std::path::Path) -> Result<(Settings, Connection, Findings), Failure> {
    let (_, settings) = config::read_kafka(path).map_err(unusable)?;
    let connection = Connection::open(&settings).map_err(broker_failure)?;
    let findings = check(&connection, &settings).map_err(broker_failure)?;
    Ok((settings, connection, findings))
}

fn create(arguments: &CreateTopics) -> Result<(), Failure> {
    let (settings, connection, findings) = look(&arguments.config)?;
    let copies =
        topics::copies(&connection, arguments.replication_factor).map_err(broker_failure)?;
    let missing = topics::missing(&findings).map_err(broker_failure)?;
    if !arguments.dry_run {
        topics::create(&connection, &settings, &missing, copies).map_err(broker_failure)?;
    }
    if arguments.json {
        return print_json(&json!({
            "created": missing,
            "replication_factor": copies,
            "dry_run": arguments.dry_run,
        }));
    }
    let done = if arguments.dry_run { "would create" } else { "created" };
    for topic in &missing {
        println!("{done} {} ({} partitions, {copies} replicas)", topic.name, topic.partitions);
    }
    if missing.is_empty() {
        println!(
            "every topic is there; `iolaus topics check` says whether each is as it should be"
        );
    }
    Ok(())
}

fn check_all(arguments: &CheckTopics) -> Result<(), Failure> {
    let (settings, _, findings) = look(&arguments.config)?;
    let count = findings.differences.len();
    if arguments.json {
        print_json(&json!({ "fits": count == 0, "differences": findings.differences }))?;
    } else {
        for difference in &findings.differences {
            println!("{difference}");
        }
        if count == 0 {
            let topics = findings.wanted.len();
            println!("{} fits: {topics} topics are as they should be", settings.bootstrap_servers);
        }
    }
    if count == 0 {
        return Ok(());
    }
    Err(Failure::Failed(anyhow::anyhow!("the cluster does not fit; differences: {count}")))
}

fn describe(arguments: &CheckTopics) -> Result<(), Failure> {
    let (_, _, findings) = look(&arguments.config)?;
    let found = |name: &str| match findings.seen.get(name) {
        Some(Seen::There(topic)) => (Some(topic.partitions), Some(topic.replicas)),
        _ => (None, None),
    };
    if arguments.json {
        let ours: Vec<_> = findings
            .wanted
            .iter()
            .map(|wanted| {
                let (partitions, replicas) = found(&wanted.name);
                json!({ "wanted": wanted, "found": { "partitions": partitions, "replicas": replicas } })
            })
            .collect();
        let inputs = findings.layout.inputs.iter();
        let inputs: Vec<_> =
            inputs.map(|(name, count)| json!({ "name": name, "partitions": count })).collect();
        return print_json(&json!({ "inputs": inputs, "topics": ours }));
    }
    let widest = findings.wanted.iter().map(|wanted| wanted.name.len()).max().unwrap_or(0);
    for (name, count) in &findings.layout.inputs {
        println!("{name:<widest$}  {count:>3} partitions  yours: what is looked at");
    }
    for wanted in &findings.wanted {
        let there = match found(&wanted.name) {
            (Some(partitions), Some(replicas)) if partitions == wanted.partitions => {
                format!("there, {replicas} replica(s)")
            }
            (Some(partitions), _) => format!("there with {partitions} partitions"),
            _ => "not there".to_owned(),
        };
        let kept: Vec<_> =
            wanted.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        println!(
            "{:<widest$}  {:>3} partitions  {there}: {} ({})",
            wanted.name,
            wanted.partitions,
            wanted.carries,
            kept.join(" ")
        );
    }
    Ok(())
}

fn acls_of_tasks(arguments: &Acls) -> Result<(), Failure> {
    let (_, settings) = config::read_kafka(&arguments.config).map_err(unusable)?;
    if !arguments.principal.contains("{task}") {
        let why = "has no {task} in it: each task needs a user of its own, or it could do what others may";
        return Err(unusable(anyhow::anyhow!("--principal {} {why}", arguments.principal)));
    }
    let grants = acls::grants(&settings, &arguments.principal);
    if arguments.json {
        return print_json(&grants);
    }
    for grant in &grants {
        println!("# {}: {}", grant.role, grant.principal);
        for command in grant.commands(&settings.bootstrap_servers) {
            println!("{command}");
        }
    }
    Ok(())
}
