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

/// Of so many accounts one comes back: nearly none of them is in memory.
const BACK: u64 = 50;

/// Requests one after the other.
struct Wave {
    /// Requests that were sent before.
    before: u64,
    count: u64,
    /// From one account to the next.
    step: u64,
}

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
    let wave = Wave { before: 0, count: waves.accounts, step: 1 };
    let looks = send(&stage, &wave, &account, &others)?;
    let count = waves.accounts / BACK;
    let wave = Wave { before: waves.accounts, count, step: BACK };
    let back = send(&stage, &wave, &account, &others)?;
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
    speed(&mut report, "when accounts come back", &back);
    for line in account.said().lines().filter(|line| line.contains("accounts in_memory")) {
        let words = line.split_once("accounts in_memory").map_or("", |(_, words)| words);
        report.note(format!("accounts in_memory{words}"));
    }
    Ok(report)
}

fn speed(report: &mut Report, when: &str, looks: &[Look]) {
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else { return };
    if first.read == last.read {
        return;
    }
    let requests = (last.read - first.read) as f64;
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    report.add(format!("{when}, requests"), requests, "");
    report.add(format!("{when}, requests a second"), requests / seconds, "");
    report.add(format!("{when}, CPU a request"), (last.cpu - first.cpu) * 1e6 / requests, "µs");
}

/// Sends all requests, and looks about twice a second until the last was read.
fn send(
    stage: &Installation<'_>,
    wave: &Wave,
    process: &Process,
    others: &Process,
) -> Result<Vec<Look>> {
    let sender = Sender::new(stage.cluster.client(), &stage.input)?;
    let progress = Progress::new(stage)?;
    let (mut writer, mut sent, mut read) = (Writer::default(), 0, 0);
    let mut looks: Vec<Look> = Vec::new();
    let begun = Instant::now();
    while read < wave.count {
        ensure!(begun.elapsed() < PATIENCE, "{read} of {} read\n{}", wave.count, process.said());
        let until = (read + AHEAD).min(wave.count).min(sent + 100_000);
        while sent < until {
            let account = id(sent * wave.step);
            sender.send(&account, writer.once(wave.before + sent, &account, now_ms()))?;
            sent += 1;
        }
        sender.finish()?;
        let (resident, others) = (process.resident()?.0, others.resident()?.0);
        read = progress.read().map_or(read, |read| read.saturating_sub(wave.before));
        if read > 0 {
            let (at, cpu) = (Instant::now(), process.cpu()?);
            looks.push(Look { at, read, resident, others, cpu });
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    looks.last().context("something was read")?;
    Ok(looks)
}
