//! Who reads what was committed, and notes when each record could be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use pipeline::message::TableMessage;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::{ClientConfig, Message};

/// What identifies a record: from its key and payload.
type Name = fn(&[u8], &[u8]) -> Option<u64>;

/// Reads a topic on a thread of its own.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    seen: Arc<AtomicU64>,
    thread: JoinHandle<Vec<(u64, Instant)>>,
}

impl Watcher {
    /// Watches what comes from now on, in every partition of a topic.
    pub fn start(
        mut client: ClientConfig,
        topic: &str,
        partitions: u32,
        name: Name,
    ) -> Result<Watcher> {
        client
            .set("group.id", "bench-watcher")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "5");
        let consumer: BaseConsumer = client.create().context("a consumer")?;
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions as i32 {
            list.add_partition_offset(topic, partition, Offset::Beginning)?;
        }
        consumer.assign(&list)?;
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(AtomicU64::new(0));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            let mut all = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                // What a poll complains of passes, or the count at the end says so.
                let Some(Ok(message)) = consumer.poll(Duration::from_millis(20)) else { continue };
                let at = Instant::now();
                let (key, payload) = (message.key(), message.payload());
                if let Some(n) = name(key.unwrap_or_default(), payload.unwrap_or_default()) {
                    all.push((n, at));
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
            all
        });
        Ok(Watcher { stop, seen, thread })
    }

    /// How many records were seen.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Waits until so many were seen. Returns whether they were, in time.
    pub fn wait_for(&self, count: u64, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.seen() < count {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Stops. Returns what was seen, and when.
    pub fn finish(self) -> Vec<(u64, Instant)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// The account of a fingerprint: its key is `tenant:account`.
pub fn account_of_key(key: &[u8], _: &[u8]) -> Option<u64> {
    crate::load::number_of(std::str::from_utf8(key).ok()?)
}

/// The number of a request that was forwarded as it is.
pub fn number_of_request(_: &[u8], payload: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(payload.get(..80)?).ok()?;
    text.split_once("\"event_id\":\"e")?.1.get(..12)?.parse().ok()
}

/// Up to when the tables are complete, in milliseconds, if that is what a record of theirs says. A version
/// byte goes before the message.
pub fn complete_to(_: &[u8], payload: &[u8]) -> Option<u64> {
    match step::decode(payload.get(1..)?).ok()? {
        TableMessage::Complete(to) => u64::try_from(to.0).ok(),
        TableMessage::Row(_) => None,
    }
}
