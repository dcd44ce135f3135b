//! The campaign task, one partition by design: cluster and the joint lane, and the tables.
//!
//! What is learnt in a bucket takes effect `table_delay` after its close. Buckets in which nothing
//! came are not closed one by one; of the epochs after the last one that mattered, the first is.

use cluster::{Clusterer, In, Out as ClusterOut};
use decide::{In as JointIn, JointLane, JointState, Out as JointOut};
use event::EventTime;
use event::table::{Entry, Row};
use serde::{Deserialize, Serialize};
use step::{Bucket, Corrupt, Operator, Persist, Rows, Slot, Stamped, decode, encode};

use crate::message::{Changes, Place, Published, Record, TableMessage, ToCampaign};
use crate::progress::Upstream;
use crate::topology::Stage;
use crate::{Config, Meter};

/// What the campaign shard hands out.
#[derive(Debug, Default)]
pub struct Handed {
    /// Public records.
    pub published: Vec<Published>,
    /// For every account partition.
    pub to_tables: Vec<TableMessage>,
    /// Rows of state that changed.
    pub changes: Changes,
}

const CLUSTER: u8 = 0;
const DECIDE: u8 = 1;
const OWN: u8 = 2;

/// The shard's own row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Own {
    upstream: Upstream,
    told: EventTime,
    /// Everything before this was closed.
    closed: Bucket,
    /// The next epoch's last bucket, if anything happened since the last one.
    epoch_due: Option<Bucket>,
}

/// The campaign task.
pub struct CampaignShard {
    config: Config,
    cluster: cluster::State,
    joint: JointState,
    own: Own,
    tracked: bool,
    handed: Handed,
}

impl CampaignShard {
    /// A shard that reads from this many upstream partitions: account, object and control together.
    #[must_use]
    pub fn new(config: Config, upstream: usize, tracked: bool) -> CampaignShard {
        let (mut cluster, mut joint) = (cluster::State::default(), JointState::default());
        if !tracked {
            cluster.untracked();
            joint.untracked();
        }
        CampaignShard {
            config,
            cluster,
            joint,
            own: Own {
                upstream: Upstream::new(upstream),
                told: EventTime::MIN,
                closed: Bucket(i64::MIN),
                epoch_due: None,
            },
            tracked,
            handed: Handed::default(),
        }
    }

    /// Takes a message of an upstream partition.
    pub fn take(&mut self, from: usize, message: ToCampaign, meter: &mut dyn Meter) {
        meter.enter(Stage::Cluster);
        match message {
            ToCampaign::Standing(bucket, standing) => self.add(bucket, In::Standing(standing)),
            ToCampaign::Links(bucket, links) => self.add(bucket, In::Links(links)),
            ToCampaign::Control(bucket, control) => self.add(bucket, In::Control(control)),
            ToCampaign::Closed(progress) => {
                self.own.upstream.hear(from, progress);
                self.close(meter);
            }
        }
    }

    fn add(&mut self, bucket: Bucket, record: In) {
        self.cluster.pending.add(bucket, record);
    }

    fn close(&mut self, meter: &mut dyn Meter) {
        let least = self.own.upstream.least(&self.config.time);
        if least.to <= self.own.closed {
            return;
        }
        while let Some(bucket) = self.next_due(least.to) {
            self.close_bucket(bucket, meter);
        }
        self.own.closed = least.to;
        let width = self.config.time.bucket;
        if least.to > Bucket(i64::MIN) {
            let complete = least.to.end(width).plus(self.config.time.table_delay);
            if complete > self.own.told {
                self.own.told = complete;
                self.handed.to_tables.push(TableMessage::Complete(complete));
            }
        }
    }

    /// The next bucket before `to` that must be closed.
    fn next_due(&self, to: Bucket) -> Option<Bucket> {
        let first = self.cluster.pending.first_before(to);
        let epoch = self.own.epoch_due.filter(|bucket| *bucket < to);
        [first, epoch].into_iter().flatten().min()
    }

