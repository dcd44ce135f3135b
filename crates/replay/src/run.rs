//! The driver: queues for topics, one shard per partition, and the order in which they work.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use enrich::Enricher;
use event::EventTime;
use event::id::Digest;
use event::intake::Limits;
use pipeline::account::{AccountShard, FORESEEN};
use pipeline::campaign::CampaignShard;
use pipeline::message::{Changes, Place, TableMessage, ToAccount, ToCampaign, ToObject};
use pipeline::object::ObjectShard;
use pipeline::route::RouteShard;
use pipeline::topology::Stage;
use pipeline::{Config, Intake, Meter, Taken, digest};
use step::{Slot, TableId, partition_of};

use crate::cpu::{Costs, Watch, peak_rss_bytes, process_cpu};
use crate::duplicates::Duplicates;
use crate::error::Error;
use crate::output::Output;
use crate::queue::Queue;
use crate::random::Random;
use crate::report::Summary;
use crate::source::Source;

/// How files become inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// One file is one input keyed by account; several files are several inputs and go through
    /// `route`.
    Files(Vec<PathBuf>),
    /// The files are the partitions of one input keyed by account, in order.
    Keyed(Vec<PathBuf>),
}

/// What a run can be put through without a byte of its output changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Partitions of the account and object tasks (a divisor of 256).
    pub partitions: u32,
    /// Processes that the partitions are spread over: what restarts together.
    pub instances: u32,
    /// Kills an instance now and then; it goes on from its changelog.
    pub restart_seed: Option<u64>,
    /// How many kills at most.
    pub restarts: u64,
    /// Delivers some records twice.
    pub duplicate_seed: Option<u64>,
    /// Works in random turns and batches.
    pub interleave_seed: Option<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Faults {
            partitions: 1,
            instances: 1,
            restart_seed: None,
            restarts: u64::MAX,
            duplicate_seed: None,
            interleave_seed: None,
        }
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is read.
    pub inputs: Inputs,
    /// Where the files go.
    pub output: PathBuf,
    /// What is taken at all.
    pub limits: Limits,
    /// The configuration of the tasks.
    pub config: Config,
    /// What it is put through.
    pub faults: Faults,
    /// Where state goes for a running system to go on from. The input then does not end, it pauses.
    pub hand_over: Option<PathBuf>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Records taken in so far.
    pub records: u64,
    /// Bytes of records read so far.
    pub bytes: u64,
}

/// Records a shard is given in one step, at most.
const STEP: u64 = 512;

/// Deliveries of a reader that are taken at once: as many as it is ahead.
const DELIVERIES: usize = 4;

/// Runs the tasks over the inputs to their end.
///
/// # Errors
/// If an input can't be opened, an output can't be written, or the options make no sense.
#[expect(clippy::disallowed_methods, reason = "how long it took is reported, and changes nothing")]
pub fn run(
    options: &Options,
    enricher: Enricher,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, Error> {
    let started = Instant::now();
    let cpu_before = process_cpu();
    let mut run = Run::new(options, enricher)?;
    loop {
        let worked = run.turn()?;
        if worked {
            continue;
        }
        let mut any = false;
        for _ in 0..DELIVERIES {
            any |= run.read_more(progress)?;
        }
        if !any {
            // Nothing to do and nothing to read is the end, or a fault of ours.
            if run.pauses || run.finished() {
                break;
            }
            return Err(Error::Stalled);
        }
    }
    if let Some(path) = &options.hand_over {
        run.hand_over(path)?;
    }
    let mut summary = run.finish()?;
    let cpu = process_cpu().saturating_sub(cpu_before).as_secs_f64();
    let requests = summary.requests as f64;
    summary.cpu_seconds = cpu;
    let stages: f64 = summary.stage_cpu_seconds.values().sum();
    summary.stage_cpu_seconds.insert("other".to_owned(), (cpu - stages).max(0.0));
    summary.wall_seconds = started.elapsed().as_secs_f64();
    summary.peak_rss_bytes = peak_rss_bytes();
    if requests > 0.0 {
        summary.cpu_us_per_request = Some(cpu * 1e6 / requests);
        summary.requests_per_cpu_second = Some(requests / cpu.max(1e-9));
    }
    Ok(summary)
}

/// The changelog of one shard: the newest value of each row.
pub(crate) type Changelog = BTreeMap<(Place, TableId, Vec<u8>), Vec<u8>>;

/// One input file while it is read.
pub(crate) struct Reading {
    pub(crate) path: PathBuf,
    source: Source,
    duplicates: Option<Duplicates>,
    ended: bool,
    /// Records that were delivered.
    pub(crate) delivered: u64,
}

/// A shard that can be picked to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Route(usize),
    Account(usize),
    Object(usize),
    Campaign,
}

