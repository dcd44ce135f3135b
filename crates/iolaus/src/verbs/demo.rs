//! `iolaus demo`: a simulated day, what the pipeline finds in it, and how well that went.

use replay::{Faults, Inputs};
use world::evaluate::{evaluate, table};
use world::simulate::Plan;

use super::{print_json, replay::replay, simulate};
use crate::Failure;
use crate::cli::Demo;

/// Runs the verb.
pub fn run(arguments: &Demo) -> Result<(), Failure> {
    let output = &arguments.output;
    eprintln!("simulating a day of {} accounts, some of them under attack", arguments.accounts);
    let plan = Plan::demo(arguments.seed, arguments.accounts);
    let counts = simulate::write(&plan, output)?;
    eprintln!("{} requests; replaying them through the pipeline", counts.requests);
    let events = output.join("events.jsonl.zst");
    let inputs = Inputs::Files(vec![events.clone()]);
    let summary = replay(None, inputs, output, Faults::default(), None)?;
    eprintln!("comparing what was found with the truth");
    let evaluation = evaluate(&output.join("truth.jsonl"), output, &[events])?;
    super::evaluate::keep("The demo", &evaluation, &[], output)?;
    if arguments.json {
        return print_json(&evaluation);
    }
    println!("{}", table(&evaluation));
    print!("{}", summary.text());
    println!();
    println!("everything is in {}; try:", output.display());
    println!("  iolaus explain ACCOUNT-OR-CLUSTER --output {}", output.display());
    Ok(())
}
