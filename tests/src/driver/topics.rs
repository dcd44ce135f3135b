//! Topics of encoded records, and two of the planted faults.

use std::marker::PhantomData;

use event::link::Link;
use pipeline::message::{Published, ToCampaign};
use serde::Serialize;
use serde::de::DeserializeOwned;
use step::{decode, encode};

/// One partition with one reader.
pub struct Log<T> {
    records: Vec<Vec<u8>>,
    committed: usize,
    read: usize,
    of: PhantomData<T>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log { records: Vec::new(), committed: 0, read: 0, of: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> Log<T> {
    pub fn append(&mut self, record: &T) {
        self.records.push(encode(record));
    }

    pub fn peek(&self) -> Option<T> {
        let bytes = self.records.get(self.read)?;
        Some(decode(bytes).expect("what was encoded can be decoded"))
    }

    pub fn read(&mut self) -> Option<T> {
        let record = self.peek()?;
        self.read += 1;
        Some(record)
    }

    pub fn commit(&mut self) {
        self.committed = self.read;
    }

    /// What was not committed was not read; unless that is what is broken.
    pub fn rewind(&mut self, broken: bool) {
        if broken {
            self.committed = self.read;
        }
        self.read = self.committed;
    }

    pub fn start_over(&mut self) {
        self.committed = 0;
        self.read = 0;
    }

    pub fn is_read(&self) -> bool {
        self.read == self.records.len()
    }
}

/// Fault: a cap on arrival, through a map whose order is chance.
#[expect(clippy::disallowed_types, reason = "this is the fault")]
pub fn first_few(message: &mut ToCampaign) {
    if let ToCampaign::Links(_, links) = message {
        let unordered: std::collections::HashMap<Vec<u8>, Link> =
            links.drain(..).map(|link| (encode(&link), link)).collect();
        links.extend(unordered.into_values().take(3));
    }
}

/// Fault: everything that a step says is said at the time of its last record.
pub fn at_the_end_of_the_step(published: &mut [Published]) {
    let last = published.iter().map(|one| one.as_of).max();
    for (one, last) in published.iter_mut().zip(last.into_iter().cycle()) {
        one.as_of = last;
    }
}
