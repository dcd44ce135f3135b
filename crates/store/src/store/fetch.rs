//! Reading some rows: those of a key, and those that stand together. Each page is checked on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipeline::message::Place;
use step::Slot;

use super::{Fetched, Store, all_slots};
use crate::engine::Reading;
use crate::error::Error;
use crate::layer::Held;
use crate::page::{Address, GROUP_BYTES, Row, TOGETHER_GROUP, decode, group};
use crate::slot::{Layers, page};

impl Store {
    /// The rows of every part and table of `slot` whose key begins with `key`, except those that stand
    /// together. A key shorter than a digest (eight bytes) names rows with exactly that key.
    ///
    /// # Errors
    /// If the database can't be read any more or is damaged.
    pub fn fetch(&self, slot: Slot, key: &[u8]) -> Result<Vec<Fetched>, Error> {
        let named = |row: &Row| {
            !row.together
                && (row.key == key || key.len() >= GROUP_BYTES && row.key.starts_with(key))
        };
        self.look_up(slot, group(key), named)
    }

    /// The rows of all tables that stand together, of every slot: without reading any others than
    /// happen to be on their pages.
    ///
    /// # Errors
    /// If the database can't be read any more or is damaged.
    pub fn together(&self) -> Result<Vec<Fetched>, Error> {
        let mut rows = Vec::new();
        for slot in all_slots() {
            rows.extend(self.look_up(slot, TOGETHER_GROUP, |row| row.together)?);
        }
        Ok(rows)
    }

    fn look_up(
        &self,
        slot: Slot,
        group: u64,
        wanted: impl Fn(&Row) -> bool,
    ) -> Result<Vec<Fetched>, Error> {
        loop {
            let layers = self.layers(slot);
            match self.look_through(&layers, slot, group, &wanted) {
                // A write that has just ended took the pages away.
                Err(Error::Damaged { .. }) if !Arc::ptr_eq(&layers, &self.layers(slot)) => {}
                found => return self.judged(found),
            }
        }
    }

    fn look_through(
        &self,
        layers: &Layers,
        slot: Slot,
        group: u64,
        wanted: impl Fn(&Row) -> bool,
    ) -> Result<Vec<Fetched>, Error> {
        let mut found = BTreeMap::new();
        for (held, depth) in layers.iter().zip(0..) {
            let Some(address) = held.find(slot, depth, group) else { continue };
            let bytes = page(&self.engine, address, Reading::Alone)?;
            for row in self.page_rows(held, address, &bytes)? {
                if row.group == group && wanted(&row) {
                    let name = (row.part, row.table, row.key.to_owned());
                    found.insert(name, row.value.map(<[u8]>::to_owned));
                }
            }
        }
        let rows = found.into_iter().filter_map(|((part, table, key), value)| {
            Some(Fetched { place: Place { part, slot }, table, key, value: value? })
        });
        Ok(rows.collect())
    }

    fn page_rows<'a>(
        &self,
        held: &Held,
        address: Address,
        bytes: &'a [u8],
    ) -> Result<Vec<Row<'a>>, Error> {
        let mut rows = Vec::new();
        let checksum = decode(bytes, address, held.layer.sequence, self.seed, &mut rows);
        let checksum = checksum.map_err(|what| self.engine.damaged(what))?;
        if held.checks[usize::from(address.page)].sum != checksum as u32 {
            return Err(self.engine.damaged(format!("page {address:?} is of another time")));
        }
        Ok(rows)
    }

    /// Whether `slot` may have rows whose keys begin like `key` (its first eight bytes). `false` is
    /// certain, and answered from memory.
    #[must_use]
    pub fn maybe_has(&self, slot: Slot, key: &[u8]) -> bool {
        let group = group(key);
        self.read_slots()[usize::from(slot.0)].iter().any(|held| held.filter.maybe_has(group))
    }
}