pub(crate) struct Run {
    pub(crate) config: Config,
    pub(crate) faults: Faults,
    keeps: bool,
    keyed: bool,
    /// The inputs do not end where the files do.
    pauses: bool,
    pub(crate) keys: Digest,
    pub(crate) readings: Vec<Reading>,
    // Shards.
    routes: Vec<RouteShard>,
    accounts: Vec<AccountShard>,
    objects: Vec<ObjectShard>,
    campaign: CampaignShard,
    // Topics.
    sources: Vec<Queue<Taken>>,
    pub(crate) direct: Vec<Queue<Taken>>,
    events: Vec<Queue<(usize, ToAccount)>>,
    sightings: Vec<Queue<(usize, ToObject)>>,
    to_campaign: Queue<(usize, ToCampaign)>,
    pub(crate) tables: Vec<TableMessage>,
    tables_read: Vec<usize>,
    route_ended: Vec<bool>,
    // Changelogs, by worker.
    pub(crate) account_logs: Vec<Changelog>,
    pub(crate) object_logs: Vec<Changelog>,
    pub(crate) campaign_log: Changelog,
    route_log: Vec<Option<Vec<u8>>>,
    output: Output,
    watch: Watch,
    reader_costs: Costs,
    turns: Option<Random>,
    crashes: Option<Random>,
    summary: Summary,
    bytes: u64,
}

fn check(options: &Options) -> Result<(), Error> {
    let Faults { partitions, instances, .. } = options.faults;
    if partitions == 0 || !step::SLOTS.is_multiple_of(partitions) {
        return Err(Error::Usage(format!(
            "`--partitions {partitions}`: must divide 256 (1, 2, 4, 8, …), so that slots stay whole"
        )));
    }
    if instances == 0 {
        return Err(Error::Usage("`--instances 0`: at least one must run".to_owned()));
    }
    let (Inputs::Files(files) | Inputs::Keyed(files)) = &options.inputs;
    if files.is_empty() {
        return Err(Error::NoInput);
    }
    if options.hand_over.is_some() && matches!(options.inputs, Inputs::Files(_)) {
        return Err(Error::Usage(
            "`--hand-over` without `--keyed`: state is handed over to a system that reads one topic keyed \
             by account, so give the files of its partitions"
                .to_owned(),
        ));
    }
    if let Inputs::Keyed(files) = &options.inputs {
        let count = files.len() as u32;
        if !step::SLOTS.is_multiple_of(count) {
            return Err(Error::Usage(format!(
                "`--keyed` with {count} files: the number of partitions must divide 256"
            )));
        }
        if partitions > 1 && partitions != count {
            return Err(Error::Usage(format!(
                "`--partitions {partitions}` with `--keyed`: the {count} files are the partitions"
            )));
        }
    }
    Ok(())
}

