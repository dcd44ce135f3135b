//! `iolaus compare`: two evaluations beside each other.

use world::evaluate::Evaluation;
use world::report::{compare_page, compare_table};

use super::write;
use crate::cli::Compare;
use crate::{Failure, unusable};

/// Runs the verb.
pub fn run(arguments: &Compare) -> Result<(), Failure> {
    let a = Evaluation::read(&arguments.a).map_err(unusable)?;
    let b = Evaluation::read(&arguments.b).map_err(unusable)?;
    print!("{}", compare_table(&a, &b));
    if let Some(path) = &arguments.html {
        let names = [&arguments.a, &arguments.b].map(|path| path.display().to_string());
        write(path, &compare_page([&names[0], &names[1]], &a, &b))?;
        println!("the page is {}", path.display());
    }
    Ok(())
}
