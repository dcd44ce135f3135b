//! The program: reads the command line and hands over to one verb.
//!
//! Exit codes: 0 done; 1 failed on the way; 2 the arguments or the configuration can't be used.
//! Data goes to standard output, progress and messages to standard error.

mod cli;
mod compress;
mod config;
mod connection;
mod progress;
mod verbs;

use std::process::ExitCode;

use clap::Parser;

/// The system's allocator takes a fifth of a replay: an event is reduced on one thread and freed on
/// another, which is what this one is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What went wrong: the user can mend it on the command line, or not.
pub enum Failure {
    /// Arguments, files or configuration that can't be used.
    Usage(anyhow::Error),
    /// Anything else.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Failed(error.into())
    }
}

/// An error of the first kind.
pub fn unusable(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Usage(error.into())
}

fn main() -> ExitCode {
    match verbs::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(error)) => {
            eprintln!("iolaus: {error:#}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(error)) => {
            eprintln!("iolaus: {error:#}");
            ExitCode::FAILURE
        }
    }
}
