//! What a run says of itself: `summary.json`, and the same for a person.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

/// The summary of a run. Counts and digests are functions of the input; costs are not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Records taken in, duplicates included.
    pub events: u64,
    /// Of these, requests.
    pub requests: u64,
    /// Of these, records of the control log.
    pub control_records: u64,
    /// Records that could not be used.
    pub dead_letters: u64,
    /// Records whose event id had been seen within the window.
    pub duplicates: u64,
    /// Records that came too late to keep their time.
    pub clamped: u64,
    /// Fields that no type knows.
    pub unknown_fields: u64,
    /// Accounts in state.
    pub accounts: u64,
    /// Bytes of state per account, as stored.
    pub state_bytes_per_account: Option<f64>,
    /// Objects touched per request.
    pub sightings_per_request: Option<f64>,
    /// SHA-256 of all state that is part of the result.
    pub state_digest: String,
    /// The same for each task.
    pub state_digests: BTreeMap<String, String>,
    /// SHA-256 of each output file.
    pub output_digests: BTreeMap<String, String>,
    /// Records of each output file.
    pub output_records: BTreeMap<String, u64>,
    /// CPU microseconds per request, everything included.
    pub cpu_us_per_request: Option<f64>,
    /// Requests per second of CPU.
    pub requests_per_cpu_second: Option<f64>,
    /// CPU seconds by stage; `other` is what the process used beside them: queues, outputs, digests,
    /// the system's part.
    pub stage_cpu_seconds: BTreeMap<String, f64>,
    /// CPU seconds of the whole run.
    pub cpu_seconds: f64,
    /// Wall seconds of the whole run.
    pub wall_seconds: f64,
    /// The most memory the process held.
    pub peak_rss_bytes: Option<u64>,
    /// Restarts that were injected.
    pub restarts: u64,
}

impl Summary {
    /// The summary for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let out = &mut text;
        let number =
            |value: Option<f64>| value.map_or("no data".to_owned(), |it| format!("{it:.1}"));
        let _ = writeln!(
            out,
            "{} records, {} of them requests, from {} accounts",
            self.events, self.requests, self.accounts
        );
        let _ = writeln!(
            out,
            "{} dead letters, {} duplicates, {} clamped, {} unknown fields",
            self.dead_letters, self.duplicates, self.clamped, self.unknown_fields
        );
        for (topic, records) in &self.output_records {
            let _ = writeln!(out, "{records:>12} {topic}");
        }
        let rate =
            self.requests_per_cpu_second.map_or("no data".to_owned(), |it| format!("{it:.0}"));
        let _ = writeln!(
            out,
            "{} µs of CPU a request ({rate} requests a second and core), {:.1} s in all",
            number(self.cpu_us_per_request),
            self.wall_seconds
        );
        for (stage, seconds) in &self.stage_cpu_seconds {
            let each = (self.requests > 0).then(|| seconds * 1e6 / self.requests as f64);
            let _ = writeln!(out, "{:>12} µs a request in {stage}", number(each));
        }
        let rss = self.peak_rss_bytes.map(|bytes| bytes as f64 / 1e6);
        let _ = writeln!(
            out,
            "{} bytes of state an account, {} sightings a request, {} MB of memory at most",
            number(self.state_bytes_per_account),
            number(self.sightings_per_request),
            number(rss)
        );
        let _ = writeln!(out, "state {}", self.state_digest);
        text
    }
}