impl Run {
    fn new(options: &Options, enricher: Enricher) -> Result<Run, Error> {
        check(options)?;
        let (files, keyed) = match &options.inputs {
            Inputs::Files(files) => (files, false),
            Inputs::Keyed(files) => (files, true),
        };
        let mut faults = options.faults;
        if keyed {
            faults.partitions = files.len() as u32;
        }
        let partitions = faults.partitions as usize;
        let routed = files.len() > 1 && !keyed;
        let pauses = options.hand_over.is_some();
        let keeps = faults.restart_seed.is_some() || pauses;
        let config = options.config.agreed();
        let intake = Arc::new(Intake::new(enricher));
        let mut readings = Vec::new();
        for (index, path) in files.iter().enumerate() {
            readings.push(Reading {
                path: path.clone(),
                source: Source::open(path, &intake, options.limits)?,
                duplicates: faults
                    .duplicate_seed
                    .map(|seed| Duplicates::new(seed.wrapping_add(index as u64))),
                ended: false,
                delivered: 0,
            });
        }
        let sources = if routed { files.len() } else { 0 };
        let upstreams = 2 * partitions + sources;
        let mut run = Run {
            config,
            faults,
            keeps,
            keyed,
            pauses,
            keys: intake.key_check(),
            routes: Vec::new(),
            accounts: Vec::new(),
            objects: Vec::new(),
            campaign: CampaignShard::new(config, upstreams, keeps),
            sources: Vec::new(),
            direct: (0..partitions).map(|_| Queue::new(keeps)).collect(),
            events: (0..partitions).map(|_| Queue::new(keeps)).collect(),
            sightings: (0..partitions).map(|_| Queue::new(keeps)).collect(),
            to_campaign: Queue::new(keeps),
            tables: Vec::new(),
            tables_read: vec![0; partitions],
            route_ended: Vec::new(),
            account_logs: vec![Changelog::new(); partitions],
            object_logs: vec![Changelog::new(); partitions],
            campaign_log: Changelog::new(),
            route_log: Vec::new(),
            output: Output::create(&options.output)?,
            watch: Watch::new(),
            reader_costs: Costs::default(),
            turns: faults.interleave_seed.map(Random::new),
            crashes: faults.restart_seed.map(Random::new),
            summary: Summary::default(),
            bytes: 0,
            readings,
        };
        for _ in 0..sources {
            run.routes.push(RouteShard::new(config, faults.partitions));
            run.sources.push(Queue::new(keeps));
            run.route_ended.push(false);
            run.route_log.push(None);
        }
        for _ in 0..partitions {
            run.accounts.push(run.new_account());
            run.objects.push(ObjectShard::new(config, partitions, keeps));
        }
        Ok(run)
    }

    fn new_account(&self) -> AccountShard {
        let partitions = self.faults.partitions;
        match self.sources.len() {
            0 => AccountShard::direct(self.config, partitions, self.keeps),
            sources => AccountShard::routed(self.config, partitions, self.keeps, sources),
        }
    }

    fn new_campaign(&self) -> CampaignShard {
        let upstreams = 2 * self.accounts.len() + self.sources.len();
        CampaignShard::new(self.config, upstreams, self.keeps)
    }

    fn workers(&self) -> Vec<Worker> {
        let routes = (0..self.routes.len()).map(Worker::Route);
        let accounts = (0..self.accounts.len()).map(Worker::Account);
        let objects = (0..self.objects.len()).map(Worker::Object);
        routes.chain(accounts).chain(objects).chain([Worker::Campaign]).collect()
    }

    /// Every worker gets a turn, in order or at random. Returns whether any of them got anywhere.
    fn turn(&mut self) -> Result<bool, Error> {
        let mut workers = self.workers();
        if let Some(random) = &mut self.turns {
            for index in (1..workers.len()).rev() {
                workers.swap(index, random.below(index as u64 + 1) as usize);
            }
        }
        let mut worked = false;
        for worker in workers {
            let most = match &mut self.turns {
                Some(random) => 1 + random.below(STEP / 8),
                None => STEP,
            };
            if self.work(worker, most) {
                worked = true;
                if self.crashes(worker)? {
                    continue;
                }
                self.commit(worker);
            }
        }
        self.watch.pause();
        let oldest = self.accounts.iter().map(AccountShard::watermark).min();
        let watermark = oldest.unwrap_or(EventTime::MIN).min(self.campaign.watermark());
        if watermark < EventTime::MAX {
            self.output.flush(watermark)?;
        }
        Ok(worked)
    }

