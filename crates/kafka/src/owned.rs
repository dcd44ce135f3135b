//! A partition that is a worker's: its shard, how far it has read, and what it has not taken yet.

use std::collections::VecDeque;
use std::time::Instant;

use rdkafka::Message;
use rdkafka::message::BorrowedMessage;

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::host::Host;
use crate::item::Item;
use crate::time::now;

/// A topic partition that a shard reads, and how far it has.
pub struct Place {
    pub topic: String,
    pub partition: i32,
    /// The offset of the next record to be taken.
    pub next: i64,
    /// The end was seen.
    pub at_end: bool,
}

/// A shard that is ours.
pub struct Owned {
    pub host: Host,
    pub places: Vec<Place>,
    /// Records that were read and not taken: place, offset, record.
    pub pending: VecDeque<(usize, i64, Item)>,
    pub paused: bool,
    /// When its last record came, or its time was last put on.
    pub heard: Instant,
    /// Where its topic ended when it was last asked, without a record since.
    pub quiet_at: Option<i64>,
    /// Its changelog has no record yet.
    pub unborn: bool,
    pub checkpoint: Option<Checkpoint>,
}

impl Owned {
    /// Keeps a record until the shard takes it.
    pub fn keep(&mut self, message: &BorrowedMessage<'_>, item: Item) {
        let here = |place: &Place| {
            place.partition == message.partition() && place.topic == message.topic()
        };
        if let Some(place) = self.places.iter().position(here) {
            self.places[place].at_end = false;
            self.heard = now();
            self.quiet_at = None;
            self.pending.push_back((place, message.offset(), item));
        }
    }

    /// The shard takes what it can.
    ///
    /// # Errors
    /// If an account can't be brought into memory.
    pub fn work(&mut self) -> Result<(), Error> {
        self.host.settle(&mut self.checkpoint)?;
        while let Some((place, offset, item)) = self.pending.pop_front() {
            if let Some(item) = self.host.offer(item, &mut self.checkpoint)? {
                self.pending.push_front((place, offset, item));
                break;
            }
            self.places[place].next = offset + 1;
        }
        self.host.settle(&mut self.checkpoint)?;
        if self.pending.is_empty() && self.places.iter().all(|place| place.at_end) {
            self.host.end(&mut self.checkpoint)?;
        }
        Ok(())
    }

    /// Lets so many accounts go, as far as the disk holds them. Returns how many went.
    pub fn forget(&mut self, count: usize) -> usize {
        let host = &mut self.host;
        let kept = self.checkpoint.as_mut();
        kept.map_or(0, |kept| kept.forget(count, &mut |one| host.forget(one)))
    }
}
