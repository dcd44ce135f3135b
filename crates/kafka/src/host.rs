//! A shard of any task, as a worker sees it: it is offered records, and hands out what follows.

use event::EventTime;
use event::public::DeadLetter;
use pipeline::account::{AccountShard, Next, Resident};
use pipeline::campaign::CampaignShard;
use pipeline::message::{Changes, Place, TableMessage};
use pipeline::object::ObjectShard;
use pipeline::route::RouteShard;
use pipeline::topology::Topic;
use pipeline::{Config, Taken, digest};
use step::{Change, Corrupt, Rows, TableId};

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::faults;
use crate::item::Item;
use crate::outbox::Outbox;
use crate::task::{Counts, Task};

/// Touches of objects whose consequences go into one transaction, of each partition: about 100 ms of work.
const TOUCHES: usize = 32_768;

/// A shard of one partition of a task.
pub struct Host {
    shard: Shard,
    /// Its partition.
    index: u32,
    counts: Counts,
    dead: Vec<DeadLetter>,
    /// Clock records that were obeyed.
    silences: Vec<EventTime>,
    /// Whether anything happened since the last hand-out.
    touched: bool,
    ended: bool,
}

enum Shard {
    Route(Box<RouteShard>),
    Account(Box<AccountShard>),
    Object(Box<ObjectShard>),
    Campaign(Box<CampaignShard>),
}

impl Host {
    /// A shard without a past.
    pub fn new(task: Task, index: u32, config: Config, counts: &Counts) -> Host {
        let (accounts, objects) = (counts.accounts, counts.objects);
        let shard = match task {
            Task::Route => Shard::Route(Box::new(RouteShard::new(config, accounts))),
            Task::Account => Shard::Account(Box::new(match counts.routed {
                true => {
                    let sources = counts.of(Task::Route) as usize;
                    AccountShard::routed(config, objects, true, sources)
                }
                false => AccountShard::direct(config, objects, true),
            })),
            Task::Object => {
                Shard::Object(Box::new(ObjectShard::new(config, accounts as usize, true)))
            }
            Task::Campaign => {
                Shard::Campaign(Box::new(CampaignShard::new(config, counts.upstreams(), true)))
            }
        };
        let counts = counts.clone();
        Host {
            shard,
            index,
            counts,
            dead: Vec::new(),
            silences: Vec::new(),
            touched: false,
            ended: false,
        }
    }

    /// Offers a record. Gives it back if it must wait until the tables have moved. Accounts that are not
    /// in memory come from `kept`, here and below.
    ///
    /// # Errors
    /// If one can't: what was done since the last hand-out is then to be thrown away.
    pub fn offer(
        &mut self,
        item: Item,
        kept: &mut Option<Checkpoint>,
    ) -> Result<Option<Item>, Error> {
        match (&mut self.shard, item) {
            (Shard::Account(shard), Item::Taken(taken)) => {
                if !drain(shard, kept)? || !shard.admits(taken.time()) {
                    return Ok(Some(Item::Taken(taken)));
                }
                bring(shard, Resident::of(&taken), kept)?;
                shard.take(taken, &mut ());
            }
            (Shard::Account(shard), Item::ToAccount(from, said)) => {
                if !drain(shard, kept)? {
                    return Ok(Some(Item::ToAccount(from, said)));
                }
                for message in said {
                    shard.routed_message(from, message);
                }
                shard.announce_closed();
            }
            (Shard::Account(shard), Item::Silence(time)) => {
                if !drain(shard, kept)? {
                    return Ok(Some(Item::Silence(time)));
                }
                shard.take(Taken::Clock(time), &mut ());
                drain(shard, kept)?;
                self.silences.push(time);
            }
            (Shard::Route(shard), Item::Silence(time)) => {
                shard.take(Taken::Clock(time));
                self.silences.push(time);
            }
            (Shard::Route(shard), Item::Taken(taken)) => shard.take(taken),
            (Shard::Object(shard), Item::ToObject(from, said)) => {
                said.into_iter().for_each(|message| shard.take(from, message, &mut ()));
            }
            (Shard::Campaign(shard), Item::ToCampaign(from, said)) => {
                said.into_iter().for_each(|message| shard.take(from, message, &mut ()));
            }
            (_, Item::Dead(letter)) => self.dead.push(letter),
            // A reader makes what its own task's shards take.
            (_, item) => unreachable!("offered {item:?}"),
        }
        self.touched = true;
        Ok(None)
    }

