//! Partitions come and go: giving up, taking over, and starting over after a transaction that failed.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use pipeline::account::Resident;
use pipeline::topology::Topic;
use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::room::is_lost;
use super::{Shared, Worker, shard_of};
use crate::checkpoint::Checkpoint;
use crate::clients::side_consumer;
use crate::error::Error;
use crate::faults::{self, Fault};
use crate::host::Host;
use crate::owned::{Owned, Place};
use crate::ownership::Change;
use crate::producer::Producer;
use crate::task::Task;
use crate::time::now;
use crate::trouble::gap;

impl Worker {
    /// Does what the group said. Returns whether it said anything.
    pub(super) fn follow_group(&mut self) -> Result<bool, Error> {
        let mut changes = self.consumer.context().take();
        let any = !changes.is_empty();
        if changes.contains(&Change::Taken) {
            for (index, mut owned) in std::mem::take(&mut self.owned) {
                // It may be ours again in a moment.
                if let (Some(keeper), Some(checkpoint)) = (&self.keeper, &mut owned.checkpoint) {
                    keeper.write(checkpoint);
                }
                tracing::info!(task = self.task.name(), partition = index, "given up");
            }
        }
        // What was given before that was taken since.
        if let Some(Change::Given(places)) = changes.pop() {
            self.take_over(&places)?;
        }
        Ok(any)
    }

    /// Restores the state of partitions and begins to read them where their predecessor left off.
    pub(super) fn take_over(&mut self, places: &[(String, i32)]) -> Result<(), Error> {
        let mut begin = TopicPartitionList::new();
        for (topic, partition) in places {
            let index = shard_of(&self.shared, self.task, topic, *partition);
            self.status.restores(true);
            let restored = match self.restore(index) {
                // Opened again it is put away, and that is said there.
                Err(Error::Store(error)) if is_lost(&error) => self.restore(index),
                restored => restored,
            };
            self.status.restores(false);
            let mut owned = restored?;
            let mut read = vec![(topic.clone(), *partition)];
            read.extend(self.shared.settings.beside(self.task).map(|topic| (topic, 0)));
            owned.places = self.committed_places(index, owned.unborn, &read)?;
            let next = Offset::Offset(owned.places[0].next);
            begin.add_partition_offset(topic, *partition, next).map_err(Error::kafka("assign"))?;
            self.owned.insert(index, owned);
        }
        self.consumer.assign(&begin).map_err(Error::kafka("cannot assign"))?;
        self.read_beside()
    }

    /// A shard as it was committed: from the checkpoint, if there is a good one, and the changelog.
    fn restore(&self, index: u32) -> Result<Owned, Error> {
        let Shared { config, counts, settings, .. } = &*self.shared;
        let started = now();
        let mut log = self.restorer.look(index)?;
        let unborn = log.incarnation.is_none();
        log.incarnation.get_or_insert_with(|| self.shared.incarnation.clone());
        let mut fresh = || Host::new(self.task, index, *config, counts);
        let (mut host, mut checkpoint, from) = match &self.keeper {
            None => (fresh(), None, log.low),
            Some(keeper) => {
                let partitions = counts.of(self.task);
                let opened =
                    keeper.open(settings, self.task, index, partitions, &log, &mut fresh)?;
                (opened.0, Some(opened.1), opened.2)
            }
        };
        let blind = checkpoint.is_some() && faults::planted(Fault::CheckpointWithoutOffset);
        let from = if blind { log.end } else { from };
        let restored = self.restorer.restore(index, from, &log, &mut |row, next| {
            let (Some(keeper), Some(kept)) = (&self.keeper, &mut checkpoint) else {
                return host.put_back(&row);
            };
            self.status.lives();
            keeper.hear(kept, row, next, &mut host)
        })?;
        if faults::verifies() && checkpoint.is_some() {
            let mut whole = fresh();
            self.restorer.restore(index, log.low, &log, &mut |row, _| whole.put_back(&row))?;
            self.verify(index, &mut host, &mut checkpoint, &whole)?;
        }
        faults::at(faults::Place::AfterRestore);
        tracing::info!(
            task = self.task.name(),
            partition = index,
            checkpoint = from,
            records = restored.records,
            bytes = restored.bytes,
            seconds = started.elapsed().as_secs_f64(),
            "taken over"
        );
        Ok(Owned {
            host,
            places: Vec::new(),
            pending: VecDeque::new(),
            paused: false,
            heard: now(),
            quiet_at: None,
            unborn,
            checkpoint,
        })
    }

    /// Compares a shard, and the accounts that it would fetch, with the whole changelog.
    fn verify(
        &self,
        index: u32,
        host: &mut Host,
        kept: &mut Option<Checkpoint>,
        whole: &Host,
    ) -> Result<(), Error> {
        let mut everybody: BTreeSet<Resident> = whole.residents().into_iter().collect();
        if let Some(kept) = kept {
            everybody.extend(kept.everybody()?);
        }
        for one in &everybody {
            host.bring(*one, kept)?;
        }
        if !host.remembers_as(whole) {
            let task = self.task.name();
            return Err(Error::Unfit(format!("{task}-{index}: checkpoint and changelog differ")));
        }
        if let Some(kept) = kept {
            kept.forget_untouched(&mut |one| host.forget(one));
        }
        Ok(())
    }

