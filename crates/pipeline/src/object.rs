//! One partition of the object task: sightings gather until a bucket is complete, then correlate, piece by
//! piece.

use std::collections::BTreeMap;

use correlate::{Correlator, Gather, Gathered, Ground, Piece, ReadOut, SlotState};
use event::link::Link;
use event::sighting::Stratum;
use serde::{Deserialize, Serialize};
use step::{Bucket, BySlot, Corrupt, Operator, Persist, Rows, Slot, Stamped, decode, encode};

use crate::message::{Changes, Place, ToCampaign, ToObject};
use crate::progress::Upstream;
use crate::topology::Stage;
use crate::{Config, Meter};

/// Links in a message, at most: it must fit in a record of a broker.
const MESSAGE_LINKS: usize = 4_096;

/// Pieces of a bucket, at most: each is looked for in all of it.
const PIECES: u32 = 64;

/// What an object shard hands out.
#[derive(Debug, Default)]
pub struct Handed {
    /// For the campaign task.
    pub to_campaign: Vec<ToCampaign>,
    /// Rows of state that changed.
    pub changes: Changes,
}

/// Objects that are looked for at once; see [`step::Keyed::foresee`].
const FORESEEN: usize = 16;

const SLOTS: u8 = 0;
const GATHER: u8 = 1;
const GROUND: u8 = 2;
const OWN: u8 = 3;

/// The row of [`Own`], and the one of [`Reading`].
const OWN_ROW: step::TableId = 0;
const READING_ROW: step::TableId = 1;

/// The shard's own row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Own {
    upstream: Upstream,
    totals: BTreeMap<(Bucket, Stratum), u64>,
    closed: Option<Bucket>,
    told: Bucket,
    ended: bool,
}

/// A bucket of which some pieces have been read: the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    bucket: Bucket,
    piece: Piece,
}

/// One partition of the object task.
pub struct ObjectShard {
    config: Config,
    slots: BySlot<SlotState>,
    gather: Gather,
    ground: Ground,
    own: Own,
    reading: Option<Reading>,
    /// What the changelog says of `reading`.
    noted: Option<Reading>,
    tracked: bool,
    handed: Handed,
}

impl ObjectShard {
    /// A shard that reads from this many account partitions.
    #[must_use]
    pub fn new(config: Config, accounts: usize, tracked: bool) -> ObjectShard {
        let mut gather = Gather::default();
        if !tracked {
            gather.untracked();
        }
        ObjectShard {
            config,
            slots: BySlot::default(),
            gather,
            ground: Ground::new(config.time.bucket),
            own: Own {
                upstream: Upstream::new(accounts),
                totals: BTreeMap::new(),
                closed: None,
                told: Bucket(i64::MIN),
                ended: false,
            },
            reading: None,
            noted: None,
            tracked,
            handed: Handed::default(),
        }
    }

    /// Takes a message of an account partition. What is due then waits for [`ObjectShard::work`].
    pub fn take(&mut self, from: usize, message: ToObject, meter: &mut dyn Meter) {
        meter.enter(Stage::Correlate);
        match message {
            ToObject::Block(bucket, block) => self.gather.add(bucket, block),
            ToObject::Closed(progress, totals) => {
                for (bucket, stratum, count) in totals {
                    *self.own.totals.entry((bucket, stratum)).or_default() += count;
                }
                self.own.upstream.hear(from, progress);
            }
        }
    }

