//! A second driver, small enough to read at one go: the same shards over topics of encoded records.
//!
//! It shares no code with the replay, so where both agree the result belongs to the shards. And it is
//! where faults are planted: each as a change at one seam, none of it in the product.

mod topics;

use std::collections::BTreeMap;

use enrich::Recent;
use event::intake::{Limits, parse_json};
use pipeline::account::AccountShard;
use pipeline::campaign::CampaignShard;
use pipeline::message::{Changes, Place, Published, Record, TableMessage, ToCampaign, ToObject};
use pipeline::object::ObjectShard;
use pipeline::{Config, Intake, Taken};
use step::{Rows, Slot, TableId, decode, encode, partition_of};

use crate::{Random, runs, scene};
use topics::{Log, at_the_end_of_the_step, first_few};

/// A fault that the laws must catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// A cap is applied to an unordered map: chance decides which links survive.
    UnorderedMap,
    /// What a step says is said at the time of its last record.
    BatchSize,
    /// A table row holds from when it is read, not from its effect time.
    RowOnArrival,
    /// Records of one time are put in the order of the partitions they came from.
    TieByPartition,
    /// A restarted account shard comes up without what its account lane had decided.
    StateLost,
    /// A restarted shard goes on behind what it had read, whether it was committed or not.
    ReadsLost,
}

impl Planted {
    /// Every fault.
    pub const ALL: [Planted; 6] = [
        Planted::UnorderedMap,
        Planted::BatchSize,
        Planted::RowOnArrival,
        Planted::TieByPartition,
        Planted::StateLost,
        Planted::ReadsLost,
    ];
}

/// How a run is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Partitions of the account and object tasks.
    pub partitions: u32,
    /// Order of turns and sizes of steps; without it everything works in order and in large steps.
    pub seed: Option<u64>,
    /// One step in so many is lost to a restart.
    pub restarts: Option<u64>,
    /// What is broken.
    pub planted: Option<Planted>,
}

impl Plan {
    /// One partition, in order, nothing broken.
    pub const PLAIN: Plan = Plan { partitions: 1, seed: None, restarts: None, planted: None };
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The public records, by topic, as lines.
    pub lines: BTreeMap<&'static str, Vec<String>>,
    /// The state, by task.
    pub state: BTreeMap<(u8, Place, TableId, Vec<u8>), Vec<u8>>,
    /// Every message of the tables, in order.
    pub tables: Vec<TableMessage>,
    /// How often a shard was restarted.
    pub restarts: u64,
}

impl Outcome {
    /// The first thing in which the results differ.
    #[must_use]
    pub fn difference(&self, other: &Outcome) -> Option<String> {
        for (topic, lines) in &self.lines {
            let others = other.lines.get(topic).map_or(&[][..], |lines| lines);
            if lines != others {
                let at = lines.iter().zip(others).take_while(|(one, two)| one == two).count();
                return Some(format!(
                    "{topic} line {}:\n  {:?}\n  {:?}",
                    at + 1,
                    lines.get(at),
                    others.get(at)
                ));
            }
        }
        let rows = self.state.iter().zip(&other.state).find(|(one, two)| one != two);
        rows.map(|(one, two)| format!("state:\n  {one:?}\n  {two:?}")).or_else(|| {
            (self.state.len() != other.state.len()).then(|| "state: more rows".to_owned())
        })
    }
}

/// The records of a log as the intake takes them.
///
/// # Panics
/// If one of them is not in form.
#[must_use]
pub fn taken(log: &[scene::Record]) -> Vec<Taken> {
    let intake = Intake::new(runs::enricher());
    let mut recent = Recent::default();
    let take = |record: &scene::Record| {
        let line = record.line();
        let parsed = parse_json(line.as_bytes(), &Limits::default()).expect("the log is in form");
        intake.take(&parsed.event, &mut recent)
    };
    log.iter().map(take).collect()
}

/// Drives one input through the tasks.
///
/// # Panics
/// If the tasks wait for each other, or a record can't be read back.
#[must_use]
pub fn drive(input: &[Taken], config: Config, plan: Plan) -> Outcome {
    let mut driver = Driver::new(config.agreed(), plan);
    driver.feed(input);
    let mut idle = 0;
    while !driver.finished() {
        idle = if driver.turn() { 0 } else { idle + 1 };
        assert!(idle < 3, "the tasks wait for each other");
    }
    driver.outcome()
}

type Changelog = BTreeMap<(Place, TableId, Vec<u8>), Vec<u8>>;

#[derive(Clone, Copy)]
enum Worker {
    Account(usize),
    Object(usize),
    Campaign,
}

struct Driver {
    config: Config,
    plan: Plan,
    random: Random,
    accounts: Vec<AccountShard>,
    objects: Vec<ObjectShard>,
    campaign: CampaignShard,
    events: Vec<Log<Taken>>,
    sightings: Vec<Log<(usize, ToObject)>>,
    joint: Log<(usize, ToCampaign)>,
    tables: Vec<Log<TableMessage>>,
    changelogs: BTreeMap<(u8, usize), Changelog>,
    published: Vec<(usize, Published)>,
    said: Vec<TableMessage>,
    restarts: u64,
}