    fn close_bucket(&mut self, bucket: Bucket, meter: &mut dyn Meter) {
        let per_epoch = (self.config.time.epoch / self.config.time.bucket).max(1);
        let last = Bucket((bucket.0.div_euclid(per_epoch) + 1) * per_epoch - 1);
        let ends_epoch = bucket == last;
        let quiet = self.cluster.pending.first_before(Bucket(bucket.0 + 1)).is_none();
        self.own.epoch_due = match (ends_epoch, quiet) {
            // An epoch in which nothing came needs no successor.
            (true, true) => None,
            (true, false) => Some(Bucket(last.0 + per_epoch)),
            (false, _) => Some(last),
        };
        meter.enter(Stage::Cluster);
        let at = bucket.end(self.config.time.bucket);
        let mut found = Vec::new();
        let operator = Clusterer { config: self.config.cluster };
        operator.close(&mut self.cluster, &(), bucket, &mut found);
        meter.enter(Stage::DecideJoint);
        let mut decided = Vec::new();
        for one in found {
            let record = match one {
                ClusterOut::Row(entry) => {
                    self.row(at, entry);
                    continue;
                }
                ClusterOut::Control(control) => JointIn::Control(control),
                ClusterOut::Dossier(dossier) => JointIn::Dossier(dossier),
            };
            let stamped = Stamped { at, clamped: false, record };
            JointLane.apply(&mut self.joint, &(), &stamped, &mut decided);
        }
        for one in decided {
            self.publish(at, one);
        }
    }

    fn row(&mut self, at: EventTime, entry: Entry) {
        let effect = at.plus(self.config.time.table_delay);
        self.handed.to_tables.push(TableMessage::Row(Row { effect, entry }));
    }

    fn publish(&mut self, at: EventTime, out: JointOut) {
        let published = match out {
            JointOut::Row(entry) => return self.row(at, entry),
            JointOut::Decided(decided) => Published {
                as_of: decided.as_of,
                key: decided.key,
                sequence: decided.sequence,
                record: Record::Decision(Box::new(decided.decision)),
            },
            JointOut::Cluster(sequence, cluster) => Published {
                as_of: at,
                key: format!("{}:{}", cluster.tenant, cluster.cluster_id),
                sequence,
                record: Record::Cluster(cluster),
            },
            JointOut::Alert(sequence, alert) => Published {
                as_of: at,
                key: format!("{}:{}", alert.tenant, alert.cluster_id),
                sequence,
                record: Record::Alert(alert),
            },
        };
        self.handed.published.push(published);
    }

    /// Ends a step.
    pub fn hand_out(&mut self) -> Handed {
        if self.tracked {
            let mut changes = Vec::new();
            let whole = |part| Place { part, slot: Slot(0) };
            self.cluster.take_changes(&mut changes);
            self.handed.changes.extend(changes.drain(..).map(|change| (whole(CLUSTER), change)));
            self.joint.take_changes(&mut changes);
            self.handed.changes.extend(changes.drain(..).map(|change| (whole(DECIDE), change)));
            let own = (0, Vec::new(), Some(encode(&self.own)));
            self.handed.changes.push((whole(OWN), own));
        }
        std::mem::take(&mut self.handed)
    }

    /// Puts back a row of state.
    ///
    /// # Errors
    /// If it is damaged or of another version.
    pub fn restore(
        &mut self,
        place: Place,
        table: step::TableId,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), Corrupt> {
        match (place.part, value) {
            (CLUSTER, _) => self.cluster.restore(table, key, value)?,
            (DECIDE, _) => self.joint.restore(table, key, value)?,
            (_, Some(value)) => self.own = decode(value)?,
            (_, None) => {}
        }
        Ok(())
    }

    /// Every row of state at a place that is part of the result, in no particular order.
    pub fn rows(&self, place: Place, rows: &mut Rows) {
        match (place.slot, place.part) {
            (Slot(0), CLUSTER) => self.cluster.all_rows(rows),
            (Slot(0), DECIDE) => self.joint.all_rows(rows),
            _ => {}
        }
    }

    /// No public record still to come is older than this.
    #[must_use]
    pub fn watermark(&self) -> EventTime {
        let least = self.own.upstream.least(&self.config.time);
        if least.ended.is_some() {
            return EventTime::MAX;
        }
        if self.own.closed == Bucket(i64::MIN) {
            return EventTime::MIN;
        }
        Bucket(self.own.closed.0 - 1).end(self.config.time.bucket)
    }
}
