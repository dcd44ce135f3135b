//! The end of a turn: one transaction holds what followed, what changed, and how far was read.

use pipeline::message::Changes;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::Worker;
use crate::error::Error;
use crate::faults::{self, Fault};
use crate::outbox::Outbox;
use crate::time::now;

impl Worker {
    /// One transaction: what followed, what changed, how far was read.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        faults::at(faults::Place::MidBatch);
        if faults::planted(Fault::OffsetsFirst) {
            self.commit_offsets_alone()?;
        }
        self.began_at = now();
        self.producer.begin()?;
        faults::at(faults::Place::AfterBegin);
        let mut outbox = Outbox::default();
        let mut changed = Vec::new();
        for (index, owned) in &mut self.owned {
            // With the first offset that is committed of a partition, its changelog begins.
            if std::mem::take(&mut owned.unborn) {
                outbox.incarnation(*index, &self.shared.incarnation);
            }
            if owned.host.touched() {
                for time in owned.host.take_silences() {
                    let place = &owned.places[0];
                    outbox.clock(&place.topic, place.partition, place.next, time);
                }
                changed.push((*index, owned.host.hand_out(&mut outbox)));
            }
        }
        for outgoing in outbox.records {
            self.producer.send(&self.names, outgoing)?;
        }
        if !faults::planted(Fault::ChangesLeftOut) {
            for (index, changes) in &changed {
                self.producer.send_changes(&self.names, *index, changes)?;
            }
        }
        faults::at(faults::Place::AfterSends);
        let written = self.producer.delivered()?;
        faults::at(faults::Place::AfterDelivery);
        self.send_offsets()?;
        faults::at(faults::Place::AfterOffsets);
        self.producer.commit()?;
        faults::at(faults::Place::AfterCommit);
        self.keep(changed, &written);
        Ok(())
    }

    /// How far was read, of every partition, changed or not.
    fn send_offsets(&mut self) -> Result<(), Error> {
        let offsets = self.offsets()?;
        let group = self.consumer.group_metadata().ok_or_else(|| Error::Transaction {
            task: self.task.name(),
            detail: "the consumer is in no group".to_owned(),
        })?;
        if faults::planted(Fault::OldGeneration) {
            let group = self.first_group.get_or_insert(group);
            self.producer.offsets(&offsets, group)?;
        } else {
            self.producer.offsets(&offsets, &group)?;
        }
        Ok(())
    }

    fn offsets(&self) -> Result<TopicPartitionList, Error> {
        let mut offsets = TopicPartitionList::new();
        for place in self.owned.values().flat_map(|owned| &owned.places) {
            offsets
                .add_partition_offset(&place.topic, place.partition, Offset::Offset(place.next))
                .map_err(Error::kafka("offsets"))?;
        }
        Ok(offsets)
    }

    /// What [`Fault::OffsetsFirst`] does.
    fn commit_offsets_alone(&self) -> Result<(), Error> {
        let committed = self.consumer.commit(&self.offsets()?, CommitMode::Sync);
        committed.map_err(Error::kafka("offsets"))?;
        faults::at(faults::Place::AfterOffsets);
        Ok(())
    }

    /// What was committed goes to the checkpoints.
    fn keep(&mut self, changed: Vec<(u32, Changes)>, written: &[(i32, i64)]) {
        let Some(keeper) = &self.keeper else { return };
        for (index, changes) in changed {
            let newest = written.iter().find(|(partition, _)| *partition == index as i32);
            let owned = self.owned.get_mut(&index).and_then(|owned| owned.checkpoint.as_mut());
            if let (Some(checkpoint), Some((_, newest))) = (owned, newest) {
                keeper.note(checkpoint, changes, newest + 1);
            }
        }
    }
}