    /// How far the group has read, once every open transaction has ended.
    fn committed_places(
        &self,
        index: u32,
        unborn: bool,
        read: &[(String, i32)],
    ) -> Result<Vec<Place>, Error> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in read {
            list.add_partition(topic, *partition);
        }
        let offsets = self
            .consumer
            .committed_offsets(list, Duration::from_secs(60))
            .map_err(Error::kafka("cannot learn how far the group has read"))?;
        let place = |(topic, partition): &(String, i32)| -> Result<Place, Error> {
            let found = offsets.find_partition(topic, *partition);
            let committed = match found.map(|found| found.offset()) {
                Some(Offset::Offset(next)) => Some(next),
                _ => None,
            };
            let next = self.checked(index, unborn, (topic, *partition), committed)?;
            Ok(Place { topic: topic.clone(), partition: *partition, next, at_end: false })
        };
        read.iter().map(place).collect()
    }

    /// Where a shard reads on. What it remembers and how far its group has read are of one piece, and
    /// what it reads next must be there.
    fn checked(
        &self,
        index: u32,
        unborn: bool,
        (topic, partition): (&str, i32),
        committed: Option<i64>,
    ) -> Result<i64, Error> {
        let asked = self.consumer.fetch_watermarks(topic, partition, Duration::from_secs(15));
        let (low, end) = asked.map_err(Error::kafka(format!("cannot ask about {topic}")))?;
        let (settings, task) = (&self.shared.settings, self.task);
        let (changelog, group) = (settings.changelog(task.name()), settings.group(task.name()));
        match committed {
            None if unborn => Ok(low),
            None => Err(Error::Unfit(format!(
                "{changelog}/{index} holds state, but the group `{group}` does not know how far \
                 {topic}/{partition} was read: the topic was made anew, the group was deleted, or its \
                 offsets expired. Start anew under another kafka.prefix, or, if you know where, set them \
                 (kafka-consumer-groups.sh --reset-offsets)"
            ))),
            Some(next) if unborn => Err(Error::Unfit(format!(
                "{changelog}/{index} is empty, but the group `{group}` has read {topic}/{partition} to \
                 offset {next}: its state was deleted. Start anew under another kafka.prefix, or delete \
                 the groups as well (kafka-consumer-groups.sh --delete), to begin where the inputs begin"
            ))),
            Some(next) if next < low || next > end => Err(Error::Unfit(format!(
                "{topic}/{partition} is to be read from offset {next}, and has {low} to {end}: {}",
                gap(settings, task)
            ))),
            Some(next) => Ok(next),
        }
    }

    /// Begins to read beside: tables from their beginning, since what was read of them is no state;
    /// anything else from where the shard left off.
    ///
    /// With a consumer made for it: the library (up to 2.15) aborts the process if a partition that it
    /// has not yet stopped reading is taken from it a second time, as happens when what `assign` just
    /// replaced is replaced again, or closed.
    pub(super) fn read_beside(&mut self) -> Result<(), Error> {
        if !matches!(self.task, Task::Account | Task::Campaign) {
            return Ok(());
        }
        let side = side_consumer(&self.shared.settings, self.task)?;
        let mut list = TopicPartitionList::new();
        let mut add = |topic: &str, partition: i32, offset: Offset| {
            list.add_partition_offset(topic, partition, offset).map_err(Error::kafka("assign"))
        };
        if self.task == Task::Account {
            add(self.names.of(Topic::Tables), 0, Offset::Beginning)?;
        } else {
            for place in self.owned.values().flat_map(|owned| owned.places.iter().skip(1)) {
                add(&place.topic, place.partition, Offset::Offset(place.next))?;
            }
        }
        side.assign(&list).map_err(Error::kafka("cannot assign"))?;
        self.side = Some(side);
        Ok(())
    }

    /// After a transaction that failed, or of which nobody knows: a new producer ends it one way or
    /// the other, and every shard begins again from what was committed.
    pub(super) fn start_over(&mut self) -> Result<(), Error> {
        self.producer =
            Producer::new(&self.shared.settings, self.task.name(), &self.transactional_id)?;
        let places: Vec<(String, i32)> = self
            .owned
            .values()
            .map(|owned| (owned.places[0].topic.clone(), owned.places[0].partition))
            .collect();
        if faults::planted(Fault::NoRollback) {
            return Ok(());
        }
        self.owned.clear();
        // If the group has taken them away meanwhile, it will say so at the next poll.
        if !places.is_empty() {
            self.take_over(&places)?;
        }
        Ok(())
    }
}
