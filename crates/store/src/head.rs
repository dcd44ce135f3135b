//! The head of a layer: its filter and what each of its pages must be, beside the pages in the database.
//! Opening reads heads and no page; a page is checked against them whenever it is read.

use step::Slot;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::engine::{Engine, Reading};
use crate::error::Error;
use crate::filter::Filter;
use crate::layer::{Check, Held, Layer};

/// Slot, depth, bank, sequence, sum of the pages' checksums.
const TITLE_BYTES: usize = 3 + 8 + 8;
const CHECK_BYTES: usize = 8;

/// Puts the head of a layer where nobody looks yet.
pub(crate) fn put(
    engine: &Engine,
    slot: Slot,
    depth: usize,
    held: &Held,
    seed: u64,
) -> Result<(), Error> {
    let mut head = title(slot, depth, &held.layer).to_vec();
    for check in &held.checks {
        head.extend(check.sum.to_le_bytes());
        head.extend(check.bytes.to_le_bytes());
    }
    held.filter.write(&mut head);
    head.extend(xxh3_64_with_seed(&head, seed).to_le_bytes());
    engine.put(&key(slot, depth, &held.layer), &head)
}

/// What is kept in memory of a layer that the position tells of.
///
/// # Errors
/// If its head is missing, or is not the one that was written with it.
pub(crate) fn get(
    engine: &Engine,
    slot: Slot,
    depth: usize,
    layer: &Layer,
    seed: u64,
) -> Result<Held, Error> {
    let wrong =
        |what: &str| engine.damaged(format!("the head of layer {depth} of slot {} {what}", slot.0));
    let head = engine.get(&key(slot, depth, layer), Reading::Along)?;
    let head = head.ok_or_else(|| wrong("is missing"))?;
    let (body, sum) = head.split_last_chunk().ok_or_else(|| wrong("is cut off"))?;
    if xxh3_64_with_seed(body, seed) != u64::from_le_bytes(*sum) {
        return Err(wrong("does not match its checksum"));
    }
    let rest = body.strip_prefix(&title(slot, depth, layer));
    let rest = rest.ok_or_else(|| wrong("is another's"))?;
    let checks = rest.split_at_checked(CHECK_BYTES << layer.bits);
    let (checks, filter) = checks.ok_or_else(|| wrong("lacks a check"))?;
    let filter = Filter::read(filter).ok_or_else(|| wrong("has no filter"))?;
    let number = |bytes: &[u8]| u32::from_le_bytes(std::array::from_fn(|at| bytes[at]));
    let check = |bytes: &[u8]| Check { sum: number(bytes), bytes: number(&bytes[4..]) };
    let checks = checks.chunks_exact(CHECK_BYTES).map(check).collect();
    Ok(Held { layer: layer.clone(), filter, checks })
}

/// Takes the head of a layer away that was replaced.
pub(crate) fn clear(engine: &Engine, slot: Slot, depth: usize, held: &Held) -> Result<(), Error> {
    let bytes = TITLE_BYTES + CHECK_BYTES * held.checks.len() + held.filter.bytes() + 8;
    engine.clear(&key(slot, depth, &held.layer), bytes)
}

fn key(slot: Slot, depth: usize, layer: &Layer) -> [u8; 4] {
    [b'h', slot.0, depth as u8, layer.bank]
}

fn title(slot: Slot, depth: usize, layer: &Layer) -> [u8; TITLE_BYTES] {
    let mut title = [0; TITLE_BYTES];
    title[..3].copy_from_slice(&key(slot, depth, layer)[1..]);
    title[3..11].copy_from_slice(&layer.sequence.to_le_bytes());
    title[11..].copy_from_slice(&layer.sum.to_le_bytes());
    title
}
