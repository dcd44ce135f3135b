//! The store: what is open, what it holds, and how it changes.

mod fetch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use pipeline::message::Place;
use step::{Change, SLOTS, Slot, TableId};

use crate::engine::Engine;
use crate::error::{Error, Refused};
use crate::head;
use crate::home::{Home, find};
use crate::identity::{Identity, LAYOUT};
use crate::layer::{Layer, Step, plan};
use crate::load::{Loaded, age, damage, load};
use crate::page::Row;
use crate::position::Position;
use crate::report::{Report, TableReport, Written};
use crate::slot::{Layers, Pages, Site, build, newest};

/// What was found when a store was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The store is empty: state comes from the whole changelog.
    Fresh {
        /// Why the checkpoint that was there was put away; `None` if there was none.
        why: Option<Refused>,
    },
    /// The store holds a complete checkpoint. Its pages are checked as they are read.
    Loaded {
        /// The first record of the changelog that is not in it.
        next_offset: i64,
    },
}

/// A row that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it lives.
    pub place: Place,
    /// Its table.
    pub table: TableId,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// Whether the rows of a part's table are wanted together, without their keys: see [`Store::together`].
pub type Together = fn(part: u8, table: TableId) -> bool;

/// The local checkpoint of one partition of one task. Reads may go on while one thread writes.
#[derive(Debug)]
pub struct Store {
    engine: Engine,
    identity: Identity,
    /// Stands for the identity in every checksum.
    seed: u64,
    cache_bytes: u64,
    together: Together,
    /// Of each slot.
    slots: RwLock<Vec<Layers>>,
    writer: Mutex<Writer>,
    home: Home,
}

#[derive(Debug)]
struct Writer {
    position: Position,
    /// Set while a write is under way: one that fails leaves it so.
    broken: bool,
}

impl Store {
    /// Opens the checkpoint in `dir`; if it can't be used, it is put away and the store is empty. What
    /// tells which pages there are is read and checked, the pages themselves when they are wanted: one
    /// that is damaged is an error then, and the checkpoint is put away when it is opened again.
    ///
    /// A checkpoint older than `max_age_ms` can't be used: that is to be less than half of the
    /// changelog's `delete.retention.ms`. sled keeps about `cache_bytes` of pages in memory.
    ///
    /// # Errors
    /// If the directory is held by another process, is not a checkpoint's, or can't be written.
    pub fn open(
        dir: &Path,
        identity: &Identity,
        now_unix_ms: i64,
        max_age_ms: i64,
        cache_bytes: u64,
        together: Together,
    ) -> Result<(Store, Opened), Error> {
        let home = Home::claim(dir)?;
        let found = match home.identity()? {
            None => Err(None),
            Some(Err(refused)) => Err(Some(refused)),
            Some(Ok(found)) => match identity.refuses(&found) {
                Some(refused) => Err(Some(refused)),
                None => load(&home, identity, cache_bytes, |position| {
                    age(position, now_unix_ms, max_age_ms)
                })?
                .map_err(Some),
            },
        };
        match found {
            Ok(loaded) => {
                let next_offset = loaded.position.next_offset;
                let store = Store::new(home, identity.clone(), cache_bytes, together, loaded);
                Ok((store, Opened::Loaded { next_offset }))
            }
            Err(why) => {
                if let Some(why) = &why {
                    home.put_away(why)?;
                }
                home.create(identity)?;
                let engine = Engine::open(&home.database(), cache_bytes)?;
                let position = Position { identity: identity.digest(), ..Position::default() };
                let slots = vec![Layers::default(); SLOTS as usize];
                let loaded = Loaded { engine, position, slots };
                let store = Store::new(home, identity.clone(), cache_bytes, together, loaded);
                Ok((store, Opened::Fresh { why }))
            }
        }
    }