    /// Folds what waits for its turn, as far as it can.
    ///
    /// # Errors
    /// As [`Host::offer`].
    pub fn settle(&mut self, kept: &mut Option<Checkpoint>) -> Result<(), Error> {
        if let Shard::Account(shard) = &mut self.shard {
            drain(shard, kept)?;
            self.touched |= shard.has_news();
        }
        Ok(())
    }

    /// Whether there is work that waits for no record.
    #[must_use]
    pub fn is_due(&self) -> bool {
        matches!(&self.shard, Shard::Object(shard) if shard.is_due())
    }

    /// Does as much of the work that waits for no record as fits well into a transaction.
    pub fn work(&mut self) {
        if let Shard::Object(shard) = &mut self.shard
            && shard.is_due()
        {
            shard.work(faults::touches().unwrap_or(TOUCHES), &mut ());
            self.touched = true;
        }
    }

    /// Brings an account in that may not be in memory.
    ///
    /// # Errors
    /// As [`Host::offer`].
    pub fn bring(&mut self, one: Resident, kept: &mut Option<Checkpoint>) -> Result<(), Error> {
        match &mut self.shard {
            Shard::Account(shard) => bring(shard, Some(one), kept),
            Shard::Route(_) | Shard::Object(_) | Shard::Campaign(_) => Ok(()),
        }
    }

    /// How many accounts are in memory.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        match &self.shard {
            Shard::Account(shard) => shard.accounts(),
            Shard::Route(_) | Shard::Object(_) | Shard::Campaign(_) => 0,
        }
    }

    /// Everybody in memory.
    #[must_use]
    pub fn residents(&self) -> Vec<Resident> {
        let mut all = Vec::new();
        let mut rows = Rows::default();
        for place in Place::all().filter(|_| matches!(self.shard, Shard::Account(_))) {
            rows.clear();
            self.rows(place, &mut rows);
            all.extend(
                rows.iter().filter_map(|(table, key, _)| Resident::of_row(place, table, key)),
            );
        }
        all
    }

    /// Lets go of an account, unless it was touched since the last hand-out. Returns whether it is out
    /// of memory.
    pub fn forget(&mut self, one: Resident) -> bool {
        match &mut self.shard {
            Shard::Account(shard) => shard.forget(one),
            Shard::Route(_) | Shard::Object(_) | Shard::Campaign(_) => true,
        }
    }

    /// Hears a message of the tables.
    pub fn table(&mut self, message: &TableMessage) {
        if let Shard::Account(shard) = &mut self.shard {
            shard.table(message);
        }
    }

    /// Nothing more will come from a topic that is read to its end.
    ///
    /// # Errors
    /// As [`Host::offer`].
    pub fn end(&mut self, kept: &mut Option<Checkpoint>) -> Result<(), Error> {
        if self.has_ended() {
            return Ok(());
        }
        match &mut self.shard {
            Shard::Route(shard) => {
                shard.end();
                self.ended = true;
            }
            Shard::Account(shard) => {
                let routed = self.counts.routed;
                if !routed {
                    shard.confirm();
                }
                if !drain(shard, kept)? || (routed && !shard.sources_ended()) {
                    self.touched |= shard.has_news();
                    return Ok(());
                }
                shard.end();
            }
            Shard::Object(_) | Shard::Campaign(_) => return Ok(()),
        }
        self.touched = true;
        Ok(())
    }

    /// Whether nothing more will come of it.
    pub fn has_ended(&self) -> bool {
        match &self.shard {
            Shard::Route(_) => self.ended,
            Shard::Account(shard) => shard.has_ended(),
            Shard::Object(shard) => shard.has_ended(),
            Shard::Campaign(shard) => shard.watermark() == EventTime::MAX,
        }
    }

    /// The newest time that its input told, if that is a topic of the user's.
    pub fn newest(&self) -> Option<EventTime> {
        match &self.shard {
            Shard::Account(shard) => shard.newest(),
            Shard::Route(shard) => shard.newest(),
            Shard::Object(_) | Shard::Campaign(_) => None,
        }
    }

    /// The clock records that were obeyed since the last time.
    pub fn take_silences(&mut self) -> Vec<EventTime> {
        std::mem::take(&mut self.silences)
    }

    /// Whether there is anything to hand out.
    pub fn touched(&self) -> bool {
        self.touched
    }

    /// Hands out what followed since the last time. Returns the rows of state that changed.
    pub fn hand_out(&mut self, outbox: &mut Outbox) -> Changes {
        self.touched = false;
        for letter in self.dead.drain(..) {
            outbox.dead_letter(&letter);
        }
        let Counts { accounts, objects, .. } = self.counts;
        match &mut self.shard {
            Shard::Route(shard) => {
                let handed = shard.hand_out();
                by_partition(outbox, Topic::Events, accounts, self.index, handed.to_account);
                let from = accounts + objects + self.index;
                outbox.for_campaign(Topic::Standings, from, &handed.to_campaign);
                let place = Place { part: 0, slot: step::Slot(0) };
                vec![(place, (0, Vec::new(), Some(shard.remembered())))]
            }
            Shard::Account(shard) => {
                let handed = shard.hand_out(&mut ());
                handed.published.iter().for_each(|one| outbox.published(one));
                by_partition(outbox, Topic::Sightings, objects, self.index, handed.to_object);
                outbox.for_campaign(Topic::Standings, self.index, &handed.to_campaign);
                handed.changes
            }
            Shard::Object(shard) => {
                let handed = shard.hand_out();
                outbox.for_campaign(Topic::Links, accounts + self.index, &handed.to_campaign);
                handed.changes
            }
            Shard::Campaign(shard) => {
                let handed = shard.hand_out();
                handed.published.iter().for_each(|one| outbox.published(one));
                handed.to_tables.iter().for_each(|message| outbox.table(message));
                handed.changes
            }
        }
    }

    /// Puts back a row of state.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn restore(
        &mut self,
        place: Place,
        table: TableId,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), Corrupt> {
        match (&mut self.shard, value) {
            (Shard::Route(shard), Some(value)) => shard.restore(value),
            (Shard::Route(_), None) => Ok(()),
            (Shard::Account(shard), _) => shard.restore(place, table, key, value),
            (Shard::Object(shard), _) => shard.restore(place, table, key, value),
            (Shard::Campaign(shard), _) => shard.restore(place, table, key, value),
        }
    }

    /// Puts back a row of state as a changelog has it.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn put_back(
        &mut self,
        (place, (table, key, value)): &(Place, Change),
    ) -> Result<(), Corrupt> {
        self.restore(*place, *table, key, value.as_deref())
    }

    /// Whether another shard of the same partition remembers the same.
    #[must_use]
    pub fn remembers_as(&self, other: &Host) -> bool {
        let all = |host: &Host| digest::of_task(|place, to| host.rows(place, to));
        all(self) == all(other)
    }

    /// Every row at a place that is part of the result.
    pub fn rows(&self, place: Place, to: &mut Rows) {
        match &self.shard {
            Shard::Route(_) => {}
            Shard::Account(shard) => shard.rows(place, to),
            Shard::Object(shard) => shard.rows(place, to),
            Shard::Campaign(shard) => shard.rows(place, to),
        }
    }
}