    /// Whether buckets are complete that it has not closed.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let least = self.own.upstream.least(&self.config.time);
        least.to > self.own.told || (least.ended.is_some() && !self.own.ended)
    }

    /// Closes what is complete, bucket by bucket, and says so; of a bucket with more than so many touches only
    /// pieces of about so many, until it is called again. However it is cut, the same follows.
    pub fn work(&mut self, touches: usize, meter: &mut dyn Meter) {
        if !self.is_due() {
            return;
        }
        meter.enter(Stage::Correlate);
        let least = self.own.upstream.least(&self.config.time);
        let mut read = 0;
        while read < touches {
            let Some(reading) = self.reading.or_else(|| self.begin(least.to, touches)) else {
                self.own.told = least.to;
                self.own.ended |= least.ended.is_some();
                self.handed.to_campaign.push(ToCampaign::Closed(least));
                return;
            };
            read += self.read(reading);
        }
    }

    /// The first bucket before `to` that is not closed: its time has come.
    fn begin(&mut self, to: Bucket, touches: usize) -> Option<Reading> {
        let counted = self.own.totals.keys().next().map(|key| key.0).filter(|bucket| *bucket < to);
        let bucket = [self.gather.first_before(to), counted].into_iter().flatten().min()?;
        self.keep_house(bucket);
        let totals = &mut self.own.totals;
        while let Some(entry) = totals.first_entry().filter(|entry| entry.key().0 <= bucket) {
            let (bucket, stratum) = *entry.key();
            self.ground.add(bucket, stratum, entry.remove());
        }
        let pieces = self.gather.touches(bucket).div_ceil(touches.max(1));
        let pieces = u32::try_from(pieces).map_or(PIECES, |pieces| pieces.min(PIECES));
        Some(Reading { bucket, piece: Piece::first(pieces) })
    }

    /// Reads a piece; with the last one the bucket is closed. Returns how many touches it had.
    fn read(&mut self, reading: Reading) -> usize {
        let Reading { bucket, piece } = reading;
        let rows = self.gather.read(bucket, piece);
        let touches = rows.left();
        self.correlate(bucket, rows);
        self.reading = piece.next().map(|piece| Reading { bucket, piece });
        if self.reading.is_none() {
            self.gather.forget(bucket);
            self.own.closed = Some(bucket);
        }
        touches
    }

    fn correlate(&mut self, bucket: Bucket, mut rows: ReadOut) {
        let operator = Correlator { config: self.config.correlate };
        let at = bucket.end(self.config.time.bucket);
        let mut links: Vec<Link> = Vec::new();
        let record = (bucket, Gathered::default());
        let mut stamped = Stamped { at, clamped: false, record };
        let tracked = self.tracked;
        let mut unforeseen = rows.left();
        while rows.next(&mut stamped.record.1) {
            if rows.left() < unforeseen {
                self.foresee(&rows);
                unforeseen = rows.left().saturating_sub(FORESEEN);
            }
            let slot = Slot::of_digest(stamped.record.1.object.0);
            let state = self.slots.entry(slot, || {
                let mut state = SlotState::default();
                if !tracked {
                    state.untracked();
                }
                state
            });
            operator.apply(state, &self.ground, &stamped, &mut links);
        }
        let some = links.chunks(MESSAGE_LINKS).map(|some| ToCampaign::Links(bucket, some.to_vec()));
        self.handed.to_campaign.extend(some);
    }

    fn foresee(&self, rows: &ReadOut) {
        for (object, layer) in rows.upcoming(FORESEEN) {
            if let Some(state) = self.slots.get(Slot::of_digest(object.0)) {
                state.foresee(object, layer);
            }
        }
    }

    /// Once for every hour that has passed since the last bucket: the slots forget what is too old
    /// or too much. Hours are those of the stream, so every partition count keeps the same house.
    fn keep_house(&mut self, bucket: Bucket) {
        let hour = (event::time::HOUR / self.config.time.bucket).max(1);
        let Some(closed) = self.own.closed else { return };
        let passed = bucket.0.div_euclid(hour) - closed.0.div_euclid(hour);
        if passed == 0 {
            return;
        }
        let operator = Correlator { config: self.config.correlate };
        // Forgetting twice is forgetting once with the later time: one hour stands for many.
        let last = Bucket(bucket.0.div_euclid(hour) * hour - 1);
        for (_, state) in self.slots.iter_mut() {
            operator.close(state, &self.ground, last, &mut Vec::new());
        }
    }

    /// Ends a step.
    pub fn hand_out(&mut self) -> Handed {
        if self.tracked {
            self.note_changes();
        }
        std::mem::take(&mut self.handed)
    }

    fn note_changes(&mut self) {
        let mut changes = Vec::new();
        for (slot, state) in self.slots.iter_mut() {
            state.take_changes(&mut changes);
            let place = Place { part: SLOTS, slot };
            self.handed.changes.extend(changes.drain(..).map(|change| (place, change)));
        }
        let whole = |part| Place { part, slot: Slot(0) };
        self.gather.take_changes(&mut changes);
        self.handed.changes.extend(changes.drain(..).map(|change| (whole(GATHER), change)));
        self.ground.take_changes(&mut changes);
        self.handed.changes.extend(changes.drain(..).map(|change| (whole(GROUND), change)));
        let own = (OWN_ROW, Vec::new(), Some(encode(&self.own)));
        self.handed.changes.push((whole(OWN), own));
        if self.noted != self.reading {
            self.noted = self.reading;
            let reading = (READING_ROW, Vec::new(), self.reading.as_ref().map(encode));
            self.handed.changes.push((whole(OWN), reading));
        }
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
            (SLOTS, _) => {
                self.slots.entry(place.slot, SlotState::default).restore(table, key, value)?;
            }
            (GATHER, _) => self.gather.restore(table, key, value)?,
            (GROUND, _) => self.ground.restore(table, key, value)?,
            (_, value) if table == READING_ROW => {
                self.reading = value.map(decode).transpose()?;
                self.noted = self.reading;
            }
            (_, Some(value)) => self.own = decode(value)?,
            (_, None) => {}
        }
        Ok(())
    }

    /// Whether it has said that nothing more will come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.own.ended
    }

    /// Every row of state at a place that is part of the result, in no particular order. The ground is the same in every partition and
    /// follows from the announcements, so it is no part of it.
    pub fn rows(&self, place: Place, rows: &mut Rows) {
        if let Some(state) = self.slots.get(place.slot).filter(|_| place.part == SLOTS) {
            state.all_rows(rows);
        }
    }
}