    /// One step of a worker. Returns whether it did anything.
    fn work(&mut self, worker: Worker, most: u64) -> bool {
        match worker {
            Worker::Route(index) => self.work_route(index, most),
            Worker::Account(index) if self.sources.is_empty() => self.work_direct(index, most),
            Worker::Account(index) => self.work_routed(index, most),
            Worker::Object(index) => {
                let (queue, shard) = (&mut self.sightings[index], &mut self.objects[index]);
                let mut worked = false;
                for _ in 0..most {
                    let Some((from, message)) = queue.read() else { break };
                    shard.take(from, message, &mut self.watch);
                    shard.work(usize::MAX, &mut self.watch);
                    worked = true;
                }
                worked
            }
            Worker::Campaign => {
                let mut worked = false;
                for _ in 0..most {
                    let Some((from, message)) = self.to_campaign.read() else { break };
                    self.campaign.take(from, message, &mut self.watch);
                    worked = true;
                }
                worked
            }
        }
    }

    fn work_route(&mut self, index: usize, most: u64) -> bool {
        let (queue, shard) = (&mut self.sources[index], &mut self.routes[index]);
        let mut worked = false;
        for _ in 0..most {
            let Some(taken) = queue.read() else { break };
            shard.take(taken);
            worked = true;
        }
        if self.readings[index].ended && queue.waiting() == 0 && !self.route_ended[index] {
            shard.end();
            self.route_ended[index] = true;
            worked = true;
        }
        worked
    }

    fn read_tables(&mut self, index: usize) -> bool {
        let unread = &self.tables[self.tables_read[index]..];
        for message in unread {
            self.accounts[index].table(message);
        }
        let news = !unread.is_empty();
        self.tables_read[index] = self.tables.len();
        news
    }

    fn work_direct(&mut self, index: usize, most: u64) -> bool {
        let mut worked = self.read_tables(index);
        let (queue, shard) = (&mut self.direct[index], &mut self.accounts[index]);
        for number in 0..most {
            if number.is_multiple_of(FORESEEN as u64) {
                self.watch.enter(Stage::Fingerprint);
                shard.foresee(queue.upcoming());
            }
            if !shard.drain(&mut self.watch) {
                return worked || shard.has_news();
            }
            let Some(next) = queue.peek() else { break };
            if !shard.admits(next.time()) {
                return worked || shard.has_news();
            }
            let Some(record) = queue.read() else { break };
            shard.take(record, &mut self.watch);
            worked = true;
        }
        let ended = if self.keyed {
            self.readings[index].ended
        } else {
            self.readings.iter().all(|reading| reading.ended)
        };
        if ended && queue.waiting() == 0 && !shard.has_ended() && !self.pauses {
            shard.confirm();
            if shard.drain(&mut self.watch) {
                shard.end();
                worked = true;
            }
        }
        worked || self.accounts[index].has_news()
    }

    fn work_routed(&mut self, index: usize, most: u64) -> bool {
        let mut worked = self.read_tables(index);
        let (queue, shard) = (&mut self.events[index], &mut self.accounts[index]);
        for _ in 0..most {
            if !shard.drain(&mut self.watch) {
                return worked || shard.has_news();
            }
            let Some((source, message)) = queue.read() else { break };
            shard.routed_message(source, message);
            shard.announce_closed();
            worked = true;
        }
        if shard.drain(&mut self.watch) && shard.sources_ended() && !shard.has_ended() {
            shard.end();
            worked = true;
        }
        worked || self.accounts[index].has_news()
    }

    /// What a step caused becomes visible, and what it read is gone: a transaction.
    fn commit(&mut self, worker: Worker) {
        let accounts = self.accounts.len();
        match worker {
            Worker::Route(index) => {
                let handed = self.routes[index].hand_out();
                for (partition, message) in handed.to_account {
                    self.events[partition as usize].push((index, message));
                }
                for message in handed.to_campaign {
                    self.to_campaign.push((2 * accounts + index, message));
                }
                self.sources[index].commit();
                if self.keeps {
                    self.route_log[index] = Some(self.routes[index].remembered());
                }
            }
            Worker::Account(index) => {
                let handed = self.accounts[index].hand_out(&mut self.watch);
                for published in handed.published {
                    self.output.take(published);
                }
                for (partition, message) in handed.to_object {
                    self.sightings[partition as usize].push((index, message));
                }
                for message in handed.to_campaign {
                    self.to_campaign.push((index, message));
                }
                log(&mut self.account_logs[index], handed.changes);
                self.direct[index].commit();
                self.events[index].commit();
            }
            Worker::Object(index) => {
                let handed = self.objects[index].hand_out();
                for message in handed.to_campaign {
                    self.to_campaign.push((accounts + index, message));
                }
                log(&mut self.object_logs[index], handed.changes);
                self.sightings[index].commit();
            }
            Worker::Campaign => {
                let handed = self.campaign.hand_out();
                for published in handed.published {
                    self.output.take(published);
                }
                self.tables.extend(handed.to_tables);
                log(&mut self.campaign_log, handed.changes);
                self.to_campaign.commit();
            }
        }
    }