/// The numbers of the tasks in state and changelogs.
const ACCOUNT: u8 = 0;
const OBJECT: u8 = 1;
const CAMPAIGN: u8 = 2;
/// The part of an account shard's rows that belongs to the account lane.
const ACCOUNT_LANE: u8 = 1;

impl Driver {
    fn new(config: Config, plan: Plan) -> Driver {
        let count = plan.partitions as usize;
        Driver {
            config,
            plan,
            random: Random::new(plan.seed.unwrap_or_default()),
            accounts: (0..count).map(|_| new_account(config, plan)).collect(),
            objects: (0..count).map(|_| ObjectShard::new(config, count, true)).collect(),
            campaign: CampaignShard::new(config, 2 * count, true),
            events: (0..count).map(|_| Log::default()).collect(),
            sightings: (0..count).map(|_| Log::default()).collect(),
            joint: Log::default(),
            tables: (0..count).map(|_| Log::default()).collect(),
            changelogs: BTreeMap::new(),
            published: Vec::new(),
            said: Vec::new(),
            restarts: 0,
        }
    }

    /// Puts the whole input where it is read.
    fn feed(&mut self, input: &[Taken]) {
        for taken in input {
            let partition = match taken {
                Taken::Clock(_) => {
                    self.events.iter_mut().for_each(|events| events.append(taken));
                    continue;
                }
                Taken::Control(_) => 0,
                Taken::Account(enriched) => {
                    let slot = Slot::of_key(enriched.name.id().as_bytes());
                    partition_of(slot, self.plan.partitions)
                }
            };
            self.events[partition as usize].append(taken);
        }
    }

    fn finished(&self) -> bool {
        self.accounts.iter().all(AccountShard::has_ended)
            && self.sightings.iter().all(Log::is_read)
            && !self.objects.iter().any(ObjectShard::is_due)
            && self.joint.is_read()
    }

    /// Everybody works once. Returns whether anything was done.
    fn turn(&mut self) -> bool {
        let each = 0..self.accounts.len();
        let mut workers: Vec<Worker> = each.clone().map(Worker::Account).collect();
        workers.extend(each.map(Worker::Object));
        workers.push(Worker::Campaign);
        if self.plan.seed.is_some() {
            for index in (1..workers.len()).rev() {
                workers.swap(index, self.random.below(index as u64 + 1) as usize);
            }
        }
        let mut worked = false;
        for worker in workers {
            let most = if self.plan.seed.is_some() { 1 + self.random.below(40) } else { 400 };
            if self.work(worker, most) {
                worked = true;
                let lost = self.plan.restarts.is_some_and(|odds| self.random.once_in(odds));
                if lost { self.restart(worker) } else { self.commit(worker) }
            }
        }
        worked
    }

    fn work(&mut self, worker: Worker, most: u64) -> bool {
        let mut worked = false;
        match worker {
            Worker::Account(index) => worked = self.work_account(index, most),
            Worker::Object(index) => {
                for _ in 0..most {
                    let Some((from, message)) = self.sightings[index].read() else { break };
                    self.objects[index].take(from, message, &mut ());
                    worked = true;
                }
                if self.objects[index].is_due() {
                    let touches = match self.plan.seed {
                        Some(_) => 1 + self.random.below(30) as usize,
                        None => usize::MAX,
                    };
                    self.objects[index].work(touches, &mut ());
                    worked = true;
                }
            }
            Worker::Campaign => {
                for _ in 0..most {
                    let Some((from, message)) = self.joint.read() else { break };
                    self.campaign.take(from, message, &mut ());
                    worked = true;
                }
            }
        }
        worked
    }

    fn work_account(&mut self, index: usize, most: u64) -> bool {
        let shard = &mut self.accounts[index];
        let mut worked = false;
        while let Some(mut message) = self.tables[index].read() {
            if let (TableMessage::Row(row), Some(Planted::RowOnArrival)) =
                (&mut message, self.plan.planted)
            {
                row.effect = event::EventTime::MIN;
            }
            shard.table(&message);
            worked = true;
        }
        for _ in 0..most {
            if !shard.drain(&mut ()) {
                return worked || shard.has_news();
            }
            let Some(next) = self.events[index].peek() else { break };
            if !shard.admits(next.time()) {
                return worked || shard.has_news();
            }
            let Some(record) = self.events[index].read() else { break };
            shard.take(record, &mut ());
            worked = true;
        }
        if self.events[index].is_read() && !shard.has_ended() {
            shard.confirm();
            if shard.drain(&mut ()) {
                shard.end();
                worked = true;
            }
        }
        worked
    }

