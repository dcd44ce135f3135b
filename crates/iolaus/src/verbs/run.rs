//! `iolaus run`: tasks on Kafka.

use std::sync::Arc;

use anyhow::anyhow;
use kafka::{Counts, Running, Shared, Task};
use pipeline::Intake;
use tokio::signal::unix::{SignalKind, signal};

use super::{broker_failure, health};
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
    let shared = Arc::new(shared(settings, broker, arguments.until_end)?);
    let health = shared.settings.health;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let stopped = runtime.block_on(async { stop_signal() })?;
    let running = Running::start(&shared, &tasks, arguments.workers).map_err(broker_failure)?;
    if let Some(address) = health {
        let serving = health::serve(address, running.status());
        runtime.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!("{error:#}");
            }
        });
    }
    let told = runtime.spawn(stopped);
    running
        .wait(|running| {
            if told.is_finished() && !running.stopping() {
                tracing::info!("stopping: what is in hand is committed first");
                running.stop();
            }
        })
        .map_err(broker_failure)
}

/// What all workers of this process share; the cluster has answered.
pub fn shared(
    settings: config::Settings,
    broker: kafka::Settings,
    until_end: bool,
) -> Result<Shared, Failure> {
    let counts = Counts::ask(&broker).map_err(broker_failure)?;
    Ok(Shared {
        instance: broker.instance.clone().unwrap_or_else(unnamed),
        incarnation: unnamed(),
        settings: broker,
        config: settings.pipeline,
        limits: settings.limits,
        intake: Arc::new(Intake::new(settings.enricher)),
        counts,
        until_end,
    })
}

/// Ends when the process is asked to stop.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
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
