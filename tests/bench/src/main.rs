//! What the tasks cost on a real Kafka, and how soon they answer, beside a bare forwarder in the same run.
//!
//! `cargo run --release -p broker-bench -- all` starts a broker of its own, runs the release program as a
//! user would, and prints a table for each question. Times are taken from a schedule and not from
//! when a sender got round to it; CPU is what the system says of whole processes.

#![expect(
    clippy::disallowed_methods,
    reason = "it starts programs, waits for them, and looks at clocks: it measures"
)]

mod costs;
mod flood;
mod forwarder;
mod installation;
mod latency;
mod load;
mod malformed;
mod process;
mod report;
mod restore;
mod watcher;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use kafka_harness::Cluster;

use crate::report::Report;

/// Measures Iolaus on a Kafka of its own (or on the one that IOLAUS_TEST_KAFKA names).
#[derive(Debug, Parser)]
struct Cli {
    /// What to measure.
    #[command(subcommand)]
    what: What,
    /// Print as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A bare transactional consumer and producer: CPU a message, and append to visible
    Forwarder(Load),
    /// Append of a request to its account's first output, at half load, beside the forwarder
    Latency(Load),
    /// CPU a request of each task, with text and sketched beforehand, beside the forwarder
    Cpu(Costs),
    /// State from the changelog alone, and from a checkpoint after kill -9
    Restore(State),
    /// Accounts that come once, more than fit in memory: what is resident beside the bound, and how fast it goes
    Flood(Waves),
    /// The throughput that is left when every tenth record cannot be used
    Malformed,
    /// All of these with their defaults but the flood, which takes long
    All,
    /// Forwards one topic into another until told to stop (the others start this)
    #[command(hide = true)]
    Forward(forwarder::Forward),
}

/// A stream that is sent by the clock.
#[derive(Debug, Args)]
pub struct Load {
    /// Records a second; for `latency` half of what the machine sustains, if not given
    #[arg(long)]
    pub rate: Option<u64>,
    /// For how long
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
}

/// A stream that stands in a topic.
#[derive(Debug, Args)]
pub struct Costs {
    /// Accounts of the simulated platform (the demo has 20,000)
    #[arg(long, default_value_t = 20_000)]
    pub accounts: u64,
}

/// A state to be brought back.
#[derive(Debug, Args)]
pub struct State {
    /// Accounts
    #[arg(long, default_value_t = 100_000)]
    pub accounts: u64,
    /// A million accounts
    #[arg(long)]
    pub full: bool,
}

/// A flood.
#[derive(Debug, Args)]
pub struct Waves {
    /// Accounts, of one request each
    #[arg(long, default_value_t = 5_000_000)]
    pub accounts: u64,
    /// What the account task is to keep within
    #[arg(long, default_value_t = 1_000)]
    pub memory_mb: u64,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if let What::Forward(forward) = &cli.what {
        return forward.run();
    }
    process::build()?;
    let cluster = Cluster::one_broker().context("a Kafka to measure on")?;
    eprintln!("{} at {}", cluster.distribution().describe(), cluster.bootstrap());
    let load = Load { rate: None, seconds: 30 };
    let reports: Vec<Report> = match &cli.what {
        What::Forwarder(load) => vec![latency::forwarder(&cluster, load)?],
        What::Latency(load) => vec![latency::latency(&cluster, load)?],
        What::Cpu(costs) => vec![costs::cpu(&cluster, costs)?],
        What::Restore(state) => vec![restore::restore(&cluster, state)?],
        What::Flood(waves) => vec![flood::flood(&cluster, waves)?],
        What::Malformed => vec![malformed::malformed(&cluster)?],
        What::All => vec![
            latency::forwarder(&cluster, &load)?,
            latency::latency(&cluster, &load)?,
            costs::cpu(&cluster, &Costs { accounts: 20_000 })?,
            restore::restore(&cluster, &State { accounts: 100_000, full: false })?,
            malformed::malformed(&cluster)?,
        ],
        What::Forward(_) => Vec::new(),
    };
    for report in &reports {
        if cli.json {
            println!("{}", report.json());
        } else {
            println!("{}", report.table());
        }
    }
    Ok(())
}
