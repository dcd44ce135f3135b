//! What records that cannot be used cost: a stream that stands in a topic, as it is and with every tenth record
//! cut in two, worked off by turns.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use kafka_harness::Cluster;

use crate::installation::{Installation, PARTITIONS, Sender};
use crate::load::{Writer, account, id, now_ms};
use crate::report::{Report, quantile_of};
use crate::watcher::Watcher;

const PATIENCE: Duration = Duration::from_secs(240);

const RECORDS: u64 = 200_000;

/// Of so many records one is cut in two.
const EVERY: u64 = 10;

/// How often each stream is worked off.
const ROUNDS: usize = 3;

/// Works off both streams.
pub fn malformed(cluster: &Cluster) -> Result<Report> {
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        whole.push(rate(cluster, false)?);
        cut.push(rate(cluster, true)?);
    }
    let mut report = Report::new("malformed");
    report.note(format!(
        "{RECORDS} records of 1.3 KB, all tasks in one process from start to end, median of {ROUNDS}"
    ));
    for rates in [&mut whole, &mut cut] {
        rates.sort_by(f64::total_cmp);
    }
    let (whole, cut) = (quantile_of(&whole, 0.5), quantile_of(&cut, 0.5));
    report.add("all can be used", whole, "records/s");
    report.add("every tenth can't", cut, "records/s");
    report.add("share of the throughput that is left", cut / whole, "");
    Ok(report)
}

/// Records a second. Every record that can't be used must be a dead letter, and no other.
fn rate(cluster: &Cluster, harmed: bool) -> Result<f64> {
    let stage = Installation::new(cluster)?;
    let sender = Sender::new(cluster.client(), &stage.input)?;
    let (mut writer, mut bad) = (Writer::default(), 0);
    for n in 0..RECORDS {
        let account = id(account(n));
        let record = writer.request(n, &account, now_ms());
        let broken = harmed && n % EVERY == 0;
        bad += u64::from(broken);
        sender.send(&account, if broken { &record[..record.len() / 2] } else { record })?;
    }
    sender.finish()?;
    let begun = Instant::now();
    stage.run("all", &[], &["--until-end"], true)?.wait(PATIENCE)?;
    let rate = RECORDS as f64 / begun.elapsed().as_secs_f64();
    let topic = stage.topic("dead-letters");
    let letters = Watcher::start(cluster.client(), &topic, PARTITIONS, |_, _| Some(0))?;
    let all = letters.wait_for(bad, PATIENCE);
    let told = letters.finish().len() as u64;
    ensure!(all && told == bad, "{bad} records were cut in two, {told} are dead letters");
    Ok(rate)
}
