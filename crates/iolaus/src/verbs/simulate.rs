//! `iolaus simulate`: a stream with its truth.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use world::evaluate::reactions;
use world::simulate::{Counts, Plan, scenario, simulate, texts};

use super::{create, print_json};
use crate::cli::Simulate;
use crate::{Failure, progress, unusable};

/// Runs the verb.
pub fn run(arguments: &Simulate) -> Result<(), Failure> {
    if arguments.describe {
        return describe(&arguments.scenario);
    }
    let mut plan = plan(arguments)?;
    if let Some(folder) = &arguments.texts {
        plan.texts = texts::read(folder).map_err(unusable)?.into();
    }
    if let Some(decisions) = &arguments.react {
        plan.reactions = Arc::new(reactions(decisions).map_err(unusable)?);
    }
    let output = arguments.output.as_deref().unwrap_or(Path::new("."));
    let counts = write(&plan, output)?;
    if arguments.json {
        return print_json(&counts);
    }
    println!(
        "{} events of {} accounts, {} of them requests, {} harvest",
        counts.events, counts.accounts, counts.requests, counts.harvest_requests
    );
    println!("events.jsonl.zst and truth.jsonl are in {}", output.display());
    Ok(())
}

fn describe(name: &str) -> Result<(), Failure> {
    let names = scenario::NAMES.join(", ");
    let file = scenario::source(name)
        .with_context(|| format!("--scenario {name}: no such file of ours; there are {names}"));
    print!("{}", file.map_err(unusable)?);
    Ok(())
}

/// A scenario file if there is one of that name, else a scenario by name.
pub fn plan(arguments: &Simulate) -> Result<Plan, Failure> {
    let path = Path::new(&arguments.scenario);
    if !path.is_file() {
        let (seed, accounts) = (arguments.seed.unwrap_or(7), arguments.accounts.unwrap_or(20_000));
        return Plan::scenario(&arguments.scenario, seed, accounts).map_err(unusable);
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(unusable)?;
    let mut plan = Plan::from_toml(&text)
        .with_context(|| format!("cannot use {}", path.display()))
        .map_err(unusable)?;
    plan.seed = arguments.seed.unwrap_or(plan.seed);
    plan.accounts = arguments.accounts.unwrap_or(plan.accounts);
    Ok(plan)
}

/// Writes a plan's files into a folder.
pub fn write(plan: &Plan, output: &Path) -> Result<Counts, Failure> {
    plan.check().map_err(unusable)?;
    std::fs::create_dir_all(output)
        .with_context(|| format!("cannot write {}", output.display()))
        .map_err(unusable)?;
    let mut events = create(&output.join("events.jsonl.zst"))?;
    let mut truth = create(&output.join("truth.jsonl"))?;
    let bar = progress::bar("simulating", 1);
    let counts = simulate(plan, &mut events, &mut truth, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })?;
    events.flush()?;
    truth.flush()?;
    bar.finish_and_clear();
    Ok(counts)
}
