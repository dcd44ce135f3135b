//! `iolaus replay`: recorded events through the pipeline.

use std::path::{Path, PathBuf};

use anyhow::Context;
use replay::{Faults, Inputs, Options, Summary};

use super::print_json;
use crate::cli::Replay;
use crate::{Failure, config, progress, unusable};

/// Runs the verb.
pub fn run(arguments: &Replay) -> Result<(), Failure> {
    let files = arguments.input.clone();
    let inputs = if arguments.keyed { Inputs::Keyed(files) } else { Inputs::Files(files) };
    let faults = Faults {
        partitions: arguments.partitions,
        instances: arguments.instances,
        restart_seed: arguments.restart_seed,
        restarts: arguments.restarts.unwrap_or(u64::MAX),
        duplicate_seed: arguments.duplicate_seed,
        interleave_seed: arguments.interleave_seed,
    };
    let summary = replay(
        arguments.config.as_deref(),
        inputs,
        &arguments.output,
        faults,
        arguments.hand_over.clone(),
    )?;
    if arguments.json {
        return print_json(&summary);
    }
    print!("{}", summary.text());
    println!("results in {}", arguments.output.display());
    Ok(())
}

/// Replays with a progress counter and leaves `summary.json` beside the results.
pub fn replay(
    config: Option<&Path>,
    inputs: Inputs,
    output: &Path,
    faults: Faults,
    hand_over: Option<PathBuf>,
) -> Result<Summary, Failure> {
    let settings = config::read(config).map_err(unusable)?;
    let options = Options {
        inputs,
        output: output.to_owned(),
        limits: settings.limits,
        config: settings.pipeline,
        faults,
        hand_over,
    };
    let counter = progress::counter("replaying");
    let summary = replay::run(&options, settings.enricher, &mut |so_far| {
        counter.set_position(so_far.records)
    })
    .map_err(|error| match error {
        replay::Error::State(_) | replay::Error::Stalled => Failure::Failed(error.into()),
        _ => unusable(error),
    })?;
    counter.finish_and_clear();
    let path = output.join("summary.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&summary)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(summary)
}
