//! From append to visible: the forwarder alone, and the account lane beside it.
//!
//! A request's time begins when the schedule says that it is sent, so a slow sender, a full buffer or a
//! stopped broker counts. It ends when a consumer that reads only what was committed holds what
//! followed: the forwarded request, or the fingerprint that an account's fourth request publishes
//! (decisions of the account lane are in the same transaction).
//!
//! The joint lane answers by the bucket: its time is from a bucket's end until the campaign task's word
//! that it is complete can be seen, which is in the same transaction as what it decided.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kafka_harness::Cluster;

use crate::installation::{Installation, PARTITIONS, Sender};
use crate::load::{EACH, Schedule, account, id, now_ms, publishing};
use crate::report::Report;
use crate::watcher::{Watcher, account_of_key, complete_to, number_of_request};
use crate::{Load, load};

/// How long things may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(240);

/// Records a second for the forwarder alone, if nobody says otherwise.
const RATE: u64 = 10_000;

/// Requests from which the rate is found that the machine sustains.
const BACKLOG: u64 = 100_000;

/// The forwarder alone.
pub fn forwarder(cluster: &Cluster, load: &Load) -> Result<Report> {
    let stage = Installation::new(cluster)?;
    let to = forward_topic(&stage, "forwarded")?;
    let process = stage.forward(&to, false)?;
    let sender = Sender::new(cluster.client(), &stage.input)?;
    let watcher = Watcher::start(cluster.client(), &to, PARTITIONS, number_of_request)?;
    let warm = send_at_once(&sender, 0, 2_000)?;
    ensure!(watcher.wait_for(warm, PATIENCE), "the forwarder does not work\n{}", process.said());
    let rate = load.rate.unwrap_or(RATE);
    let warm = warm + warm_up(&sender, warm, rate)?;
    ensure!(watcher.wait_for(warm, PATIENCE), "it got stuck\n{}", process.said());
    let (before, schedule) = (process.cpu()?, schedule(warm, rate, load.seconds));
    let behind = schedule.send(&sender)?;
    let whole = watcher.wait_for(warm + schedule.count, PATIENCE);
    let cpu = process.cpu()? - before;
    let mut times = times(&schedule, &watcher.finish(), |n| n);
    ensure!(whole, "not everything was forwarded\n{}", process.said());
    drop(process);
    let mut report = Report::new("forwarder");
    report
        .note(format!("{rate} requests a second of 1.3 KB for {} s, 50 ms commits", load.seconds));
    report.quantiles("append to visible", &mut times);
    report.add("CPU a message at this rate", cpu * 1e6 / schedule.count as f64, "µs");
    report.add("sender behind the clock at most", behind.as_secs_f64() * 1e3, "ms");
    let to = forward_topic(&stage, "forwarded-again")?;
    let cpu = stage.forward(&to, true)?.wait(PATIENCE)?;
    let all = warm + schedule.count;
    report.add("CPU a message, all that stands in the topic", cpu * 1e6 / all as f64, "µs");
    Ok(report)
}

