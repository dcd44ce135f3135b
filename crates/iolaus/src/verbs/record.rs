//! `iolaus record`: a running system's input, as files for a replay.

use anyhow::Context;
use kafka::admin::record;

use super::{broker_failure, print_json};
use crate::cli::Record;
use crate::{Failure, config, unusable};

/// Runs the verb.
pub fn run(arguments: &Record) -> Result<(), Failure> {
    let (_, settings) = config::read_kafka(&arguments.config).map_err(unusable)?;
    std::fs::create_dir_all(&arguments.output)
        .with_context(|| format!("cannot create {}", arguments.output.display()))
        .map_err(unusable)?;
    let recorded = record::record(&settings, &arguments.output).map_err(broker_failure)?;
    if arguments.json {
        return print_json(&recorded);
    }
    for one in &recorded {
        println!(
            "{:>10} records, {:>5} of them clocks' beside: {}",
            one.records,
            one.clocks,
            one.file.display()
        );
        if one.from > 0 {
            println!(
                "           {}/{} begins at {}: older records are gone, and a replay begins without them",
                one.topic, one.partition, one.from
            );
        }
    }
    let how = if settings.routed() { "" } else { " --keyed" };
    println!(
        "replay them with: iolaus replay{how} --input {}/*.jsonl --output RESULTS",
        arguments.output.display()
    );
    Ok(())
}
