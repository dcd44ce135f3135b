//! What stands in `schemas/`: adding a folder there is enough to have it checked here.

use std::fs;
use std::path::{Path, PathBuf};

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use digest::Digest;
use event::intake::{Kind, Limits, parse_json};
use serde_json::Value as Json;

use super::{event, file, read};
use crate::layout::Layout;
use crate::{Codec, schemas, to_avro, to_json};

/// A folder of `schemas/`.
pub(super) struct Topic {
    name: String,
    /// The type of event, if it is an input.
    pub(super) kind: Option<Kind>,
    /// The text of its schema.
    schema: String,
    /// Names and texts of its examples.
    pub(super) examples: Vec<(String, String)>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = read.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(super) fn topics() -> Vec<Topic> {
    let folders = entries(&root()).into_iter().filter(|path| path.join("v1.avsc").exists());
    let topic = |folder: PathBuf| Topic {
        kind: Kind::from_name(&name(&folder)),
        name: name(&folder),
        schema: text(&folder.join("v1.avsc")),
        examples: entries(&folder.join("examples"))
            .iter()
            .map(|path| (path.display().to_string(), text(path)))
            .collect(),
    };
    folders.map(topic).collect()
}

fn parsed(topic: &Topic) -> Schema {
    Schema::parse_str(&topic.schema).unwrap_or_else(|error| panic!("{}: {error}", topic.name))
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

#[test]
fn every_input_is_published_with_examples() {
    let topics = topics();
    for kind in Kind::ALL {
        let topic = topics.iter().find(|topic| topic.kind == Some(kind));
        let topic = topic.unwrap_or_else(|| panic!("{} has no schema", kind.name()));
        assert!(!topic.examples.is_empty(), "{} has no example", kind.name());
        assert_eq!(Layout::of(&parsed(topic)).ok(), Some(Layout::One(kind)));
        assert_eq!(schemas::schema(kind).ok(), Some(&parsed(topic)));
    }
    assert!(Schema::parse_str(&schemas::union().unwrap_or_default()).is_ok());
}

#[test]
fn every_example_of_an_input_is_the_same_event_in_json_and_avro() {
    for topic in topics().iter().filter(|topic| topic.kind.is_some()) {
        for (path, example) in &topic.examples {
            let parsed = parse_json(example.as_bytes(), &Limits::default());
            let parsed = parsed.unwrap_or_else(|reject| panic!("{path}: {reject}"));
            assert_eq!(Some(parsed.event.body.kind()), topic.kind, "{path}");
            assert_eq!(parsed.unknown_fields, 0, "{path}");

            let line = serde_json::to_string(&parsed.event).unwrap_or_default();
            assert_eq!(event(&line), parsed.event, "{path}");

            let records = read(&file(std::slice::from_ref(&parsed.event), Codec::Null));
            assert_eq!(records.len(), 1, "{path}");
            assert_eq!(records[0].taken.as_ref(), Ok(&parsed), "{path}");
        }
    }
}

#[test]
fn every_example_of_any_topic_survives_avro() {
    for topic in topics() {
        let schema = parsed(&topic);
        for (path, example) in &topic.examples {
            let mut example = json(example);
            if topic.kind.is_some() {
                // The JSON of an input has its type and several forms; the reader gives the one
                // that is written.
                let text = example.to_string();
                example = serde_json::to_value(event(&text)).unwrap_or_default();
                example.as_object_mut().map(|object| object.remove("type"));
            }
            let value =
                to_avro(&schema, &example).unwrap_or_else(|error| panic!("{path}: {error}"));
            let writer = GenericDatumWriter::builder(&schema).build();
            let bytes = writer.and_then(|writer| writer.write_value_to_vec(value));
            let bytes = bytes.unwrap_or_else(|error| panic!("{path}: {error}"));
            let reader = GenericDatumReader::builder(&schema).build();
            let value = reader.and_then(|reader| reader.read_value(&mut bytes.as_slice()));
            let value = value.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(to_json(&value), without_absent(&example), "{path}");
        }
    }
}

#[test]
fn every_output_is_published_and_its_examples_are_what_we_write() {
    use ::event::public::{Alert, Cluster, DeadLetter, Decision, Fingerprint};
    output::<Fingerprint>("fingerprint");
    output::<Cluster>("cluster");
    output::<Alert>("alert");
    output::<Decision>("decision");
    output::<DeadLetter>("dead_letter");
}

/// Reads the examples as `Record` and writes them again: the same JSON, with the schema's fields
/// and no others.
fn output<Record: serde::Serialize + serde::de::DeserializeOwned>(name: &str) {
    let topics = topics();
    let topic = topics.iter().find(|topic| topic.name == name);
    let topic = topic.unwrap_or_else(|| panic!("{name} has no schema"));
    assert!(!topic.examples.is_empty(), "{name} has no example");
    let schema = json(&topic.schema);
    let fields = schema["fields"].as_array().into_iter().flatten();
    let fields: Vec<_> = fields.map(|field| field["name"].as_str().unwrap_or_default()).collect();
    let optional = ["merged_into", "parent", "account_id", "api_key_id", "cluster_id", "flow_id"];
    for (path, example) in &topic.examples {
        let record: Record =
            serde_json::from_str(example).unwrap_or_else(|error| panic!("{path}: {error}"));
        let written = serde_json::to_value(&record).unwrap_or_default();
        assert_eq!(written, json(example), "{path}");
        let written = written.as_object().cloned().unwrap_or_default();
        assert!(written.keys().all(|field| fields.contains(&field.as_str())), "{path}");
        let absent = fields.iter().filter(|field| !written.contains_key(**field));
        assert_eq!(absent.filter(|field| !optional.contains(field)).count(), 0, "{path}");
    }
}

/// Without nulls and empty lists, which are what absence is.
fn without_absent(json: &Json) -> Json {
    match json {
        Json::Object(object) => {
            let there = |value: &Json| !value.is_null() && *value != Json::Array(Vec::new());
            let fields = object.iter().filter(|(_, value)| there(value));
            fields.map(|(name, value)| (name.clone(), without_absent(value))).collect()
        }
        Json::Array(entries) => entries.iter().map(without_absent).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_field_of_an_input_is_one_of_the_contract_and_stands_in_an_example() {
    for topic in topics() {
        let Some(kind) = topic.kind else { continue };
        let schema = json(&topic.schema);
        for field in schema["fields"].as_array().into_iter().flatten() {
            let field = field["name"].as_str().unwrap_or_default();
            // Null is what absence is: all that can be wrong with it is an unknown name.
            let id = match kind {
                Kind::Behaviour => r#""version":1"#,
                _ => r#""account_id":"a","model":"m""#,
            };
            let line = format!(
                r#"{{"type":"{}","event_id":"e","event_time":1771838100250,{id},"{field}":null}}"#,
                kind.name()
            );
            let unknown = |line: &str| {
                let parsed = parse_json(line.as_bytes(), &Limits::default());
                parsed
                    .map(|parsed| parsed.unknown_fields)
                    .unwrap_or_else(|reject| panic!("{reject}"))
            };
            let without = line.replace(&format!(r#","{field}":null"#), "");
            assert_eq!(unknown(&line), unknown(&without), "{}.{field}", topic.name);
            let there = topic.examples.iter().any(|(_, text)| !json(text)[field].is_null());
            assert!(there || COMMON.contains(&field), "no example of {} has `{field}`", topic.name);
        }
    }
}

/// Fields of many topics, for which an example in each would show nothing new.
const COMMON: [&str; 9] = [
    "tenant",
    "action",
    "unit",
    "account_id",
    "api_key_id",
    "organization_id",
    "flow_id",
    "cluster_id",
    "expires_at",
];

#[test]
fn schemas_keep_to_what_all_readers_can_read() {
    for topic in topics() {
        let schema = json(&topic.schema);
        assert_eq!(schema["type"], "record", "{}", topic.name);
        assert_eq!(schema["namespace"], schemas::NAMESPACE, "{}", topic.name);
        assert!(schema["doc"].is_string(), "{} has no doc", topic.name);
        check_record(&topic.name, &schema, true);
    }
}

/// No maps, no types by name; defaults only null and []; closed sets only at the top, never null.
fn check_record(place: &str, record: &Json, top: bool) {
    for field in record["fields"].as_array().into_iter().flatten() {
        let place = format!("{place}.{}", field["name"].as_str().unwrap_or_default());
        assert!(field["doc"].is_string(), "{place} has no doc");
        let (kind, default) = (&field["type"], field.get("default"));
        let inner = match kind.as_array().map(Vec::as_slice) {
            Some([null, inner]) => {
                assert_eq!((null, default), (&Json::from("null"), Some(&Json::Null)), "{place}");
                inner
            }
            Some(_) => panic!("{place}: only unions of null and one type"),
            None => kind,
        };
        let inner_type = if inner.is_object() { &inner["type"] } else { inner };
        match inner_type.as_str() {
            Some("array") => {
                assert_eq!(default, Some(&Json::Array(Vec::new())), "{place}");
                check_record(&place, &inner["items"], false);
            }
            Some("record") => check_record(&place, inner, false),
            Some("enum") => {
                assert!(top, "{place}: closed sets only at the top");
                assert_eq!(inner["symbols"][0], "UNKNOWN", "{place}");
                assert_eq!(inner["default"], "UNKNOWN", "{place}");
                // The set has a default, for unknown symbols; the field may not.
                assert_eq!(default, None, "{place}");
            }
            Some("string" | "long" | "int" | "double" | "boolean") => {
                let required = kind.is_array() || default.is_none();
                assert!(required, "{place}: a default that some readers fail on");
            }
            other => panic!("{place}: {other:?} is a type that some readers fail on"),
        }
    }
}

#[test]
fn no_published_schema_changes_unnoticed() {
    let found: String = topics()
        .iter()
        .map(|topic| {
            let canonical = parsed(topic).fingerprint::<Rabin>();
            format!("{}/v1 {canonical} {}\n", topic.name, fingerprint(&topic.schema))
        })
        .collect();
    let pinned = text(&root().join("fingerprints.txt"));
    let pinned: String = pinned
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(pinned, found, "see schemas/README.md before you change fingerprints.txt");
}

/// The fingerprint of everything but the docs. Avro's own leaves out defaults and logical types.
fn fingerprint(schema: &str) -> String {
    fn undocumented(json: &mut Json) {
        match json {
            Json::Object(object) => {
                object.remove("doc");
                object.values_mut().for_each(undocumented);
            }
            Json::Array(entries) => entries.iter_mut().for_each(undocumented),
            _ => {}
        }
    }
    let mut schema = json(schema);
    undocumented(&mut schema);
    let sum = Rabin::digest(schema.to_string().as_bytes());
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
