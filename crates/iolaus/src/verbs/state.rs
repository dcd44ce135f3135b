//! `iolaus state`: the checkpoints on local disk, looked at, checked, removed. They are a cache: what
//! is removed here is rebuilt from the changelog.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use event::EventTime;
use store::{Error, Report, Store};

use super::{broker_failure, print_json};
use crate::cli::{Load, State};
use crate::{Failure, config, unusable};

/// What the database may keep in memory while a checkpoint is read.
const CACHE_BYTES: u64 = 64 << 20;

/// A checkpoint and where it is.
#[derive(serde::Serialize)]
struct Found {
    dir: PathBuf,
    #[serde(flatten)]
    report: Report,
}

/// Runs the verb.
pub fn run(act: &State) -> Result<(), Failure> {
    match act {
        State::Inspect(of) => {
            let found = read(&of.dir)?;
            if of.json {
                return print_json(&found);
            }
            found.iter().for_each(tell);
            Ok(())
        }
        State::Verify(of) => {
            let found = read(&of.dir)?;
            if of.json {
                print_json(&found)?;
            } else {
                found.iter().for_each(judge);
            }
            let damaged = found.iter().filter(|one| one.report.damage.is_some()).count();
            if damaged == 0 {
                return Ok(());
            }
            Err(anyhow!(
                "{damaged} of {} checkpoints are damaged; `iolaus run` puts such away and rebuilds \
                 state from the changelog",
                found.len()
            )
            .into())
        }
        State::Load(arguments) => load(arguments),
        State::Reset(of) => {
            let removed = checkpoints(&of.dir)?;
            for dir in &removed {
                Store::reset(dir).map_err(failure)?;
            }
            if of.json {
                return print_json(&serde_json::json!({ "removed": removed }));
            }
            removed.iter().for_each(|dir| println!("{}: removed", dir.display()));
            Ok(())
        }
    }
}

/// Gives a replay's state to a new installation.
fn load(arguments: &Load) -> Result<(), Failure> {
    let (settings, broker) = config::read_kafka(&arguments.config).map_err(unusable)?;
    let shared = super::run::shared(settings, broker, false)?;
    let loaded = kafka::admin::load::load(&shared, &arguments.from, &arguments.next)
        .map_err(broker_failure)?;
    if arguments.json {
        return print_json(&loaded);
    }
    println!("{} rows of state and {} of tables", loaded.rows, loaded.tables);
    println!("`iolaus run` reads on from {:?}", loaded.next);
    Ok(())
}

/// The checkpoints at or under a directory; at least one.
fn checkpoints(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let found = Store::find(dir).map_err(unusable)?;
    if found.is_empty() {
        return Err(unusable(anyhow!(
            "{} holds no checkpoint; give the state directory of `iolaus run`",
            dir.display()
        )));
    }
    Ok(found)
}

fn read(dir: &Path) -> Result<Vec<Found>, Failure> {
    let read = |dir: PathBuf| {
        let report = Store::inspect(&dir, CACHE_BYTES).map_err(failure)?;
        Ok(Found { dir, report })
    };
    checkpoints(dir)?.into_iter().map(read).collect()
}

/// Whose fault it is.
fn failure(error: Error) -> Failure {
    match error {
        Error::Missing { .. } | Error::NotOurs { .. } => unusable(error),
        error => error.into(),
    }
}

fn tell(Found { dir, report }: &Found) {
    println!("{}", dir.display());
    if let Some(of) = &report.identity {
        println!(
            "  of           {} {} {}/{}",
            of.application, of.task, of.partition, of.partitions
        );
        println!("  changelog    {} ({})", of.changelog_topic, of.changelog_topic_id);
        println!("  made under   configuration {}, format {}", of.configuration, of.format);
    }
    if let Some(damage) = &report.damage {
        println!("  damaged      {damage}");
        return;
    }
    let written = event::rfc3339::format(EventTime(report.written_at_ms));
    println!("  complete to  offset {}, written {written}", report.next_offset);
    println!("  holds        {} rows, {} bytes", report.rows, report.bytes);
    for table in &report.tables {
        let (part, number) = (table.part, table.table);
        println!("    part {part} table {number}  {} rows, {} bytes", table.rows, table.bytes);
    }
    println!("  in           {} pages, {} layers", report.pages, report.layers);
    println!("  takes        {} bytes on disk", report.disk_bytes);
}

fn judge(Found { dir, report }: &Found) {
    match &report.damage {
        None => println!("{}: whole, {} rows", dir.display(), report.rows),
        Some(damage) => println!("{}: damaged: {damage}", dir.display()),
    }
}