    fn new(
        home: Home,
        identity: Identity,
        cache_bytes: u64,
        together: Together,
        loaded: Loaded,
    ) -> Store {
        let store = Store {
            engine: loaded.engine,
            seed: identity.digest() as u64,
            identity,
            cache_bytes,
            together,
            slots: RwLock::new(loaded.slots),
            writer: Mutex::new(Writer { position: loaded.position, broken: false }),
            home,
        };
        store.mind_the_cache();
        store
    }

    /// Hands every row to `row`, slot by slot, in no order that means anything.
    ///
    /// # Errors
    /// If the database can't be read any more, and those of `row`.
    pub fn rows<E: From<Error>>(
        &self,
        mut row: impl FnMut(Place, TableId, &[u8], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let _writer = self.writer();
        for slot in all_slots() {
            let layers = self.layers(slot);
            let layers = layers.iter().map(|held| &held.layer);
            let pages = self.judged(Pages::read(&self.engine, slot, 0, layers))?;
            let mut rows = Vec::new();
            self.judged(
                pages.decode(self.seed, &mut rows).map_err(|what| self.engine.damaged(what)),
            )?;
            newest(&mut rows);
            for one in rows {
                if let Some(value) = one.value {
                    row(Place { part: one.part, slot }, one.table, one.key, value)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what changed and that the store now holds the changelog before `next_offset`: both
    /// last, or neither. Later changes of a row win.
    ///
    /// # Errors
    /// If the disk is full or fails, or if the database is damaged. The store then serves reads only;
    /// opened again, it holds what the last complete write left, or if it is damaged is put away.
    pub fn write(
        &self,
        changes: impl IntoIterator<Item = (Place, Change)>,
        next_offset: i64,
        now_unix_ms: i64,
    ) -> Result<Written, Error> {
        self.judged(self.try_write(changes, next_offset, now_unix_ms))
    }

    fn try_write(
        &self,
        changes: impl IntoIterator<Item = (Place, Change)>,
        next_offset: i64,
        now_unix_ms: i64,
    ) -> Result<Written, Error> {
        let mut incoming: Vec<Vec<(u8, Change)>> = vec![Vec::new(); SLOTS as usize];
        for (place, change) in changes {
            incoming[usize::from(place.slot.0)].push((place.part, change));
        }
        let mut writer = self.writer();
        if writer.broken {
            return Err(Error::Broken { dir: self.home.dir().to_owned() });
        }
        writer.broken = true;
        let mut written = Written::default();
        let sequence = writer.position.sequence + 1;
        let mut slots = self.read_slots().clone();
        let mut replaced = Vec::new();
        for step in plan(&sizes(&slots), &incoming_bytes(&incoming)) {
            let index = usize::from(step.slot.0);
            let incoming = &incoming[index];
            let layers = self.renew(&slots[index], step, sequence, incoming, &mut written)?;
            replaced.push((step, std::mem::replace(&mut slots[index], layers)));
        }
        let mut position = Position {
            identity: self.identity.digest(),
            next_offset,
            written_at_ms: now_unix_ms,
            sequence,
            slots: told(&slots),
            ..Position::default()
        };
        position.put_layers(&self.engine, self.seed)?;
        self.engine.flush()?;
        position.put(&self.engine, self.seed)?;
        self.engine.flush()?;
        writer.position = position;
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = slots;
        self.mind_the_cache();
        for (step, layers) in &replaced {
            self.clear(*step, layers)?;
        }
        writer.broken = false;
        Ok(written)
    }

    /// The layers of a slot after a step; their pages are put where nobody looks yet.
    fn renew(
        &self,
        layers: &Layers,
        Step { slot, from }: Step,
        sequence: u64,
        incoming: &[(u8, Change)],
        written: &mut Written,
    ) -> Result<Layers, Error> {
        let (below, combined) = layers.split_at(from);
        let pages = Pages::read(&self.engine, slot, from, combined.iter().map(|held| &held.layer))?;
        let mut rows = Vec::new();
        let decoded = pages.decode(self.seed, &mut rows);
        decoded.map_err(|what| self.engine.damaged(what))?;
        rows.extend(incoming.iter().map(|(part, (table, key, value))| {
            let row = Row::new(*part, *table, key, value.as_deref());
            if (self.together)(*part, *table) { row.together() } else { row }
        }));
        newest(&mut rows);
        if from == 0 {
            rows.retain(|row| row.value.is_some());
        }
        let bank = combined.first().map_or(0, |held| 1 - held.layer.bank);
        let site = Site { slot, depth: from, bank, sequence, seed: self.seed };
        written.rows += incoming.len() as u64;
        written.rows_written += rows.len() as u64;
        let held = build(&site, &rows, |address, page| {
            written.pages += 1;
            written.bytes += page.len() as u64;
            self.engine.put(&address.key(), page)
        })?;
        head::put(&self.engine, slot, from, &held, self.seed)?;
        Ok(Arc::new(below.iter().cloned().chain([Arc::new(held)]).collect()))
    }

    /// Empties the pages of layers that a step replaced.
    fn clear(&self, Step { slot, from }: Step, layers: &Layers) -> Result<(), Error> {
        for (held, depth) in layers[from..].iter().zip(from..) {
            head::clear(&self.engine, slot, depth, held)?;
            for (address, check) in held.layer.addresses(slot, depth as u8).zip(&held.checks) {
                self.engine.clear(&address.key(), check.bytes as usize)?;
            }
        }
        Ok(())
    }

    /// The first record of the changelog that is not in the store.
    #[must_use]
    pub fn next_offset(&self) -> i64 {
        self.writer().position.next_offset
    }

    /// Reads everything again and says what there is.
    ///
    /// # Errors
    /// If the directory can't be read. Damage is part of the report.
    pub fn verify(&self) -> Result<Report, Error> {
        let writer = self.writer();
        let mut report = self.counts(&writer.position)?;
        drop(writer);
        let mut tables = BTreeMap::new();
        let read = self.rows::<Error>(|place, table, key, value| {
            let entry: &mut (u64, u64) = tables.entry((place.part, table)).or_default();
            entry.0 += 1;
            entry.1 += (key.len() + value.len()) as u64;
            Ok(())
        });
        report.damage = read.err().map(|error| error.to_string());
        report.tables = tables
            .into_iter()
            .map(|((part, table), (rows, bytes))| TableReport { part, table, rows, bytes })
            .collect();
        report.rows = report.tables.iter().map(|table| table.rows).sum();
        report.bytes = report.tables.iter().map(|table| table.bytes).sum();
        Ok(report)
    }

    /// The directories of checkpoints at `dir` or at most three folders below, in order.
    ///
    /// # Errors
    /// If there is no such directory, or it can't be read.
    pub fn find(dir: &Path) -> Result<Vec<PathBuf>, Error> {
        find(dir, 3)
    }

    /// Opens whatever checkpoint is in `dir`, whoever's it is, and says what there is. The database
    /// is recovered as at any opening; nothing is put away.
    ///
    /// # Errors
    /// If there is none, or the directory is in use or can't be read.
    pub fn inspect(dir: &Path, cache_bytes: u64) -> Result<Report, Error> {
        let home = Home::claim_existing(dir)?;
        let identity = match home.identity()? {
            Some(Ok(identity)) => identity,
            Some(Err(refused)) => return Report::damaged(None, &home, &refused),
            None => return Err(Error::Missing { dir: dir.to_owned() }),
        };
        match load(&home, &identity, cache_bytes, |_| None)? {
            Ok(loaded) => Store::new(home, identity, cache_bytes, |_, _| false, loaded).verify(),
            Err(refused) => Report::damaged(Some(identity), &home, &refused),
        }
    }

    /// Removes the checkpoint in `dir` and whatever was set aside there.
    ///
    /// # Errors
    /// If there is none, or the directory is in use or can't be written.
    pub fn reset(dir: &Path) -> Result<(), Error> {
        Home::claim_existing(dir)?.clear()
    }

    fn counts(&self, position: &Position) -> Result<Report, Error> {
        let slots = self.read_slots();
        let held = || slots.iter().flat_map(|layers| layers.iter());
        Ok(Report {
            identity: Some(self.identity.clone()),
            layout: LAYOUT,
            next_offset: position.next_offset,
            written_at_ms: position.written_at_ms,
            writes: position.sequence,
            rows: 0,
            bytes: 0,
            tables: Vec::new(),
            slots: slots.iter().filter(|layers| !layers.is_empty()).count() as u32,
            layers: held().count() as u64,
            pages: held().map(|held| 1_u64 << held.layer.bits).sum(),
            page_bytes: held().map(|held| held.layer.bytes).sum(),
            memory_bytes: held().map(|held| held.memory_bytes() as u64).sum(),
            disk_bytes: self.home.disk_bytes()?,
            damage: None,
        })
    }

    /// Empties the pages of a slot, as damage may.
    #[cfg(test)]
    pub(crate) fn lose_pages(&self, slot: Slot) {
        for (held, depth) in self.layers(slot).iter().zip(0..) {
            for address in held.layer.addresses(slot, depth) {
                self.engine.clear(&address.key(), 1).expect("it is written");
            }
        }
    }

    /// Says that what it holds can't be used: it is put away when it is opened again. Returns that as an
    /// error.
    pub fn condemn(&self, what: &str) -> Error {
        let error = self.engine.damaged(what.to_owned());
        self.home.condemn(what);
        error
    }

    /// About how many rows are on the disk: those that changed since a layer below was written count
    /// once for each.
    #[must_use]
    pub fn rows_about(&self) -> u64 {
        let slots = self.read_slots();
        let layers = slots.iter().flat_map(|layers| layers.iter());
        layers.map(|held| held.layer.rows - held.layer.gone).sum()
    }

    /// If `result` is damage, sees to it that the checkpoint is not opened again.
    fn judged<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && let Some(Refused::Damaged { what }) = damage(error)
        {
            self.home.condemn(&what);
        }
        result
    }

    fn layers(&self, slot: Slot) -> Layers {
        self.read_slots()[usize::from(slot.0)].clone()
    }

    fn read_slots(&self) -> std::sync::RwLockReadGuard<'_, Vec<Layers>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A write that panicked left `broken` behind, so the lock need not say so as well.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mind_the_cache(&self) {
        let slots = self.read_slots();
        let bytes = slots.iter().flat_map(|layers| layers.iter()).map(|held| held.layer.bytes);
        self.engine.set_crowded(bytes.sum::<u64>() > self.cache_bytes);
    }
}

impl Report {
    fn damaged(identity: Option<Identity>, home: &Home, why: &Refused) -> Result<Report, Error> {
        Ok(Report {
            identity,
            layout: LAYOUT,
            next_offset: 0,
            written_at_ms: 0,
            writes: 0,
            rows: 0,
            bytes: 0,
            tables: Vec::new(),
            slots: 0,
            layers: 0,
            pages: 0,
            page_bytes: 0,
            memory_bytes: 0,
            disk_bytes: home.disk_bytes()?,
            damage: Some(why.to_string()),
        })
    }
}

fn all_slots() -> impl Iterator<Item = Slot> {
    (0..=u8::MAX).map(Slot)
}

fn sizes(slots: &[Layers]) -> Vec<Vec<u64>> {
    slots.iter().map(|layers| layers.iter().map(|held| held.layer.bytes).collect()).collect()
}

fn incoming_bytes(incoming: &[Vec<(u8, Change)>]) -> Vec<u64> {
    let bytes = |(_, (_, key, value)): &(u8, Change)| {
        6 + key.len() as u64 + value.as_ref().map_or(0, Vec::len) as u64
    };
    incoming.iter().map(|changes| changes.iter().map(bytes).sum()).collect()
}

fn told(slots: &[Layers]) -> Vec<(Slot, Vec<Layer>)> {
    let told = |layers: &Layers| layers.iter().map(|held| held.layer.clone()).collect();
    let slots = all_slots().zip(slots).filter(|(_, layers)| !layers.is_empty());
    slots.map(|(slot, layers)| (slot, told(layers))).collect()
}