    fn commit(&mut self, worker: Worker) {
        match worker {
            Worker::Account(index) => self.commit_account(index),
            Worker::Object(index) => {
                let handed = self.objects[index].hand_out();
                for mut message in handed.to_campaign {
                    if self.plan.planted == Some(Planted::UnorderedMap) {
                        first_few(&mut message);
                    }
                    self.joint.append(&(self.accounts.len() + index, message));
                }
                self.log(OBJECT, index, handed.changes);
                self.sightings[index].commit();
            }
            Worker::Campaign => {
                let handed = self.campaign.hand_out();
                self.published.extend(handed.published.into_iter().map(|one| (usize::MAX, one)));
                for message in handed.to_tables {
                    self.tables.iter_mut().for_each(|log| log.append(&message));
                    self.said.push(message);
                }
                self.log(CAMPAIGN, 0, handed.changes);
                self.joint.commit();
            }
        }
    }

    fn commit_account(&mut self, index: usize) {
        let mut handed = self.accounts[index].hand_out(&mut ());
        if self.plan.planted == Some(Planted::BatchSize) {
            at_the_end_of_the_step(&mut handed.published);
        }
        self.published.extend(handed.published.into_iter().map(|one| (index, one)));
        for (partition, message) in handed.to_object {
            self.sightings[partition as usize].append(&(index, message));
        }
        for message in handed.to_campaign {
            self.joint.append(&(index, message));
        }
        self.log(ACCOUNT, index, handed.changes);
        self.events[index].commit();
        self.tables[index].commit();
    }

    fn log(&mut self, task: u8, index: usize, changes: Changes) {
        let changelog = self.changelogs.entry((task, index)).or_default();
        for (place, (table, key, value)) in changes {
            match value {
                Some(value) => changelog.insert((place, table, key), value),
                None => changelog.remove(&(place, table, key)),
            };
        }
    }

    /// The worker begins anew, from its changelog and from what it had committed.
    fn restart(&mut self, worker: Worker) {
        self.restarts += 1;
        let keeps_reads = self.plan.planted == Some(Planted::ReadsLost);
        match worker {
            Worker::Account(index) => {
                let mut shard = new_account(self.config, self.plan);
                let lost = self.plan.planted == Some(Planted::StateLost);
                for ((place, table, key), value) in
                    self.changelogs.get(&(ACCOUNT, index)).into_iter().flatten()
                {
                    if !(lost && place.part == ACCOUNT_LANE) {
                        shard.restore(*place, *table, key, Some(value)).expect("the row is whole");
                    }
                }
                self.accounts[index] = shard;
                self.events[index].rewind(keeps_reads);
                self.tables[index].start_over();
            }
            Worker::Object(index) => {
                let mut shard = ObjectShard::new(self.config, self.accounts.len(), true);
                for ((place, table, key), value) in
                    self.changelogs.get(&(OBJECT, index)).into_iter().flatten()
                {
                    shard.restore(*place, *table, key, Some(value)).expect("the row is whole");
                }
                self.objects[index] = shard;
                self.sightings[index].rewind(false);
            }
            Worker::Campaign => {
                let mut shard = CampaignShard::new(self.config, 2 * self.accounts.len(), true);
                for ((place, table, key), value) in
                    self.changelogs.get(&(CAMPAIGN, 0)).into_iter().flatten()
                {
                    shard.restore(*place, *table, key, Some(value)).expect("the row is whole");
                }
                self.campaign = shard;
                self.joint.rewind(false);
            }
        }
    }

    fn outcome(self) -> Outcome {
        let mut outcome =
            Outcome { tables: self.said, restarts: self.restarts, ..Outcome::default() };
        let by_partition = self.plan.planted == Some(Planted::TieByPartition);
        let mut published = self.published;
        published.sort_by_key(|(from, one)| {
            let tie = if by_partition { *from } else { 0 };
            (one.as_of, one.topic(), tie, one.key.clone(), one.sequence)
        });
        for (_, one) in published {
            outcome.lines.entry(one.topic().name()).or_default().push(line(&one.record));
        }
        let mut keep =
            |task: u8, place: Place, rows: &dyn Fn(&mut Rows)| {
                let mut all = Rows::default();
                rows(&mut all);
                outcome.state.extend(all.iter().map(|(table, key, value)| {
                    ((task, place, table, key.to_vec()), value.to_vec())
                }));
            };
        for place in Place::all() {
            for shard in &self.accounts {
                keep(ACCOUNT, place, &|to| shard.rows(place, to));
            }
            for shard in &self.objects {
                keep(OBJECT, place, &|to| shard.rows(place, to));
            }
            keep(CAMPAIGN, place, &|to| self.campaign.rows(place, to));
        }
        outcome
    }
}

fn new_account(config: Config, plan: Plan) -> AccountShard {
    AccountShard::direct(config, plan.partitions, true)
}

/// A public record as a line of JSON.
#[must_use]
pub fn line(record: &Record) -> String {
    let written = match record {
        Record::Fingerprint(record) => serde_json::to_string(record),
        Record::Decision(record) => serde_json::to_string(record),
        Record::Cluster(record) => serde_json::to_string(record),
        Record::Alert(record) => serde_json::to_string(record),
    };
    written.expect("public records can be written")
}

/// What was written and read back: how anything passes from one task or stage to another here.
///
/// # Panics
/// If it does not come back.
#[must_use]
pub fn passed<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    decode(&encode(value)).expect("what was encoded can be decoded")
}
