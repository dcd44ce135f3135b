//! `iolaus dlq`: what could not be used, and another try for it.

use kafka::admin::dead_letters::{Filter, Letters, Outcome, Standing, read, replay};
use serde_json::json;

use super::{broker_failure, print_json};
use crate::cli::{Dlq, ListLetters, ReplayLetters};
use crate::{Failure, config, unusable};

/// Runs the verb.
pub fn run(arguments: &Dlq) -> Result<(), Failure> {
    match arguments {
        Dlq::List(arguments) => list(arguments),
        Dlq::Replay(arguments) => replay_chosen(arguments),
    }
}

fn list(arguments: &ListLetters) -> Result<(), Failure> {
    let (_, settings) = config::read_kafka(&arguments.config).map_err(unusable)?;
    let filter = Filter { reason: arguments.reason.clone(), topic: arguments.topic.clone() };
    let letters = read(&settings, &filter).map_err(broker_failure)?;
    let shown = letters.standing.len().saturating_sub(arguments.limit);
    let newest = &letters.standing[shown..];
    if arguments.json {
        return print_json(&json!({
            "counts": letters.counts(),
            "unreadable": letters.unreadable,
            "letters": newest,
        }));
    }
    for count in letters.counts() {
        println!(
            "{:>8}  {:<16} {}  ({} waiting, {} produced again)",
            count.letters,
            count.reason,
            count.topic,
            count.letters - count.settled,
            count.settled
        );
    }
    for Standing { origin, letter, settled } in newest {
        let settled = if *settled { ", produced again" } else { "" };
        println!(
            "{origin}  {}: {} ({} bytes{settled})",
            letter.reason, letter.detail, letter.bytes
        );
    }
    tell_rest(&letters, shown);
    Ok(())
}

fn tell_rest(letters: &Letters, left_out: usize) {
    if letters.standing.is_empty() {
        println!("no dead letters");
    }
    if left_out > 0 {
        println!("and {left_out} older; --limit shows more");
    }
    if letters.unreadable > 0 {
        println!("{} records of the topic are no dead letters of ours", letters.unreadable);
    }
}

fn replay_chosen(arguments: &ReplayLetters) -> Result<(), Failure> {
    let (_, settings) = config::read_kafka(&arguments.config).map_err(unusable)?;
    let filter = Filter { reason: arguments.reason.clone(), topic: arguments.topic.clone() };
    let letters = read(&settings, &filter).map_err(broker_failure)?;
    let waiting: Vec<_> = letters.standing.iter().filter(|one| !one.settled).collect();
    if !arguments.execute {
        if arguments.json {
            return print_json(&json!({ "execute": false, "waiting": waiting }));
        }
        println!("would produce {} record(s) again; --execute does it", waiting.len());
        return Ok(());
    }
    let done = replay(&settings, &waiting).map_err(broker_failure)?;
    let again = done.iter().filter(|(_, outcome)| *outcome == Outcome::Again).count();
    if arguments.json {
        let told: Vec<_> = done
            .iter()
            .map(|(origin, outcome)| json!({ "origin": origin, "outcome": outcome }))
            .collect();
        return print_json(&json!({ "execute": true, "again": again, "records": told }));
    }
    for (origin, outcome) in &done {
        if let Some(why) = outcome.why_not() {
            println!("{origin}: {why}");
        }
    }
    println!("produced {again} record(s) again, {} not", done.len() - again);
    Ok(())
}
