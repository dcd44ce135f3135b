//! A flood of accounts that come once: how much memory the account task takes, beside its bound, and how
//! fast it is before and after it has to let accounts go.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kafka_harness::Cluster;

use crate::Waves;
use crate::installation::{Installation, PARTITIONS, Sender};
use crate::load::{Writer, id, now_ms};
use crate::process::Process;
use crate::report::{Report, quantile_of};
use crate::restore::Progress;

const PATIENCE: Duration = Duration::from_secs(3_600);

/// The sender is at most so far ahead, so that the clock of the stream is about the wall's.
const AHEAD: u64 = 400_000;

/// From this share of the bound on, accounts may have to go.
const FULL: f64 = 0.9;

/// What was seen at a moment.
struct Look {
    at: Instant,
    /// Requests that were read.
    read: u64,
    resident: f64,
    /// What the other tasks had.
    others: f64,
    cpu: f64,
}

/// Sends the flood while the tasks work.
pub fn flood(cluster: &Cluster, waves: &Waves) -> Result<Report> {
    let mut stage = Installation::new(cluster)?;
    stage.memory_mb = Some(waves.memory_mb);
    let others = stage.run("others", &["object", "campaign"], &[], false)?;
    let account = stage.run("account", &["account"], &[], true)?;
    let looks = send(&stage, waves.accounts, &account, &others)?;
    let bound = waves.memory_mb as f64 * 1e6;
    let full = looks.iter().position(|look| look.resident > bound * FULL);
    let (_, peak) = account.resident()?;
    let mut report = Report::new("flood");
    report
        .note(format!("{} accounts of one request each, {PARTITIONS} partitions", waves.accounts));
    report.add("bound", bound / 1e6, "MB");
    report.add("most resident", peak / 1e6, "MB");
    report.add("most resident by bound", peak / bound, "");
    for (when, look) in [("half way", looks.get(looks.len() / 2)), ("at the end", looks.last())] {
        let others = look.map_or(0.0, |look| look.others);
        report.add(format!("object and campaign, resident {when}"), others / 1e6, "MB");
    }
    let full = full.unwrap_or(looks.len() - 1);
    speed(&mut report, "until it is full", &looks[..=full]);
    if full + 1 < looks.len() {
        let mut resident: Vec<f64> = looks[full..].iter().map(|look| look.resident).collect();
        resident.sort_by(f64::total_cmp);
        report.add("then resident, median", quantile_of(&resident, 0.5) / 1e6, "MB");
        report.add("then resident, least", quantile_of(&resident, 0.0) / 1e6, "MB");
        speed(&mut report, "when it is full", &looks[full..]);
    }
    for line in account.said().lines().filter(|line| line.contains("accounts in_memory")) {
        let words = line.split_once("accounts in_memory").map_or("", |(_, words)| words);
        report.note(format!("accounts in_memory{words}"));
    }
    Ok(report)
}

fn speed(report: &mut Report, when: &str, looks: &[Look]) {
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else { return };
    let requests = (last.read - first.read) as f64;
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    report.add(format!("{when}, requests"), requests, "");
    report.add(format!("{when}, requests a second"), requests / seconds, "");
    report.add(format!("{when}, CPU a request"), (last.cpu - first.cpu) * 1e6 / requests, "µs");
}

/// Sends all requests, and looks about once a second until the last was read.
fn send(
    stage: &Installation<'_>,
    accounts: u64,
    process: &Process,
    others: &Process,
) -> Result<Vec<Look>> {
    let sender = Sender::new(stage.cluster.client(), &stage.input)?;
    let progress = Progress::new(stage)?;
    let (mut writer, mut sent, mut read) = (Writer::default(), 0, 0);
    let mut looks: Vec<Look> = Vec::new();
    let begun = Instant::now();
    while read < accounts {
        ensure!(begun.elapsed() < PATIENCE, "{read} of {accounts} read\n{}", process.said());
        let until = (read + AHEAD).min(accounts).min(sent + 100_000);
        while sent < until {
            let account = id(sent);
            sender.send(&account, writer.once(sent, &account, now_ms()))?;
            sent += 1;
        }
        sender.finish()?;
        let (resident, others) = (process.resident()?.0, others.resident()?.0);
        read = progress.read().unwrap_or(read);
        if read > 0 {
            let (at, cpu) = (Instant::now(), process.cpu()?);
            looks.push(Look { at, read, resident, others, cpu });
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    looks.last().context("something was read")?;
    Ok(looks)
}
