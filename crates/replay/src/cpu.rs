//! What a run costs: CPU time of threads and of the process, and the peak of its memory.

use std::time::Duration;

use pipeline::Meter;
use pipeline::topology::Stage;
use rustix::time::{ClockId, clock_gettime};

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// CPU time of this thread.
pub fn thread_cpu() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// CPU time of this process, all threads.
#[must_use]
pub fn process_cpu() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// The most memory the process held at once, in bytes, where the system says so.
#[must_use]
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

/// CPU time by stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    spent: [Duration; Stage::ALL.len()],
}

impl Costs {
    /// Adds to a stage.
    pub fn add(&mut self, stage: Stage, time: Duration) {
        self.spent[stage as usize] += time;
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Costs) {
        for (sum, part) in self.spent.iter_mut().zip(other.spent) {
            *sum += part;
        }
    }

    /// What a stage cost.
    pub fn of(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }
}

/// Watches which stage works on this thread.
#[derive(Debug)]
pub struct Watch {
    /// What each cost so far.
    pub costs: Costs,
    current: Option<(Stage, Duration)>,
}

impl Watch {
    /// A watch that has seen nothing.
    pub fn new() -> Watch {
        Watch { costs: Costs::default(), current: None }
    }

    /// No stage works any more.
    pub fn pause(&mut self) {
        if let Some((stage, since)) = self.current.take() {
            self.costs.add(stage, thread_cpu().saturating_sub(since));
        }
    }
}

impl Meter for Watch {
    fn enter(&mut self, stage: Stage) {
        if self.current.is_some_and(|(current, _)| current == stage) {
            return;
        }
        let now = thread_cpu();
        if let Some((before, since)) = self.current.replace((stage, now)) {
            self.costs.add(before, now.saturating_sub(since));
        }
    }
}
