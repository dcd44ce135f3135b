//! `iolaus import`: somebody else's recording becomes events.

use std::io::Write;

use anyhow::anyhow;
use import::{Options, formats, import};

use super::{create, print_json};
use crate::cli::Import;
use crate::{Failure, unusable};

/// Runs the verb.
pub fn run(arguments: &Import) -> Result<(), Failure> {
    if arguments.format == "list" {
        for format in formats() {
            println!("{:<14} {}", format.name, format.about);
        }
        return Ok(());
    }
    let start = event::rfc3339::parse(&arguments.start)
        .ok_or_else(|| unusable(anyhow!("--start: `{}` is no RFC 3339 time", arguments.start)))?;
    let output = arguments
        .output
        .as_deref()
        .ok_or_else(|| unusable(anyhow!("--output is missing: where do the events go?")))?;
    if arguments.input.is_empty() {
        return Err(unusable(anyhow!("--input is missing: which files are read?")));
    }
    let mut options = Options {
        start,
        accounts: arguments.accounts,
        rate: arguments.rate,
        limit: arguments.limit,
        ..Options::default()
    };
    if let Some(model) = &arguments.model {
        options.model.clone_from(model);
    }
    let mut to = create(output)?;
    let counts =
        import(&arguments.format, &arguments.input, &options, &mut to).map_err(unusable)?;
    to.flush()?;
    for report in &counts.reports {
        eprintln!("{report}");
    }
    if arguments.json {
        return print_json(&counts);
    }
    println!(
        "{} events of {} accounts written to {}; {} lines were not in form",
        counts.written,
        counts.accounts,
        output.display(),
        counts.malformed
    );
    Ok(())
}
