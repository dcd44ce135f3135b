//! What a checkpoint of many accounts costs: `cargo run --release -p store --example accounts`,
//! with how many accounts and where as arguments (a million; a folder of its own under the system's
//! temporary one, which is removed).
//!
//! Each account has two rows of bytes that do not compress, 700 and 150, as in the account task. What
//! is measured in a process that has written is measured again in one that has only opened.

#![allow(clippy::disallowed_methods, reason = "it measures, and is started by a person")]

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use pipeline::message::Place;
use step::{Change, Slot};
use store::{Identity, Store};
use xxhash_rust::xxh3::xxh3_64;

type Outcome<T> = Result<T, Box<dyn Error>>;

const CACHE: u64 = 32 << 20;
const NOW: i64 = 1_800_000_000_000;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let accounts: u64 = arguments.first().map_or(Ok(1_000_000), |text| text.parse())?;
    let given = arguments.get(1).map(PathBuf::from);
    let dir = given.unwrap_or_else(|| std::env::temp_dir().join("iolaus-store-accounts"));
    match arguments.get(2).map(String::as_str) {
        Some("write") => return write(&dir, accounts),
        Some(_) => return read(&dir, accounts),
        None => {}
    }
    for role in ["write", "read"] {
        let itself = std::env::current_exe()?;
        Command::new(itself).arg(accounts.to_string()).arg(&dir).arg(role).status()?;
    }
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

fn write(dir: &Path, accounts: u64) -> Outcome<()> {
    let (store, _) = Store::open(dir, &identity(), NOW, i64::MAX, CACHE, |_, _| false)?;
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut offset = 0;
    let began = Instant::now();
    for first in (0..accounts).step_by(50_000) {
        let chosen = first..(first + 50_000).min(accounts);
        offset += 1;
        store.write(changes(&mut numbers, chosen), offset, NOW)?;
    }
    println!(
        "filled with {accounts} accounts: {:.1} s, {}",
        began.elapsed().as_secs_f64(),
        memory()
    );
    for (dirty, times) in [(accounts / 1_000, 100), (accounts / 50, 60)] {
        let mut costs = Vec::new();
        let (mut bytes, cpu) = (0, cpu_s());
        for _ in 0..times {
            let chosen: Vec<u64> = (0..dirty).map(|_| numbers.next() % accounts).collect();
            let changes = changes(&mut numbers, chosen.into_iter());
            let began = Instant::now();
            offset += 1;
            bytes += store.write(changes, offset, NOW)?.bytes;
            costs.push(began.elapsed().as_secs_f64());
        }
        let cpu = (cpu_s() - cpu) / f64::from(times);
        costs.sort_by(f64::total_cmp);
        println!("{} MB on disk", store.verify()?.disk_bytes / 1_000_000);
        println!(
            "write {dirty} dirty accounts: median {:.3} s, most {:.3} s, {cpu:.3} s of CPU, {:.1} MB of pages, {}",
            costs[costs.len() / 2],
            costs[costs.len() - 1],
            bytes as f64 / f64::from(times) / 1e6,
            memory(),
        );
    }
    let report = store.verify()?;
    println!(
        "holds {} rows of {} MB in {} pages and {} layers; {} MB on disk, {:.1} MB of filters and checks",
        report.rows,
        report.bytes / 1_000_000,
        report.pages,
        report.layers,
        report.disk_bytes / 1_000_000,
        report.memory_bytes as f64 / 1e6,
    );
    // As if killed: the next to open it has to read the end of the log.
    std::mem::forget(store);
    Ok(())
}

fn read(dir: &Path, accounts: u64) -> Outcome<()> {
    let began = Instant::now();
    let (store, opened) = Store::open(dir, &identity(), NOW, i64::MAX, CACHE, |_, _| false)?;
    println!("open: {:.2} s, {opened:?}, {}", began.elapsed().as_secs_f64(), memory());
    let began = Instant::now();
    let (mut rows, mut bytes) = (0_u64, 0);
    store.rows::<store::Error>(|_, _, key, value| {
        rows += 1;
        bytes += key.len() + value.len();
        Ok(())
    })?;
    println!(
        "read all: {:.2} s, {rows} rows of {} MB, {}",
        began.elapsed().as_secs_f64(),
        bytes / 1_000_000,
        memory()
    );
    let mut numbers = Numbers(0xfeed_5678_9abc_def1);
    let mut costs = Vec::new();
    for _ in 0..20_000 {
        let key = account(numbers.next() % accounts);
        let began = Instant::now();
        let rows = store.fetch(Slot(key[0]), &key)?;
        costs.push(began.elapsed().as_secs_f64() * 1e6);
        assert_eq!(rows.len(), 2);
    }
    costs.sort_by(f64::total_cmp);
    println!("fetch: median {:.0} µs, 99 % {:.0} µs, {}", costs[10_000], costs[19_800], memory());
    let unknown: Vec<_> = (accounts..accounts + 1_000_000).map(account).collect();
    let began = Instant::now();
    let wrong = unknown.iter().filter(|key| store.maybe_has(Slot(key[0]), key)).count();
    println!(
        "filter: {:.2} % false positives, {:.0} ns a question",
        wrong as f64 / 1e4,
        began.elapsed().as_secs_f64() * 1e3
    );
    black_box(&unknown);
    let began = Instant::now();
    drop(store);
    println!("close: {:.2} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let (_store, _) = Store::open(dir, &identity(), NOW, i64::MAX, CACHE, |_, _| false)?;
    println!("open after a clean end: {:.2} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn changes(numbers: &mut Numbers, accounts: impl Iterator<Item = u64>) -> Vec<(Place, Change)> {
    let mut changes = Vec::new();
    for number in accounts {
        for (part, bytes) in [(0, 700), (1, 150)] {
            let key = account(number);
            let place = Place { part, slot: Slot(key[0]) };
            let value = (0..bytes / 8).flat_map(|_| numbers.next().to_le_bytes()).collect();
            changes.push((place, (0, key, Some(value))));
        }
    }
    changes
}

fn account(number: u64) -> Vec<u8> {
    xxh3_64(&number.to_le_bytes()).to_le_bytes().to_vec()
}

fn identity() -> Identity {
    Identity {
        application: "iolaus".into(),
        task: "account".into(),
        partition: 0,
        partitions: 1,
        changelog_topic: "changelog".into(),
        changelog_topic_id: "id".into(),
        configuration: "digest".into(),
        format: 1,
    }
}

/// The same numbers every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Memory now and at most, as Linux tells it.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kb: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kb.unwrap_or(0) / 1024
    };
    format!("RSS {} MB (most {})", field("VmRSS:"), field("VmHWM:"))
}

/// Seconds of CPU of all threads so far, as Linux tells it, in ticks of 10 ms.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields = after.split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
