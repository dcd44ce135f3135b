//! The verbs, one file each.

mod benchmark;
mod compare;
mod demo;
mod dlq;
mod duel;
mod evaluate;
mod explain;
mod health;
mod import;
mod record;
mod replay;
mod run;
mod shuffle;
mod simulate;
mod sketch;
mod state;
mod sweep;
mod topics;
mod topology;
mod without;

use clap::CommandFactory;

pub use without::Sign;

use crate::Failure;
use crate::cli::{Cli, Verb};

/// Runs the verb.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.verb {
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Replay(arguments) => replay::run(&arguments),
        Verb::Record(arguments) => record::run(&arguments),
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Simulate(arguments) => simulate::run(&arguments),
        Verb::Evaluate(arguments) => evaluate::run(&arguments),
        Verb::Compare(arguments) => compare::run(&arguments),
        Verb::Duel(arguments) => duel::run(&arguments),
        Verb::Sweep(arguments) => sweep::run(&arguments),
        Verb::Benchmark(arguments) => benchmark::run(&arguments),
        Verb::Explain(arguments) => explain::run(&arguments),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Sketch(arguments) => sketch::run(&arguments),
        Verb::Topics(arguments) => topics::run(&arguments),
        Verb::Dlq(arguments) => dlq::run(&arguments),
        Verb::State(arguments) => state::run(&arguments),
        Verb::Topology => {
            print!("{}", topology::text());
            Ok(())
        }
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "iolaus", &mut std::io::stdout());
            Ok(())
        }
    }
}

/// What of a broker the user can mend, by the configuration or on the cluster, and what not.
fn broker_failure(error: kafka::Error) -> Failure {
    use kafka::Error;
    match error {
        Error::Setting { .. }
        | Error::Unreachable { .. }
        | Error::Unfit(_)
        | Error::ShutOut { .. }
        | Error::Store(_) => crate::unusable(error),
        error => Failure::Failed(error.into()),
    }
}

/// Writes a small file whole.
fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    use anyhow::Context;
    std::fs::write(path, text)
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(crate::unusable)
}

/// Prints a value as JSON.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Creates a file to write events to, compressed if its name says so.
fn create(path: &std::path::Path) -> Result<Box<dyn std::io::Write>, Failure> {
    use anyhow::Context;
    let file = std::fs::File::create(path)
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(crate::unusable)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        return Ok(Box::new(crate::compress::Compressed::new(file, 1)?));
    }
    Ok(Box::new(std::io::BufWriter::with_capacity(1 << 20, file)))
}