    /// Perhaps kills the instance that the worker runs in, with all its other workers, before the
    /// worker could commit. Returns whether it did.
    fn crashes(&mut self, worker: Worker) -> Result<bool, Error> {
        let Some(random) = &mut self.crashes else { return Ok(false) };
        if self.summary.restarts >= self.faults.restarts || !random.once_in(50) {
            return Ok(false);
        }
        self.summary.restarts += 1;
        let instance = self.instance_of(worker);
        for other in self.workers() {
            if self.instance_of(other) == instance {
                self.restart(other)?;
            }
        }
        Ok(true)
    }

    fn instance_of(&self, worker: Worker) -> u32 {
        let number = match worker {
            Worker::Route(index) | Worker::Account(index) | Worker::Object(index) => index as u32,
            Worker::Campaign => 0,
        };
        number % self.faults.instances
    }

    /// A worker begins anew: its state from its changelog, its reading from what it committed.
    fn restart(&mut self, worker: Worker) -> Result<(), Error> {
        match worker {
            Worker::Route(index) => {
                let mut shard = RouteShard::new(self.config, self.faults.partitions);
                if let Some(remembered) = &self.route_log[index] {
                    shard.restore(remembered)?;
                }
                self.routes[index] = shard;
                self.route_ended[index] = false;
                self.sources[index].rewind();
            }
            Worker::Account(index) => {
                let mut shard = self.new_account();
                for ((place, table, key), value) in &self.account_logs[index] {
                    shard.restore(*place, *table, key, Some(value))?;
                }
                self.accounts[index] = shard;
                self.tables_read[index] = 0;
                self.direct[index].rewind();
                self.events[index].rewind();
            }
            Worker::Object(index) => {
                let mut shard = ObjectShard::new(self.config, self.accounts.len(), self.keeps);
                for ((place, table, key), value) in &self.object_logs[index] {
                    shard.restore(*place, *table, key, Some(value))?;
                }
                self.objects[index] = shard;
                self.sightings[index].rewind();
            }
            Worker::Campaign => {
                let mut shard = self.new_campaign();
                for ((place, table, key), value) in &self.campaign_log {
                    shard.restore(*place, *table, key, Some(value))?;
                }
                self.campaign = shard;
                self.to_campaign.rewind();
            }
        }
        Ok(())
    }

