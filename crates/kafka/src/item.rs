//! What a worker reads: records of the user's and of ours, understood but not yet taken by a shard.

use std::sync::Arc;

use enrich::Recent;
use event::EventTime;
use event::contract::BEHAVIOUR;
use event::intake::{Limits, Reason, Reject, parse_json};
use event::public::DeadLetter;
use pipeline::message::{TableMessage, ToAccount, ToCampaign, ToObject};
use pipeline::{Intake, Taken};
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use sha2::{Digest, Sha256};
use step::{Slot, partition_of};

use crate::error::Error;
use crate::task::Task;
use crate::wire;

/// A record that a shard can be offered.
#[derive(Debug)]
pub enum Item {
    /// An event of the user's.
    Taken(Taken),
    /// The input was silent, and time went on.
    Silence(EventTime),
    /// A record that could not be used.
    Dead(DeadLetter),
    /// From a source of `route`.
    ToAccount(usize, Vec<ToAccount>),
    /// From an account partition.
    ToObject(usize, Vec<ToObject>),
    /// From any upstream of the campaign task.
    ToCampaign(usize, Vec<ToCampaign>),
}

/// Understands records. Needs no state, so it works as soon as a record is there.
pub struct Reader {
    task: Task,
    intake: Arc<Intake>,
    limits: Limits,
    recent: Recent,
    /// Partitions of the one input topic that is keyed by account.
    keyed: Option<u32>,
}

impl Reader {
    /// A reader for a task.
    pub fn new(task: Task, intake: Arc<Intake>, limits: Limits, keyed: Option<u32>) -> Reader {
        Reader { task, intake, limits, recent: Recent::default(), keyed }
    }

    /// Understands a record.
    ///
    /// # Errors
    /// If a record of ours can't be read, or one of the user's stands in the wrong partition.
    pub fn read(&mut self, message: &BorrowedMessage<'_>) -> Result<Item, Error> {
        let payload = message.payload().unwrap_or_default();
        let unreadable = |detail: String| Error::Unreadable {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            detail,
        };
        match self.task {
            Task::Account if self.keyed.is_none() => wire::read_messages(payload)
                .map(|(from, said)| Item::ToAccount(from as usize, said))
                .map_err(unreadable),
            Task::Route | Task::Account => self.event(message, payload),
            Task::Object => wire::read_messages(payload)
                .map(|(from, said)| Item::ToObject(from as usize, said))
                .map_err(unreadable),
            Task::Campaign => wire::read_messages(payload)
                .map(|(from, said)| Item::ToCampaign(from as usize, said))
                .map_err(unreadable),
        }
    }

    fn event(&mut self, message: &BorrowedMessage<'_>, payload: &[u8]) -> Result<Item, Error> {
        if payload.len() > self.limits.record_bytes {
            let (most, found) = (self.limits.record_bytes, payload.len());
            let detail = format!("expected a record of at most {most} bytes, found {found}");
            return Ok(dead(message, &Reject::new(Reason::TooLarge, detail)));
        }
        match parse_json(payload, &self.limits) {
            Err(reject) => Ok(dead(message, &reject)),
            Ok(parsed) => {
                let taken = self.intake.take(&parsed.event, &mut self.recent);
                self.check_partition(message, &taken)?;
                if let Some(version) = taken.beyond() {
                    return Err(unknown_behaviour(message, version));
                }
                Ok(Item::Taken(taken))
            }
        }
    }

    /// A topic that is keyed by something else, or by another partitioner, would spread an account
    /// over shards: better no answer than a wrong one.
    fn check_partition(&self, message: &BorrowedMessage<'_>, taken: &Taken) -> Result<(), Error> {
        let (Some(partitions), Taken::Account(enriched)) = (self.keyed, taken) else {
            return Ok(());
        };
        let account = enriched.name.id();
        let expected = partition_of(Slot::of_key(account.as_bytes()), partitions);
        if expected == message.partition() as u32 {
            return Ok(());
        }
        let (topic, found, offset) = (message.topic(), message.partition(), message.offset());
        Err(Error::Unfit(format!(
            "{topic}/{found}@{offset}: account `{account}` belongs in partition {expected} of \
             {partitions}: the topic is not keyed by account with Kafka's default partitioner \
             (murmur2; librdkafka's own default is another). Set `kafka.keyed = false` and run `route`"
        )))
    }
}

/// Whoever went on as before would say something else than those who know.
fn unknown_behaviour(message: &BorrowedMessage<'_>, version: u64) -> Error {
    let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
    Error::Unfit(format!(
        "{topic}/{partition}@{offset}: decisions are to be made by behaviour {version} from here on, and this \
         program knows none beyond {BEHAVIOUR}: upgrade it; it goes on from here"
    ))
}

fn dead(message: &BorrowedMessage<'_>, reject: &Reject) -> Item {
    let payload = message.payload().unwrap_or_default();
    let digest: String = Sha256::digest(payload).iter().map(|byte| format!("{byte:02x}")).collect();
    Item::Dead(DeadLetter {
        reason: reject.reason.code().into(),
        detail: reject.detail.as_str().into(),
        file: format!("{}/{}", message.topic(), message.partition()).into(),
        line: message.offset() as u64,
        digest: digest.into(),
        bytes: payload.len() as u64,
    })
}

/// Reads a record of `tables`.
///
/// # Errors
/// If it can't be read.
pub fn table_message(message: &BorrowedMessage<'_>) -> Result<TableMessage, Error> {
    wire::read_single(message.payload().unwrap_or_default()).map_err(|detail| Error::Unreadable {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        detail,
    })
}
