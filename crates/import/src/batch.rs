//! What an import has gathered: events as they will be written, and what could not be read.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use event::EventTime;
use event::contract::{Body, Event, Request};

use crate::Error;

/// Enough to see what is wrong with a file, few enough to print.
const REPORTS: usize = 20;

/// What an import read and wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Lines or rows of the sources, those out of form included.
    pub read: u64,
    /// Events written.
    pub written: u64,
    /// Accounts they are of.
    pub accounts: u64,
    /// Lines out of form.
    pub malformed: u64,
    /// The first of them: file, line and reason.
    pub reports: Vec<String>,
}

/// Events on their way to the output, in the order of the source.
pub struct Batch {
    source: &'static str,
    limit: u64,
    lines: Vec<(EventTime, Vec<u8>)>,
    accounts: BTreeSet<String>,
    counts: Counts,
}

impl Batch {
    /// An empty batch of events of `source`.
    pub fn new(source: &'static str, limit: Option<u64>) -> Batch {
        Batch {
            source,
            limit: limit.unwrap_or(u64::MAX),
            lines: Vec::new(),
            accounts: BTreeSet::new(),
            counts: Counts::default(),
        }
    }

    /// Whether it holds as much as was asked for.
    pub fn is_full(&self) -> bool {
        self.lines.len() as u64 >= self.limit
    }

    /// A name in the source's own space, so that several imports can be read together.
    pub fn name(&self, name: impl std::fmt::Display) -> String {
        format!("{}-{name}", self.source)
    }

    /// Adds a request, under the next number of the source.
    pub fn push(&mut self, time: EventTime, request: Request) {
        let id = self.name(format_args!("{:06}", self.lines.len() + 1));
        self.push_as(&id, time, request);
    }

    /// Adds a request under an id of its own.
    pub fn push_as(&mut self, id: &str, time: EventTime, request: Request) {
        if self.is_full() {
            return;
        }
        if !self.accounts.contains(request.account_id.as_ref()) {
            self.accounts.insert(request.account_id.clone().into_owned());
        }
        let body = Body::Request(Box::new(request));
        let event = Event { event_id: id.into(), event_time: time, tenant: None, body };
        let mut line = serde_json::to_vec(&event).expect("the contract's types are plain JSON");
        line.push(b'\n');
        self.lines.push((time, line));
    }

    /// Counts one line of the source.
    pub fn count_read(&mut self) {
        self.counts.read += 1;
    }

    /// Counts one line that is not in form, and keeps the first few for the reader.
    pub fn set_aside(&mut self, path: &Path, line: u64, reason: &str) {
        self.counts.malformed += 1;
        if self.counts.reports.len() < REPORTS {
            self.counts.reports.push(format!("{}:{line}: {reason}", path.display()));
        }
    }

    /// Writes the events in order of time; events of one time keep the order of the source.
    pub fn write(mut self, out: &mut dyn Write) -> Result<Counts, Error> {
        self.lines.sort_by_key(|(time, _)| *time);
        for (_, line) in &self.lines {
            out.write_all(line).map_err(Error::Write)?;
        }
        out.flush().map_err(Error::Write)?;
        self.counts.written = self.lines.len() as u64;
        self.counts.accounts = self.accounts.len() as u64;
        Ok(self.counts)
    }
}
