//! A page: some rows of one slot whose groups hash alike, as bytes that know where they belong.
//!
//! The *group* of a row is the first bytes of its key. Keys of state are keyed digests or begin with
//! one, so all rows of an account share a group whatever their part and table, and stand on one page.
//! Rows that are wanted together, whatever their keys, share a group of their own.

use step::{Slot, TableId};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// How many bytes of a key name its group: a digest.
pub(crate) const GROUP_BYTES: usize = 8;

/// Set in the part of rows that stand together.
const TOGETHER: u8 = 0x80;

/// The group of rows that stand together.
pub(crate) const TOGETHER_GROUP: u64 = 0;

/// Slot, depth, bank, page, count of rows.
const HEADER_BYTES: usize = 1 + 1 + 1 + 2 + 8 + 4;
const CHECKSUM_BYTES: usize = 8;

/// Where a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub slot: Slot,
    /// Which layer of the slot, oldest first.
    pub depth: u8,
    /// Which of two places of this depth: a layer is never written over the one it replaces.
    pub bank: u8,
    pub page: u16,
}

impl Address {
    /// The key in the database.
    pub fn key(self) -> [u8; 6] {
        let [high, low] = self.page.to_be_bytes();
        [b'p', self.slot.0, self.depth, self.bank, high, low]
    }
}

/// A row on a page. Ordered by group, part, table and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row<'a> {
    pub group: u64,
    pub part: u8,
    pub table: TableId,
    pub key: &'a [u8],
    /// `None`: gone, whatever older layers say.
    pub value: Option<&'a [u8]>,
    /// Whether it stands with others of its slot whatever its key.
    pub together: bool,
}

impl<'a> Row<'a> {
    pub fn new(part: u8, table: TableId, key: &'a [u8], value: Option<&'a [u8]>) -> Row<'a> {
        Row { group: group(key), part, table, key, value, together: false }
    }

    /// The row, to stand with others of its slot.
    pub fn together(self) -> Row<'a> {
        Row { group: TOGETHER_GROUP, together: true, ..self }
    }

    /// What tells it from every other row of its slot.
    pub fn name(&self) -> (u64, u8, TableId, &'a [u8]) {
        (self.group, self.part, self.table, self.key)
    }

    /// Bytes it takes on a page, about.
    pub fn bytes(&self) -> u64 {
        6 + self.key.len() as u64 + self.value.map_or(0, <[u8]>::len) as u64
    }
}

/// The hash of a key's group.
pub(crate) fn group(key: &[u8]) -> u64 {
    xxh3_64(&key[..key.len().min(GROUP_BYTES)])
}

/// The page of a group among `1 << bits`.
pub(crate) fn page_of(group: u64, bits: u8) -> u16 {
    (group >> 1 >> (63 - bits)) as u16
}

/// Rows as a page, and its checksum.
pub(crate) fn encode(address: Address, sequence: u64, seed: u64, rows: &[Row]) -> (Vec<u8>, u64) {
    let bytes: u64 = rows.iter().map(Row::bytes).sum();
    let mut page = Vec::with_capacity(bytes as usize + HEADER_BYTES + CHECKSUM_BYTES);
    page.extend(&address.key()[1..]);
    page.extend(sequence.to_le_bytes());
    page.extend((rows.len() as u32).to_le_bytes());
    for row in rows {
        page.extend([row.part | if row.together { TOGETHER } else { 0 }, row.table]);
        put_length(&mut page, row.key.len() as u64);
        page.extend(row.key);
        put_length(&mut page, row.value.map_or(0, |value| value.len() as u64 + 1));
        page.extend(row.value.unwrap_or_default());
    }
    let checksum = xxh3_64_with_seed(&page, seed);
    page.extend(checksum.to_le_bytes());
    (page, checksum)
}

/// Appends the rows of a page, whose checksum is returned.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn decode<'a>(
    page: &'a [u8],
    address: Address,
    sequence: u64,
    seed: u64,
    rows: &mut Vec<Row<'a>>,
) -> Result<u64, String> {
    let wrong = |what: &str| format!("page {address:?} {what}");
    let (body, checksum) = page.split_last_chunk().ok_or_else(|| wrong("is cut off"))?;
    let checksum = u64::from_le_bytes(*checksum);
    if xxh3_64_with_seed(body, seed) != checksum {
        return Err(wrong("does not match its checksum"));
    }
    let (header, mut rest) =
        body.split_at_checked(HEADER_BYTES).ok_or_else(|| wrong("is cut off"))?;
    if header[..5] != address.key()[1..] || header[5..13] != sequence.to_le_bytes() {
        return Err(wrong("is another's page"));
    }
    let count = u32::from_le_bytes([header[13], header[14], header[15], header[16]]);
    for _ in 0..count {
        rows.push(take_row(&mut rest).ok_or_else(|| wrong("has rows that can't be read"))?);
    }
    if rest.is_empty() { Ok(checksum) } else { Err(wrong("has bytes after its rows")) }
}

fn take_row<'a>(rest: &mut &'a [u8]) -> Option<Row<'a>> {
    let (&[part, table], after) = rest.split_first_chunk()?;
    *rest = after;
    let length = take_length(rest)?;
    let key = take(rest, length)?;
    let value = match take_length(rest)? {
        0 => None,
        length => Some(take(rest, length - 1)?),
    };
    let row = Row::new(part & !TOGETHER, table, key, value);
    Some(if part & TOGETHER == 0 { row } else { row.together() })
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

/// Seven bits a byte, least first.
fn put_length(page: &mut Vec<u8>, mut length: u64) {
    while length >= 0x80 {
        page.push(length as u8 | 0x80);
        length >>= 7;
    }
    page.push(length as u8);
}

fn take_length(rest: &mut &[u8]) -> Option<u64> {
    let mut length = 0;
    for shift in (0..63).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}