/// All tasks in one process at half load, beside the forwarder on the same topic.
pub fn latency(cluster: &Cluster, load: &Load) -> Result<Report> {
    let stage = Installation::new(cluster)?;
    let sender = Sender::new(cluster.client(), &stage.input)?;
    let fingerprints = stage.topic("fingerprints");
    let watcher = Watcher::start(cluster.client(), &fingerprints, PARTITIONS, account_of_key)?;
    let tables = Watcher::start(cluster.client(), &stage.topic("tables"), 1, complete_to)?;
    let backlog = send_at_once(&sender, 0, BACKLOG)?;
    let run = stage.run("all", &[], &[], true)?;
    ensure!(watcher.wait_for(1, PATIENCE), "nothing comes out\n{}", run.said());
    let (begun, before) = (Instant::now(), watcher.seen());
    ensure!(watcher.wait_for(backlog / EACH, PATIENCE), "it got stuck\n{}", run.said());
    let published = backlog / EACH - before;
    let sustained = (published * EACH) as f64 / begun.elapsed().as_secs_f64();
    let to = forward_topic(&stage, "forwarded")?;
    let forward = stage.forward(&to, false)?;
    let forwarded = Watcher::start(cluster.client(), &to, PARTITIONS, number_of_request)?;
    ensure!(forwarded.wait_for(backlog, PATIENCE), "the forwarder got stuck\n{}", forward.said());
    let rate = load.rate.unwrap_or((sustained / 2.0) as u64).max(1_000);
    let warm = backlog + warm_up(&sender, backlog, rate)?;
    ensure!(forwarded.wait_for(warm, PATIENCE), "the forwarder got stuck\n{}", forward.said());
    let schedule = schedule(warm, rate, load.seconds);
    let epoch = (Instant::now(), now_ms());
    let cpu = (run.cpu()?, forward.cpu()?);
    let behind = schedule.send(&sender)?;
    let all = warm + schedule.count;
    let whole = watcher.wait_for(all / EACH, PATIENCE) && forwarded.wait_for(all, PATIENCE);
    let cpu = (run.cpu()? - cpu.0, forward.cpu()? - cpu.1);
    ensure!(whole, "not everything came out\n{}", run.said());
    let mut lane = times(&schedule, &watcher.finish(), publishing);
    let mut floor = times(&schedule, &forwarded.finish(), |n| n);
    let mut report = Report::new("latency");
    let seconds = load.seconds;
    report.note(format!(
        "{rate} requests a second of 1.3 KB for {seconds} s, 50 ms commits, sustained {sustained:.0}"
    ));
    report.quantiles("account lane", &mut lane);
    report.quantiles("forwarder", &mut floor);
    for quantile in [0.5, 0.99] {
        let beyond = crate::report::quantile_of(&lane, quantile)
            - crate::report::quantile_of(&floor, quantile);
        report.add(format!("beyond the forwarder, p{:.0}", quantile * 100.0), beyond, "ms");
    }
    let joint = joint_lane(epoch, &tables.finish());
    report.add("joint lane, buckets that ended meanwhile", joint.len() as f64, "");
    if let Some(most) = joint.into_iter().max_by(f64::total_cmp) {
        report.add("joint lane, from a bucket's end, at most", most, "ms");
    }
    let each = |cpu: f64| cpu * 1e6 / schedule.count as f64;
    report.add("CPU a request, all tasks in one process", each(cpu.0), "µs");
    report.add("CPU a message, forwarder", each(cpu.1), "µs");
    report.add("sender behind the clock at most", behind.as_secs_f64() * 1e3, "ms");
    Ok(report)
}

/// From the end of each bucket that ended after the epoch to the moment its results were seen, in
/// milliseconds.
fn joint_lane((begun, begun_ms): (Instant, u64), seen: &[(u64, Instant)]) -> Vec<f64> {
    let time = step::TimeConfig::default();
    // What the first bucket that is still open will teach takes effect so long after its begin.
    let beyond = (time.bucket + time.table_delay) as u64;
    let time = |(to, at): &(u64, Instant)| {
        let ended_ms = to.checked_sub(beyond)?;
        let at_ms = begun_ms as f64 + at.checked_duration_since(begun)?.as_secs_f64() * 1e3;
        (ended_ms >= begun_ms).then_some(at_ms - ended_ms as f64)
    };
    seen.iter().filter_map(time).collect()
}

/// A topic for the forwarder. It takes the forwarder's name.
fn forward_topic(stage: &Installation<'_>, name: &str) -> Result<String> {
    let topic = stage.topic(name);
    stage.cluster.create_topic(&topic, PARTITIONS as i32, &[]).context("a topic")?;
    Ok(topic)
}

/// Lets everybody get going, the broker's compiler above all. Returns how many requests that took.
fn warm_up(sender: &Sender, first: u64, rate: u64) -> Result<u64> {
    let schedule = schedule(first, rate, 8);
    schedule.send(sender)?;
    Ok(schedule.count)
}

/// A schedule that begins at once, of whole turns of accounts.
fn schedule(first: u64, rate: u64, seconds: u64) -> Schedule {
    let count = (rate * seconds).next_multiple_of(load::ROUND);
    Schedule { first, count, start: Instant::now() + Duration::from_millis(100), rate }
}

/// Sends requests as fast as it can, of whole turns of accounts. Returns how many.
fn send_at_once(sender: &Sender, first: u64, count: u64) -> Result<u64> {
    let mut writer = load::Writer::default();
    let count = count.next_multiple_of(load::ROUND);
    for n in first..first + count {
        let account = id(account(n));
        sender.send(&account, writer.request(n, &account, now_ms()))?;
    }
    sender.finish()?;
    Ok(count)
}

/// From due to seen, in milliseconds, of what the schedule sent.
fn times(schedule: &Schedule, seen: &[(u64, Instant)], cause: fn(u64) -> u64) -> Vec<f64> {
    let time = |(name, at): &(u64, Instant)| {
        let due = schedule.due(cause(*name))?;
        Some(at.saturating_duration_since(due).as_secs_f64() * 1e3)
    };
    seen.iter().filter_map(time).collect()
}
