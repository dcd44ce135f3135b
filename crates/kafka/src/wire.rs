//! How our own records look on a topic: a version byte, then the record.
//!
//! A message carries what one partition had to say to another in one transaction, cut to a size that
//! a broker takes. A changelog record is one row: its key says where the row lives.

use pipeline::message::Place;
use serde::Serialize;
use serde::de::DeserializeOwned;
use step::{Slot, TableId};

/// The version of what follows the first byte.
const VERSION: u8 = 1;

/// Bytes after which a message is cut. Brokers take a megabyte unless told otherwise.
const MESSAGE_BYTES: usize = 400_000;

/// Messages of one partition to another, as records of a size that a broker takes.
pub fn messages<T: Serialize>(from: u32, messages: &[T]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut record = begin(from);
    for message in messages {
        record = step::encode_to(message, record);
        if record.len() >= MESSAGE_BYTES {
            records.push(std::mem::replace(&mut record, begin(from)));
        }
    }
    if record.len() > begin(from).len() {
        records.push(record);
    }
    records
}

fn begin(from: u32) -> Vec<u8> {
    let mut record = vec![VERSION];
    record.extend(from.to_le_bytes());
    record
}

/// Who sent a record of [`messages`], and what.
///
/// # Errors
/// If it is damaged or of another version.
pub fn read_messages<T: DeserializeOwned>(record: &[u8]) -> Result<(u32, Vec<T>), String> {
    let [VERSION, a, b, c, d, rest @ ..] = record else {
        return Err(unreadable(record));
    };
    let (from, mut rest) = (u32::from_le_bytes([*a, *b, *c, *d]), rest);
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (message, left) = step::decode_first(rest).map_err(|error| error.to_string())?;
        messages.push(message);
        rest = left;
    }
    Ok((from, messages))
}

/// One record that stands by itself.
pub fn single<T: Serialize>(record: &T) -> Vec<u8> {
    step::encode_to(record, vec![VERSION])
}

/// Reads a record of [`single`].
///
/// # Errors
/// If it is damaged or of another version.
pub fn read_single<T: DeserializeOwned>(record: &[u8]) -> Result<T, String> {
    match record {
        [VERSION, rest @ ..] => step::decode(rest).map_err(|error| error.to_string()),
        _ => Err(unreadable(record)),
    }
}

fn unreadable(record: &[u8]) -> String {
    match record.first() {
        Some(version) if *version != VERSION => {
            format!("written by another version (format {version}, this program reads {VERSION})")
        }
        _ => "cut off".to_owned(),
    }
}

/// The key of a changelog's first record, which says what this changelog is called.
pub const INCARNATION: &[u8] = &[VERSION, u8::MAX];

/// The key of a changelog record, in place of what `to` holds.
pub fn row_key(place: Place, table: TableId, key: &[u8], to: &mut Vec<u8>) {
    to.clear();
    to.extend([VERSION, place.part, place.slot.0, table]);
    to.extend(key);
}

/// Where the row of a changelog record lives.
///
/// # Errors
/// If it is of another version.
pub fn read_row_key(bytes: &[u8]) -> Result<(Place, TableId, &[u8]), String> {
    match bytes {
        [VERSION, part, slot, table, key @ ..] => {
            Ok((Place { part: *part, slot: Slot(*slot) }, *table, key))
        }
        _ => Err(unreadable(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_and_come_back_in_order() {
        let said: Vec<String> = (0..9).map(|n| n.to_string().repeat(100_000)).collect();
        let records = messages(7, &said);
        assert!(records.len() > 1);
        let mut back = Vec::new();
        for record in &records {
            let (from, some) = read_messages::<String>(record).expect("it is ours");
            assert_eq!(from, 7);
            back.extend(some);
        }
        assert_eq!(back, said);
        assert!(messages::<String>(7, &[]).is_empty());
    }

    #[test]
    fn what_is_not_ours_is_named() {
        assert!(read_messages::<u8>(&[9, 0, 0, 0, 0]).is_err_and(|why| why.contains("format 9")));
        assert!(read_single::<u8>(&[]).is_err_and(|why| why.contains("cut off")));
        let place = Place { part: 1, slot: Slot(200) };
        let mut key = b"what was here before".to_vec();
        row_key(place, 3, b"abc", &mut key);
        assert_eq!(read_row_key(&key), Ok((place, 3, &b"abc"[..])));
        assert!(read_row_key(&[2, 1, 1]).is_err());
    }
}
