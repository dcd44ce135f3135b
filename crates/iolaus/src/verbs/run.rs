//! `iolaus run`: tasks on Kafka.

use std::sync::Arc;

use anyhow::anyhow;
use kafka::{Counts, Running, Shared, Task};
use pipeline::Intake;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Run;
use crate::{Failure, config, unusable};

/// Runs the verb.
pub fn run(arguments: &Run) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .init();
    let (settings, broker) = config::read_kafka(&arguments.config).map_err(unusable)?;
    let tasks = tasks(&arguments.tasks, broker.routed())?;
    let counts = Counts::ask(&broker).map_err(unusable)?;
    let shared = Arc::new(Shared {
        instance: broker.instance.clone().unwrap_or_else(unnamed),
        incarnation: unnamed(),
        settings: broker,
        config: settings.pipeline,
        limits: settings.limits,
        intake: Arc::new(Intake::new(settings.enricher)),
        counts,
        until_end: arguments.until_end,
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut terminate = runtime.block_on(async { signal(SignalKind::terminate()) })?;
    let mut interrupt = runtime.block_on(async { signal(SignalKind::interrupt()) })?;
    let running = Running::start(&shared, &tasks, arguments.workers).map_err(unusable)?;
    running.wait(|running| {
        let told = runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => true,
                _ = interrupt.recv() => true,
                () = tokio::time::sleep(std::time::Duration::from_millis(50)) => false,
            }
        });
        if told {
            tracing::info!("stopping: what is in hand is committed first");
            running.stop();
        }
    })?;
    Ok(())
}

/// The tasks that were named, or all that the inputs need.
fn tasks(named: &[String], routed: bool) -> Result<Vec<Task>, Failure> {
    if named.is_empty() {
        let needed = |task: &Task| routed || *task != Task::Route;
        return Ok(Task::ALL.into_iter().filter(needed).collect());
    }
    let mut tasks = Vec::new();
    for name in named {
        let task = Task::named(name).ok_or_else(|| {
            unusable(anyhow!("there is no task `{name}`: route, account, object, campaign"))
        })?;
        if task == Task::Route && !routed {
            let why = "one topic keyed by account is read directly";
            return Err(unusable(anyhow!("`route` is not needed: {why} (see `kafka.keyed`)")));
        }
        tasks.push(task);
    }
    tasks.sort_unstable();
    tasks.dedup();
    Ok(tasks)
}

/// A name that no other process has.
fn unnamed() -> String {
    format!("{}-{}", std::process::id(), uniquely())
}

/// What tells this process from one of the same number on another machine.
#[expect(clippy::disallowed_methods, reason = "a name for this process, on which nothing depends")]
fn uniquely() -> u128 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos())
}
