//! `iolaus duel`: the closed loop. The stream answers what was decided about it, and what is decided
//! about that stream is given back again, until neither changes any more.
//!
//! What is decided at a time follows from what came before it, so each round is right for a longer
//! part of the stream than the one before; how long is said.

use std::sync::Arc;

use event::EventTime;
use replay::{Faults, Inputs};
use world::evaluate::{Evaluation, evaluate, reactions, table};
use world::simulate::reaction::Reactions;

use super::{evaluate as verb, print_json, replay::replay, simulate};
use crate::cli::{Duel, Simulate};
use crate::{Failure, unusable};

/// Runs the verb.
pub fn run(arguments: &Duel) -> Result<(), Failure> {
    let output = &arguments.output;
    let mut plan = simulate::plan(&Simulate {
        scenario: arguments.scenario.clone(),
        describe: false,
        texts: None,
        react: None,
        seed: arguments.seed,
        accounts: arguments.accounts,
        output: None,
        json: false,
    })?;
    let events = output.join("events.jsonl.zst");
    let mut unhindered: Option<Evaluation> = None;
    let mut known = Reactions::new();
    for round in 0..=arguments.rounds {
        plan.reactions = Arc::new(known.clone());
        let counts = simulate::write(&plan, output)?;
        let inputs = Inputs::Files(vec![events.clone()]);
        replay(arguments.config.as_deref(), inputs, output, Faults::default(), None)?;
        let mut evaluation =
            evaluate(&output.join("truth.jsonl"), output, std::slice::from_ref(&events))
                .map_err(unusable)?;
        let decided = reactions(&output.join("decisions.jsonl")).map_err(unusable)?;
        let right_until = first_difference(&known, &decided);
        eprintln!(
            "round {round}: {} harvest requests, {} accounts held back, {}",
            counts.harvest_requests,
            decided.len(),
            words(right_until)
        );
        let done = right_until.is_none() || round == arguments.rounds;
        if let Some(first) = unhindered.as_ref() {
            let note = format!("closed loop, {round} rounds: {}", words(right_until));
            evaluation.fed_back(first, note);
        }
        if done {
            let title = format!("{} with reactions", arguments.scenario);
            verb::keep(&title, &evaluation, &[], output)?;
            if arguments.json {
                return print_json(&evaluation);
            }
            print!("{}", table(&evaluation));
            return Ok(());
        }
        unhindered.get_or_insert(evaluation);
        known = decided;
    }
    Ok(())
}

/// When the first act begins or ends that is not on both sides.
fn first_difference(known: &Reactions, decided: &Reactions) -> Option<i64> {
    let missing = |one: &Reactions, other: &Reactions| {
        let acts =
            one.iter().flat_map(|(account, acts)| acts.iter().map(move |act| (account, act)));
        acts.filter(|(account, act)| {
            !other.get(*account).is_some_and(|others| others.contains(act))
        })
        .map(|(_, act)| act.from)
        .min()
    };
    missing(known, decided).into_iter().chain(missing(decided, known)).min()
}

fn words(right_until: Option<i64>) -> String {
    match right_until {
        None => "stream and decisions agree to the end".to_owned(),
        Some(time) => {
            format!("stream and decisions agree until {}", event::rfc3339::format(EventTime(time)))
        }
    }
}
