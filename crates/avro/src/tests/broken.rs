//! Files that are cut off, altered, or never were any.

use event::contract::Event;
use event::intake::{Limits, Reason};
use proptest::prelude::*;

use super::{event, examples, file, read};
use crate::{AvroEvents, Codec};

#[test]
fn a_file_cut_anywhere_gives_what_was_whole_and_one_error() {
    let lines = examples();
    let events: Vec<Event<'_>> = lines.iter().map(|line| event(line)).collect();
    // A header, then two blocks.
    let (head, whole) = (file(&[], Codec::Null), file(&events[..4], Codec::Null));
    let more = file(&events[4..8], Codec::Null);
    let whole = [whole.as_slice(), &more[head.len()..]].concat();
    assert_eq!(read(&whole).len(), 8);
    for end in 0..whole.len() {
        let Ok(records) = AvroEvents::open(&whole[..end], &Limits::default()) else {
            assert!(end < head.len(), "the header is whole at {end}");
            continue;
        };
        let records: Vec<_> = records.collect();
        let taken = records.iter().take_while(|record| record.taken.is_ok()).count();
        for (record, event) in records.iter().zip(&events).take(taken) {
            assert_eq!(record.taken.as_ref().map(|parsed| &parsed.event), Ok(event));
        }
        let rest: Vec<_> =
            records[taken..].iter().map(|record| (record.index, reason(record))).collect();
        let between = end == head.len() || end == whole.len() - (more.len() - head.len());
        let expected = if between { vec![] } else { vec![(taken as u64, Some(Reason::Truncated))] };
        assert_eq!(rest, expected, "cut at {end}");
    }
}

fn reason(record: &crate::Record) -> Option<Reason> {
    record.taken.as_ref().err().map(|reject| reject.reason)
}

#[test]
fn what_is_no_container_is_not_opened() {
    for (bytes, expected) in [
        (b"".as_slice(), "the file ends too early: in its first four bytes"),
        (b"{\"type\":", "no Avro object container: its first four bytes are others"),
        (b"Obj\x01", "the file ends too early: in its header"),
        (b"Obj\x01\x00", "the file ends too early: in its header"),
        (b"Obj\x01\x00................", "no Avro object container: it has no schema"),
        (
            b"Obj\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "no Avro object container: a length out of range",
        ),
        (
            b"Obj\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "no Avro object container: a number without end",
        ),
    ] {
        match AvroEvents::open(bytes, &Limits::default()) {
            Ok(_) => panic!("opened"),
            Err(error) => assert_eq!(error.to_string(), expected),
        }
    }
}

#[test]
fn a_block_of_nonsense_costs_itself_and_not_the_next() {
    let line = r#"{"type":"client_release","event_id":"e","event_time":1771838100250}"#;
    let (head, good) = (file(&[], Codec::Null), file(&[event(line)], Codec::Null));
    let block = &good[head.len()..];
    let marker = &good[good.len() - 16..];
    // Two records of which the first names a branch that does not exist.
    let nonsense = [&[4, 6, 0x7e, 0, 0], marker].concat();
    let bytes = [head.as_slice(), block, &nonsense, block].concat();
    let records = read(&bytes);
    let said: Vec<_> = records.iter().map(|record| (record.index, reason(record))).collect();
    assert_eq!(said, [(0, None), (1, Some(Reason::InvalidAvro)), (3, None)]);
    // An empty block is no end, either.
    let empty = [&[0, 0], marker].concat();
    let bytes = [head.as_slice(), &empty, block].concat();
    assert_eq!(read(&bytes).len(), 1);
}

#[test]
fn a_record_of_its_own_size_is_too_large() {
    let long = "x".repeat(2_000);
    let line = format!(
        r#"{{"type":"client_release","event_id":"e","event_time":1771838100250,"vendor":"{long}"}}"#
    );
    let limits = Limits { record_bytes: 1_000, ..Limits::default() };
    let bytes = file(&[event(&line)], Codec::Null);
    let mut records =
        AvroEvents::open(bytes.as_slice(), &limits).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(records.next().as_ref().and_then(reason), Some(Reason::TooLarge));
    assert_eq!(records.next(), None);
}

proptest! {
    #[test]
    fn altered_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        deflate in any::<bool>(),
    ) {
        let lines = examples();
        let events: Vec<Event<'_>> = lines.iter().map(|line| event(line)).collect();
        let codec = if deflate { Codec::Deflate(Default::default()) } else { Codec::Null };
        let mut bytes = file(&events, codec);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if deflate {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(records) = AvroEvents::open(bytes.as_slice(), &Limits::default()) {
            // Not more than there can be: it ends.
            prop_assert!(records.take(100_000).count() < 100_000);
        }
    }

    #[test]
    fn altered_records_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let lines = examples();
        let events: Vec<Event<'_>> = lines.iter().map(|line| event(line)).collect();
        let head = file(&[], Codec::Null).len();
        let mut bytes = file(&events, Codec::Null);
        for (at, byte) in changes {
            // The header is long: most changes would only break the schema.
            let at = head + at.index(bytes.len() - head);
            bytes[at] = byte;
        }
        prop_assert!(read(&bytes).len() <= events.len() + 1);
    }
}
