//! The schemas of the inputs, as they are published in `schemas/`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use apache_avro::Schema;
use event::intake::Kind;
use serde_json::Value as Json;

use crate::error::Error;

/// The namespace of version 1.
pub const NAMESPACE: &str = "org.iolaus.v1";

/// The published text of an input's schema.
#[must_use]
pub fn text(kind: Kind) -> &'static str {
    macro_rules! published {
        ($topic:literal) => {
            include_str!(concat!("../../../schemas/", $topic, "/v1.avsc"))
        };
    }
    match kind {
        Kind::Request => published!("request"),
        Kind::Signup => published!("signup"),
        Kind::Payment => published!("payment"),
        Kind::Verification => published!("verification"),
        Kind::ModelRelease => published!("model_release"),
        Kind::ClientRelease => published!("client_release"),
        Kind::Feedback => published!("feedback"),
        Kind::Enforcement => published!("enforcement"),
        Kind::Policy => published!("policy"),
        Kind::Approval => published!("approval"),
        Kind::Lift => published!("lift"),
        Kind::Allow => published!("allow"),
        Kind::Snooze => published!("snooze"),
        Kind::Indicator => published!("indicator"),
        Kind::DeclaredUse => published!("declared_use"),
        Kind::Behaviour => published!("behaviour"),
        Kind::Clock => published!("clock"),
    }
}

/// The name of the record that an event of this type is: `ModelRelease` for `model_release`.
#[must_use]
pub fn record_name(kind: Kind) -> String {
    kind.name().split('_').flat_map(capital).collect()
}

fn capital(word: &str) -> impl Iterator<Item = char> {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars)
}

/// The type of event that a record of this name is.
#[must_use]
pub fn kind_of(record: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|&kind| record_name(kind) == record)
}

/// The schema of one input.
///
/// # Errors
/// If the published text is no schema, which a test rules out.
pub fn schema(kind: Kind) -> Result<&'static Schema, Error> {
    static SCHEMAS: OnceLock<Result<Vec<Schema>, String>> = OnceLock::new();
    let parse = |kind| Schema::parse_str(text(kind)).map_err(|error| error.to_string());
    let schemas = SCHEMAS.get_or_init(|| Kind::ALL.into_iter().map(parse).collect());
    let schemas = schemas.as_ref().map_err(|error| Error::Schema(error.clone()))?;
    schemas.get(kind as usize).ok_or_else(|| Error::Schema("no such type".to_owned()))
}

/// The union of all inputs, in the order of [`Kind::ALL`]: one file may hold every type.
///
/// # Errors
/// If a published text is no JSON, which a test rules out.
pub fn union() -> Result<String, Error> {
    let mut seen = BTreeSet::new();
    let all = Kind::ALL.into_iter().map(|kind| {
        let mut schema = serde_json::from_str(text(kind))?;
        name_once(&mut schema, &mut seen);
        Ok(schema)
    });
    let all: Result<Vec<Json>, serde_json::Error> = all.collect();
    let union = all.map(Json::Array).map_err(|error| Error::Schema(error.to_string()))?;
    Ok(union.to_string())
}

/// Replaces what was already defined by its name: Avro defines each name once.
fn name_once(schema: &mut Json, seen: &mut BTreeSet<String>) {
    match schema {
        Json::Array(branches) => branches.iter_mut().for_each(|branch| name_once(branch, seen)),
        Json::Object(object) => {
            let named = matches!(object.get("type"), Some(Json::String(kind)) if kind == "record" || kind == "enum");
            if let Some(Json::String(name)) = object.get("name").filter(|_| named) {
                let full = format!("{NAMESPACE}.{name}");
                if !seen.insert(full.clone()) {
                    *schema = Json::String(full);
                    return;
                }
            }
            for part in ["type", "items", "fields"] {
                if let Some(part) = object.get_mut(part) {
                    name_once(part, seen);
                }
            }
        }
        _ => {}
    }
}
