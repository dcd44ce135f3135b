//! `iolaus evaluate`: what a replay found, against the truth.

use world::evaluate::{evaluate, table};

use super::print_json;
use crate::cli::Evaluate;
use crate::{Failure, unusable};

/// Runs the verb.
pub fn run(arguments: &Evaluate) -> Result<(), Failure> {
    let evaluation =
        evaluate(&arguments.truth, &arguments.output, &arguments.input).map_err(unusable)?;
    let path = evaluation.write(&arguments.output).map_err(unusable)?;
    if arguments.json {
        return print_json(&evaluation);
    }
    print!("{}", table(&evaluation));
    println!("written to {}", path.display());
    Ok(())
}