    /// Reads on in every file. Returns whether there was anything.
    fn read_more(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<bool, Error> {
        let mut any = false;
        for index in 0..self.readings.len() {
            if self.readings[index].ended {
                continue;
            }
            any = true;
            match self.readings[index].source.next() {
                Some(delivery) => {
                    self.bytes += delivery.bytes;
                    self.reader_costs.merge(&delivery.costs);
                    self.summary.unknown_fields += delivery.unknown_fields;
                    for letter in &delivery.dead {
                        self.output.dead_letter(index, letter)?;
                    }
                    for taken in delivery.taken {
                        let all = match &mut self.readings[index].duplicates {
                            Some(duplicates) => duplicates.deliver(taken),
                            None => vec![taken],
                        };
                        for taken in all {
                            self.deliver(index, taken)?;
                        }
                    }
                }
                None => self.end(index)?,
            }
        }
        progress(Progress { records: self.summary.events, bytes: self.bytes });
        Ok(any)
    }

    fn end(&mut self, index: usize) -> Result<(), Error> {
        let rest = self.readings[index].duplicates.as_mut().map(Duplicates::rest);
        for taken in rest.unwrap_or_default() {
            self.deliver(index, taken)?;
        }
        self.readings[index].ended = true;
        Ok(())
    }

    /// Puts a record where it is read.
    fn deliver(&mut self, index: usize, taken: Taken) -> Result<(), Error> {
        self.summary.events += 1;
        self.readings[index].delivered += 1;
        if let Some(version) = taken.beyond() {
            let path = self.readings[index].path.clone();
            return Err(Error::Behaviour { path, version });
        }
        self.summary.control_records += u64::from(matches!(taken, Taken::Control(_)));
        if !self.sources.is_empty() {
            self.sources[index].push(taken);
            return Ok(());
        }
        let enriched = match &taken {
            Taken::Account(enriched) => enriched,
            // It is about the time of its input, which all its parts share.
            Taken::Clock(_) if !self.keyed => {
                self.direct.iter_mut().for_each(|queue| queue.push(taken.clone()));
                return Ok(());
            }
            // What steers is about no account: it may stand in any partition.
            Taken::Clock(_) | Taken::Control(_) => {
                self.direct[if self.keyed { index } else { 0 }].push(taken);
                return Ok(());
            }
        };
        let account = enriched.name.id();
        let partition = partition_of(Slot::of_key(account.as_bytes()), self.faults.partitions);
        if self.keyed && partition as usize != index {
            return Err(Error::NotKeyed {
                path: self.readings[index].path.clone(),
                account: account.to_owned(),
                expected: partition,
                found: index as u32,
                partitions: self.faults.partitions,
            });
        }
        self.direct[partition as usize].push(taken);
        Ok(())
    }

    fn finished(&self) -> bool {
        self.accounts.iter().all(AccountShard::has_ended)
            && self.campaign.watermark() == EventTime::MAX
            && self.to_campaign.waiting() == 0
    }

    /// Digests all state. Returns the bytes of the account task's.
    fn digest_state(&mut self) -> u64 {
        let (accounts, objects) = (&self.accounts, &self.objects);
        let (account, account_bytes) =
            digest::of_task(|place, to| accounts.iter().for_each(|shard| shard.rows(place, to)));
        let (object, _) =
            digest::of_task(|place, to| objects.iter().for_each(|shard| shard.rows(place, to)));
        let (campaign, _) = digest::of_task(|place, to| self.campaign.rows(place, to));
        let tasks = [("account", account), ("object", object), ("campaign", campaign)];
        self.summary.state_digests =
            tasks.into_iter().map(|(task, digest)| (task.to_owned(), digest)).collect();
        self.summary.state_digest = digest::of_tasks(&self.summary.state_digests);
        account_bytes
    }

    fn finish(mut self) -> Result<Summary, Error> {
        let account_bytes = self.digest_state();
        let written = self.output.finish()?;
        for (topic, (digest, records)) in written {
            self.summary.output_digests.insert(topic.to_owned(), digest);
            self.summary.output_records.insert(topic.to_owned(), records);
        }
        self.summary.dead_letters =
            self.summary.output_records.get("dead-letters").copied().unwrap_or_default();
        let mut sightings = 0;
        for counts in self.accounts.iter().map(AccountShard::counts) {
            self.summary.requests += counts.requests;
            self.summary.duplicates += counts.duplicates;
            self.summary.clamped += counts.clamped;
            sightings += counts.sightings;
        }
        self.summary.accounts = self.accounts.iter().map(AccountShard::accounts).sum();
        let accounts = self.summary.accounts;
        self.summary.state_bytes_per_account =
            (accounts > 0).then(|| account_bytes as f64 / accounts as f64);
        let requests = self.summary.requests;
        self.summary.sightings_per_request =
            (requests > 0).then(|| sightings as f64 / requests as f64);
        let mut costs = self.reader_costs;
        costs.merge(&self.watch.costs);
        for stage in Stage::ALL {
            let seconds = costs.of(stage).as_secs_f64();
            self.summary.stage_cpu_seconds.insert(stage.name().to_owned(), seconds);
        }
        Ok(self.summary)
    }
}

fn log(changelog: &mut Changelog, changes: Changes) {
    for (place, (table, key, value)) in changes {
        match value {
            Some(value) => changelog.insert((place, table, key), value),
            None => changelog.remove(&(place, table, key)),
        };
    }
}
