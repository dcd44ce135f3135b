//! The rows of one slot: read from its layers and made one, or made a new layer.

use std::sync::Arc;

use step::Slot;

use crate::engine::{Engine, Reading, Value};
use crate::error::Error;
use crate::filter::Filter;
use crate::layer::{Check, Held, Layer};
use crate::page::{Address, Row, decode, encode, page_of};

/// The layers of a slot, oldest first. Never changed, only replaced.
pub(crate) type Layers = Arc<Vec<Arc<Held>>>;

/// The pages of some layers of a slot that follow each other, as they came from the database.
pub(crate) struct Pages<'a> {
    layers: Vec<(&'a Layer, Vec<(Address, Value)>)>,
}

impl<'a> Pages<'a> {
    /// Reads all pages of `layers`, the first of which is `depth` layers above the bottom.
    pub fn read(
        engine: &Engine,
        slot: Slot,
        depth: usize,
        layers: impl Iterator<Item = &'a Layer>,
    ) -> Result<Pages<'a>, Error> {
        let mut read = Vec::new();
        for (layer, depth) in layers.zip(depth..) {
            let mut pages = Vec::with_capacity(1 << layer.bits);
            for address in layer.addresses(slot, depth as u8) {
                pages.push((address, page(engine, address, Reading::Along)?));
            }
            read.push((layer, pages));
        }
        Ok(Pages { layers: read })
    }

    /// Appends the rows, older layers first.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn decode<'p>(&'p self, seed: u64, rows: &mut Vec<Row<'p>>) -> Result<(), String> {
        for (layer, pages) in &self.layers {
            let (first, mut sum) = (rows.len(), 0_u64);
            for (address, bytes) in pages {
                sum = sum.wrapping_add(decode(bytes, *address, layer.sequence, seed, rows)?);
            }
            let rows = &rows[first..];
            let gone = rows.iter().filter(|row| row.value.is_none()).count() as u64;
            if (sum, rows.len() as u64, gone) != (layer.sum, layer.rows, layer.gone) {
                let sequence = layer.sequence;
                return Err(format!("the pages of write {sequence} are not those that it wrote"));
            }
        }
        Ok(())
    }
}

/// One page.
pub(crate) fn page(engine: &Engine, address: Address, reading: Reading) -> Result<Value, Error> {
    let found = engine.get(&address.key(), reading)?;
    found.ok_or_else(|| engine.damaged(format!("page {address:?} is missing")))
}

/// Of rows that are named alike, the last; in order.
pub(crate) fn newest(rows: &mut Vec<Row>) {
    // Stable, and quick where runs are in order already, as the rows of a layer are.
    rows.sort_by(|one, other| one.name().cmp(&other.name()));
    rows.dedup_by(|later, kept| {
        let same = later.name() == kept.name();
        if same {
            *kept = *later;
        }
        same
    });
}

/// Where a new layer goes.
pub(crate) struct Site {
    pub slot: Slot,
    pub depth: usize,
    pub bank: u8,
    pub sequence: u64,
    pub seed: u64,
}

/// Makes a layer of rows in order; `put` is given each of its pages.
pub(crate) fn build(
    site: &Site,
    rows: &[Row],
    mut put: impl FnMut(Address, &[u8]) -> Result<(), Error>,
) -> Result<Held, Error> {
    let mut layer = Layer {
        sequence: site.sequence,
        bank: site.bank,
        bits: Layer::bits_for(rows.iter().map(Row::bytes).sum()),
        rows: rows.len() as u64,
        gone: rows.iter().filter(|row| row.value.is_none()).count() as u64,
        bytes: 0,
        sum: 0,
    };
    let mut checks = Vec::with_capacity(1 << layer.bits);
    let mut rest = rows;
    for address in layer.addresses(site.slot, site.depth as u8) {
        let end = rest.partition_point(|row| page_of(row.group, layer.bits) <= address.page);
        let (here, after) = rest.split_at(end);
        rest = after;
        let (bytes, checksum) = encode(address, site.sequence, site.seed, here);
        layer.bytes += bytes.len() as u64;
        layer.sum = layer.sum.wrapping_add(checksum);
        checks.push(Check { sum: checksum as u32, bytes: bytes.len() as u32 });
        put(address, &bytes)?;
    }
    Ok(Held { layer, filter: filter(rows), checks })
}

/// The filter of rows that are in order.
fn filter(rows: &[Row]) -> Filter {
    let groups = || rows.chunk_by(|one, other| one.group == other.group);
    let mut filter = Filter::new(groups().count());
    groups().for_each(|rows| filter.insert(rows[0].group));
    filter
}
