//! Files of ours and of others.

use apache_avro::types::Value;
use apache_avro::{Schema, Writer};
use event::contract::{Body, Event};
use event::intake::Limits;
use serde_json::Value as Json;

use super::{event, examples, file, read};
use crate::{AvroEvents, Codec, schemas, to_avro};

/// A file as other writers make it: any schema, apache-avro's own framing.
#[track_caller]
fn others(schema: &str, records: &[Json]) -> Vec<u8> {
    let schema = Schema::parse_str(schema).unwrap_or_else(|error| panic!("{error}"));
    let mut writer = Writer::new(&schema, Vec::new()).unwrap_or_else(|error| panic!("{error}"));
    for record in records {
        let value = to_avro(&schema, record).unwrap_or_else(|error| panic!("{error}"));
        writer.append_value(value).unwrap_or_else(|error| panic!("{error}"));
    }
    writer.into_inner().unwrap_or_else(|error| panic!("{error}"))
}

fn record(name: &str, fields: &str) -> String {
    format!(
        r#"{{"type":"record","name":"{name}","namespace":"org.iolaus.v1","fields":[{fields}]}}"#
    )
}

const HEAD: &str = r#"{"name":"event_id","type":"string"},{"name":"event_time","type":{"type":"long","logicalType":"timestamp-millis"}}"#;

/// What is said of each record of a file: the id of the event, or the reject.
fn said(file: &[u8]) -> Vec<String> {
    let say = |record: crate::Record| match record.taken {
        Ok(parsed) => format!("{} {}", record.index, parsed.event.event_id),
        Err(reject) => format!("{} {reject}", record.index),
    };
    read(file).into_iter().map(say).collect()
}

