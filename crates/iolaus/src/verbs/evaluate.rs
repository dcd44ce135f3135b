//! `iolaus evaluate`: what a replay found, against the truth.

use std::path::Path;

use world::baselines::{self, Standing};
use world::evaluate::words::{columns, decimal, percent};
use world::evaluate::{Evaluation, evaluate, table};
use world::report::html;

use super::{print_json, write};
use crate::cli::Evaluate;
use crate::{Failure, unusable};

/// Runs the verb.
pub fn run(arguments: &Evaluate) -> Result<(), Failure> {
    let mut evaluation =
        evaluate(&arguments.truth, &arguments.output, &arguments.input).map_err(unusable)?;
    if let Some(shuffled) = &arguments.shuffled {
        evaluation.beside_chance(shuffled).map_err(unusable)?;
    }
    let standings = match arguments.baselines {
        true => baselines::run(&arguments.truth, &arguments.input).map_err(unusable)?,
        false => Vec::new(),
    };
    let name = arguments.output.file_name().unwrap_or_default().to_string_lossy();
    keep(&format!("Evaluation of {name}"), &evaluation, &standings, &arguments.output)?;
    if arguments.json {
        return print_json(&evaluation);
    }
    print!("{}", table(&evaluation));
    print!("{}", side_by_side(&evaluation, &standings));
    println!("evaluation.json and report.html are in {}", arguments.output.display());
    Ok(())
}

/// Leaves the evaluation, the baselines and the report in a folder.
pub fn keep(
    title: &str,
    evaluation: &Evaluation,
    standings: &[Standing],
    output: &Path,
) -> Result<(), Failure> {
    evaluation.write(output).map_err(unusable)?;
    if !standings.is_empty() {
        let text = serde_json::to_string_pretty(standings)?;
        write(&output.join("baselines.json"), &(text + "\n"))?;
    }
    write(&output.join("report.html"), &html(title, evaluation, standings))
}

/// The simpler methods beside the pipeline.
pub fn side_by_side(evaluation: &Evaluation, standings: &[Standing]) -> String {
    let mut text = String::new();
    if standings.is_empty() {
        return text;
    }
    let row = |name: &str, ranking: &world::evaluate::Ranking| {
        let mut row = vec![name.to_owned(), decimal(ranking.auprc)];
        row.extend(ranking.recall_at.iter().map(|at| percent(at.recall)));
        row
    };
    let mut rows = vec![row("iolaus", &evaluation.ranking)];
    rows.extend(standings.iter().map(|one| row(&one.name, &one.ranking)));
    let header = ["method", "AUPRC", "recall at 1 in 1,000", "in 10,000", "in 100,000"];
    columns(&mut text, &header, &rows, "");
    text
}
