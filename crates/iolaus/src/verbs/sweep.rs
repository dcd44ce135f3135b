//! `iolaus sweep`: one parameter in steps, with what is found and lost at each.

use std::path::Path;

use anyhow::Context;
use replay::{Faults, Inputs};
use world::evaluate::{Evaluation, evaluate};
use world::report::{SweepPoint, sweep_page, sweep_table};
use world::simulate::Plan;

use super::{replay::replay, simulate, write};
use crate::cli::Sweep;
use crate::{Failure, unusable};

/// Runs the verb.
pub fn run(arguments: &Sweep) -> Result<(), Failure> {
    let output = &arguments.output;
    let path = Path::new(&arguments.scenario);
    let text = match path.is_file() {
        true => Some(
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))
                .map_err(unusable)?,
        ),
        false => None,
    };
    let mut points = Vec::new();
    for value in &arguments.values {
        let mut plan = plan(arguments, text.as_deref(), *value)?;
        plan.seed = arguments.seed.unwrap_or(plan.seed);
        eprintln!("{} = {value}", arguments.key);
        let evaluation = one(arguments, &plan)?;
        points.push(point(*value, &evaluation));
    }
    write(&output.join("sweep.json"), &(serde_json::to_string_pretty(&points)? + "\n"))?;
    let page = sweep_page(&arguments.scenario, &arguments.key, &points);
    write(&output.join("sweep.html"), &page)?;
    print!("{}", sweep_table(&points));
    println!("sweep.json and sweep.html are in {}", output.display());
    Ok(())
}

/// The plan at a value. Whole numbers are tried as such first: counts take nothing else.
fn plan(arguments: &Sweep, text: Option<&str>, value: f64) -> Result<Plan, Failure> {
    let accounts = arguments.accounts.or(Some(20_000).filter(|_| text.is_none()));
    let changed =
        |value: &str| Plan::changed(&arguments.scenario, text, accounts, &arguments.key, value);
    let decimal = format!("{value:?}");
    let whole = (value.fract() == 0.0).then(|| changed(&format!("{value:.0}")));
    match whole {
        Some(Ok(plan)) => Ok(plan),
        _ => changed(&decimal).map_err(unusable),
    }
}

fn one(arguments: &Sweep, plan: &Plan) -> Result<Evaluation, Failure> {
    let output = &arguments.output;
    simulate::write(plan, output)?;
    let events = output.join("events.jsonl.zst");
    let inputs = Inputs::Files(vec![events.clone()]);
    replay(arguments.config.as_deref(), inputs, output, Faults::default(), None)?;
    evaluate(&output.join("truth.jsonl"), output, &[events]).map_err(unusable)
}

fn point(value: f64, evaluation: &Evaluation) -> SweepPoint {
    let leaked: Option<u64> = evaluation.campaigns.iter().map(|one| one.leaked).sum();
    let planned: Option<u64> = evaluation.campaigns.iter().map(|one| one.planned).sum();
    let share = leaked.zip(planned).filter(|(_, planned)| *planned > 0);
    SweepPoint {
        value,
        recall: evaluation.accounts.recall,
        leaked_share: share.map(|(leaked, planned)| leaked as f64 / planned as f64),
        leaked,
        above_observe: evaluation.benign.above_observe,
    }
}
