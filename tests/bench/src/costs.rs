//! CPU a request, task by task: each task is a process of its own and works through a stream that stands
//! in the topic, once with its text and once sketched beforehand.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use kafka_harness::Cluster;

use crate::Costs;
use crate::installation::{Installation, PARTITIONS, Produced};
use crate::process;
use crate::report::Report;

/// A day of stream takes a round trip of the tasks for every two minutes of it.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// A recorded day is worked through in steps of this many seconds, each a round trip of the tables that
/// costs transactions of its own. A live stream has none, so here they are few.
const TABLE_DELAY: u32 = 1_800;

const TASKS: [&str; 3] = ["account", "object", "campaign"];

/// Both streams.
pub fn cpu(cluster: &Cluster, costs: &Costs) -> Result<Report> {
    let folder = tempfile::TempDir::new().context("a folder")?;
    let out = folder.path().to_str().unwrap_or_default();
    process::run(&["simulate", "--accounts", &costs.accounts.to_string(), "--output", out])?;
    let (with_text, sketched) =
        (format!("{out}/events.jsonl.zst"), format!("{out}/bare.jsonl.zst"));
    process::run(&["sketch", "--input", &with_text, "--output", &sketched])?;
    let mut report = Report::new("cpu");
    for (what, path) in [("sketched", &sketched), ("with text", &with_text)] {
        stream(cluster, what, Path::new(path), &mut report)?;
    }
    Ok(report)
}

fn stream(cluster: &Cluster, what: &str, path: &Path, report: &mut Report) -> Result<()> {
    let mut stage = Installation::new(cluster)?;
    stage.table_delay = Some(TABLE_DELAY);
    let Produced { records, requests, bytes } = stage.produce(path)?;
    report.note(format!(
        "{what}: {requests} requests of {:.1} KB",
        bytes as f64 / records as f64 / 1e3
    ));
    let each = |cpu: f64| cpu * 1e6 / requests as f64;
    let to = stage.topic("forwarded");
    cluster.create_topic(&to, PARTITIONS as i32, &[])?;
    let floor = each(stage.forward(&to, true)?.wait(PATIENCE)?);
    let start = std::time::Instant::now();
    let mut processes = Vec::new();
    for task in TASKS {
        processes.push((task, stage.run(task, &[task], &["--until-end"], false)?));
    }
    let mut all = 0.0;
    for (task, process) in &mut processes {
        let cpu = each(process.wait(PATIENCE)?);
        all += cpu;
        report.add(format!("{what}, {task}"), cpu, "µs");
        let memory = process.peak_memory() / 1e6;
        report.add(format!("{what}, {task}, most memory"), memory.round(), "MB");
    }
    report.add(format!("{what}, all tasks"), all, "µs");
    report.add(format!("{what}, forwarder"), floor, "µs");
    report.add(format!("{what}, all tasks by forwarder"), all / floor, "");
    report.add(format!("{what}, from start to end"), start.elapsed().as_secs_f64(), "s");
    Ok(())
}