#[track_caller]
fn not_opened(file: &[u8]) -> String {
    match AvroEvents::open(file, &Limits::default()) {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_file_holds_every_type_in_order_whatever_the_compression() {
    let lines = examples();
    // Several blocks' worth.
    let events: Vec<Event<'_>> = lines.iter().cycle().take(2_000).map(|line| event(line)).collect();
    for codec in [Codec::Null, Codec::Deflate(Default::default()), Codec::Snappy] {
        let bytes = file(&events, codec);
        assert_eq!(bytes, file(&events, codec), "the same events give the same bytes");
        let records = read(&bytes);
        assert_eq!(records.len(), events.len());
        for ((index, record), event) in (0_u64..).zip(&records).zip(&events) {
            assert_eq!(record.index, index);
            assert_eq!(record.taken.as_ref().map(|parsed| &parsed.event), Ok(event));
        }
    }
    assert!(read(&file(&[], Codec::Null)).is_empty());
}

#[test]
fn our_files_are_read_by_others() {
    let lines = examples();
    let events: Vec<Event<'_>> = lines.iter().map(|line| event(line)).collect();
    let bytes = file(&events, Codec::Deflate(Default::default()));
    let reader =
        apache_avro::Reader::new(bytes.as_slice()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reader.filter(Result::is_ok).count(), events.len());
}

#[test]
fn a_file_of_one_type_needs_no_union() {
    let kind = event::intake::Kind::ModelRelease;
    let record = serde_json::json!({"event_id": "e", "event_time": 1771838100250_i64, "model": "m", "kind": "price_change"});
    assert_eq!(said(&others(schemas::text(kind), &[record])), ["0 e"]);
}

#[test]
fn other_versions_are_matched_by_name() {
    let fields = format!(
        r#"{HEAD},{{"name":"model","type":"string"}},{{"name":"kind","type":["null","string"]}},{{"name":"extra","type":"double"}},{{"name":"raw","type":["null","bytes"],"default":null}}"#
    );
    let records = [
        serde_json::json!({"event_id": "e0", "event_time": 1771838100250_i64, "model": "m", "extra": 1.5}),
        serde_json::json!({"event_id": "e1", "event_time": 1771838100250_i64, "model": "m", "kind": "launch", "extra": 0.0}),
        serde_json::json!({"event_id": "", "event_time": 0, "model": "m", "extra": 0.0}),
    ];
    let bytes = others(&record("ModelRelease", &fields), &records);
    assert_eq!(
        said(&bytes),
        [
            "0 e0",
            "1 unknown_value: `kind`: expected one of release, deprecation, safeguard_change, price_change, found text \"launch\"",
            "2 empty_id: `event_id`: expected an id, found empty text",
        ]
    );
    assert_eq!(read(&bytes)[0].taken.as_ref().map(|parsed| parsed.unknown_fields), Ok(2));
}

#[test]
fn times_in_other_units_are_milliseconds_here() {
    for (unit, time) in
        [("micros", 1_771_838_100_250_999), ("nanos", 1_771_838_100_250_999_999_i64)]
    {
        let schema = record(
            "ClientRelease",
            &format!(
                r#"{{"name":"event_id","type":"string"}},{{"name":"event_time","type":{{"type":"long","logicalType":"timestamp-{unit}"}}}}"#
            ),
        );
        let schema = Schema::parse_str(&schema).unwrap_or_else(|error| panic!("{error}"));
        let time = if unit == "micros" {
            Value::TimestampMicros(time)
        } else {
            Value::TimestampNanos(time)
        };
        let fields = vec![
            ("event_id".to_owned(), Value::String("e".to_owned())),
            ("event_time".to_owned(), time),
        ];
        let mut writer = Writer::new(&schema, Vec::new()).unwrap_or_else(|error| panic!("{error}"));
        writer.append_value(Value::Record(fields)).unwrap_or_else(|error| panic!("{error}"));
        let bytes = writer.into_inner().unwrap_or_else(|error| panic!("{error}"));
        let read = read(&bytes).remove(0).taken.unwrap_or_else(|reject| panic!("{reject}"));
        assert_eq!(read.event.event_time, event::EventTime(1_771_838_100_250));
        assert!(matches!(read.event.body, Body::ClientRelease(_)));
    }
}

#[test]
fn events_may_stand_in_an_envelope() {
    let inner = record("ClientRelease", HEAD);
    let envelope = format!(
        r#"{{"type":"record","name":"Kept","fields":[{{"name":"offset","type":"long"}},{{"name":"event","type":["null",{inner}]}}]}}"#
    );
    let records = [
        serde_json::json!({"offset": 7, "event": {"event_id": "e", "event_time": 1771838100250_i64}}),
        serde_json::json!({"offset": 8, "event": null}),
    ];
    assert_eq!(
        said(&others(&envelope, &records)),
        ["0 e", "1 unknown_type: expected a record of the contract, found \"null\""]
    );
}

#[test]
fn schemas_of_something_else_are_refused() {
    let schema = |text: &str| not_opened(&others(text, &[]));
    for text in [
        r#""string""#.to_owned(),
        record("Wish", HEAD),
        r#"["null","string"]"#.to_owned(),
        record("ModelRelease", HEAD).replace("iolaus.v1", "iolaus.v2"),
    ] {
        let said = schema(&text);
        assert!(said.starts_with("unusable schema: expected a record org.iolaus.v1"), "{said}");
    }
}

#[test]
fn schemas_that_cost_more_than_they_read_are_refused() {
    let with =
        |kind: &str| record("ClientRelease", &format!(r#"{HEAD},{{"name":"x","type":{kind}}}"#));
    let said = |schema: &str| not_opened(&others(schema, &[]));
    assert_eq!(
        said(&with(r#"["null","ClientRelease"]"#)),
        "unusable schema: `ClientRelease` contains itself"
    );
    assert_eq!(
        said(&with(r#"{"type":"array","items":"null"}"#)),
        "unusable schema: a list whose entries take no bytes"
    );
    assert_eq!(
        said(&with(r#"{"type":"fixed","name":"F","size":1099511627776}"#)),
        "unusable schema: `F` is 1099511627776 bytes long"
    );
    // Each record holds the one before it ten times: a million values out of no bytes at all.
    let mut kind = r#"{"type":"record","name":"R0","fields":[]}"#.to_owned();
    for level in 1..7 {
        let fields: Vec<String> = (0..10)
            .map(|at| {
                let kind = if at == 0 { kind.clone() } else { format!(r#""R{}""#, level - 1) };
                format!(r#"{{"name":"f{at}","type":{kind}}}"#)
            })
            .collect();
        kind = format!(r#"{{"type":"record","name":"R{level}","fields":[{}]}}"#, fields.join(","));
    }
    assert_eq!(said(&with(&kind)), "unusable schema: a record of more than 10000 values");
}
