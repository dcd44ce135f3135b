//! The floor: reads a topic and writes another, one transaction every 50 ms, and does nothing else. Its
//! clients are set up as those of a worker (`crates/kafka`), and offsets go into each transaction.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::{ClientConfig, Message};

/// Between transactions.
const INTERVAL: Duration = Duration::from_millis(50);

/// Records in a transaction, at most.
const RECORDS: usize = 10_000;

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// From where to where.
#[derive(Debug, Args)]
pub struct Forward {
    /// Brokers
    bootstrap: String,
    /// The topic that is read
    from: String,
    /// The topic that is written: its group and its transactional id are called the same
    to: String,
    /// Stop where the topic ends now
    #[arg(long)]
    until_end: bool,
}

impl Forward {
    /// Forwards until it is killed, or to the end.
    pub fn run(&self) -> Result<()> {
        let (consumer, producer) = (self.consumer()?, self.producer()?);
        consumer.subscribe(&[&self.from])?;
        let mut offsets: Vec<Option<i64>> = Vec::new();
        let (mut ended, mut committed_at) = (0, Instant::now());
        loop {
            let mut gathered = Vec::new();
            let due = committed_at + INTERVAL;
            while gathered.len() < RECORDS && (gathered.is_empty() || Instant::now() < due) {
                let wait = due.saturating_duration_since(Instant::now());
                match consumer.poll(wait.max(Duration::from_millis(1))) {
                    None => {}
                    Some(Ok(message)) => gathered.push(message),
                    Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                    Some(Err(error)) => return Err(error.into()),
                }
                let all = || consumer.assignment().map_or(0, |all| all.count());
                if gathered.is_empty() && self.until_end && ended > 0 && ended >= all() {
                    return Ok(());
                }
            }
            // As a worker does: first all is read, then all is sent.
            producer.begin_transaction()?;
            for message in gathered {
                send(&producer, &self.to, &message)?;
                let partition = message.partition() as usize;
                offsets.resize(offsets.len().max(partition + 1), None);
                offsets[partition] = Some(message.offset() + 1);
            }
            self.commit(&consumer, &producer, &offsets)?;
            committed_at = Instant::now();
        }
    }

    fn commit(
        &self,
        consumer: &BaseConsumer,
        producer: &ThreadedProducer<DefaultProducerContext>,
        offsets: &[Option<i64>],
    ) -> Result<()> {
        // What `flush` would wait for by whole polls, deliveries on their own thread end sooner.
        let deadline = Instant::now() + ANSWER;
        while producer.in_flight_count() > 0 {
            ensure!(Instant::now() < deadline, "records were not delivered");
            std::thread::sleep(Duration::from_micros(200));
        }
        let mut list = TopicPartitionList::new();
        for (partition, next) in offsets.iter().enumerate() {
            if let Some(next) = next {
                list.add_partition_offset(&self.from, partition as i32, Offset::Offset(*next))?;
            }
        }
        let group = consumer.group_metadata().context("a group")?;
        producer.send_offsets_to_transaction(&list, &group, ANSWER)?;
        producer.commit_transaction(ANSWER)?;
        Ok(())
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }

    fn consumer(&self) -> Result<BaseConsumer> {
        let mut config = self.client();
        config
            .set("group.id", &self.to)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", if self.until_end { "true" } else { "false" })
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.wait.max.ms", "20");
        config.create().context("a consumer")
    }

    fn producer(&self) -> Result<ThreadedProducer<DefaultProducerContext>> {
        let mut config = self.client();
        config
            .set("transactional.id", &self.to)
            .set("transaction.timeout.ms", "10000")
            .set("compression.type", "lz4")
            .set("linger.ms", "1")
            .set("batch.num.messages", "100000")
            .set("message.max.bytes", "16000000")
            .set("queue.buffering.max.kbytes", "131072");
        let producer: ThreadedProducer<DefaultProducerContext> =
            config.create().context("a producer")?;
        producer.init_transactions(ANSWER)?;
        Ok(producer)
    }
}

fn send(
    producer: &ThreadedProducer<DefaultProducerContext>,
    to: &str,
    message: &impl Message,
) -> Result<()> {
    let mut record = BaseRecord::to(to)
        .partition(message.partition())
        .key(message.key().unwrap_or_default())
        .payload(message.payload().unwrap_or_default());
    while let Err((error, back)) = producer.send(record) {
        let full = rdkafka::types::RDKafkaErrorCode::QueueFull;
        ensure!(error.rdkafka_error_code() == Some(full), "{error}");
        std::thread::sleep(Duration::from_millis(1));
        record = back;
    }
    Ok(())
}