/// Folds records that are ready, as far as the tables reach. Returns whether none is left.
fn drain(shard: &mut AccountShard, kept: &mut Option<Checkpoint>) -> Result<bool, Error> {
    loop {
        match shard.look_next() {
            Next::Nothing => return Ok(true),
            Next::Waits => return Ok(false),
            Next::Fold(one) => {
                bring(shard, one, kept)?;
                shard.fold_next(&mut ());
            }
        }
    }
}

/// Brings in whose record is folded next.
fn bring(
    shard: &mut AccountShard,
    one: Option<Resident>,
    kept: &mut Option<Checkpoint>,
) -> Result<(), Error> {
    let (Some(one), Some(kept)) = (one, kept) else { return Ok(()) };
    if shard.holds(one) {
        return Ok(());
    }
    kept.bring(one, &mut |place, table, key, value| shard.restore(place, table, key, value))
}

/// Messages to the partitions of a topic, those of one partition together and in order.
fn by_partition<T: serde::Serialize>(
    outbox: &mut Outbox,
    topic: Topic,
    partitions: u32,
    from: u32,
    said: Vec<(u32, T)>,
) {
    let mut of: Vec<Vec<T>> = (0..partitions).map(|_| Vec::new()).collect();
    for (partition, message) in said {
        of[partition as usize].push(message);
    }
    for (partition, messages) in of.iter().enumerate() {
        outbox.messages(topic, partition as u32, from, messages);
    }
}
