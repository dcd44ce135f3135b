//! JSON of the contract to Avro values and back, as a schema says. For any topic: the contract's
//! names are the schemas' names, so nothing here knows one of them.

use apache_avro::Schema;
use apache_avro::types::Value;
use event::{EventTime, rfc3339};
use serde_json::{Map, Value as Json};

use crate::decoded::UNKNOWN;
use crate::error::Error;

/// The Avro value of a JSON value. Absent and null are the same; unknown fields are left out.
///
/// # Errors
/// The field that does not fit its schema.
pub fn to_avro(schema: &Schema, json: &Json) -> Result<Value, Error> {
    let value = match (schema, json) {
        (Schema::Union(union), Json::Null) => {
            let null = union.variants().iter().position(|branch| *branch == Schema::Null);
            let null = null.and_then(|at| u32::try_from(at).ok());
            null.map(|at| Value::Union(at, Box::new(Value::Null)))
        }
        (Schema::Union(union), json) => {
            let mut branches = union.variants().iter().zip(0_u32..);
            let branch = branches.find(|(branch, _)| **branch != Schema::Null);
            let of = |(branch, at)| to_avro(branch, json).map(|value| (at, value));
            branch.map(of).transpose()?.map(|(at, value)| Value::Union(at, Box::new(value)))
        }
        (Schema::Record(record), Json::Object(object)) => {
            let mut fields = Vec::with_capacity(record.fields.len());
            for field in &record.fields {
                let json = object.get(&field.name).unwrap_or(&Json::Null);
                let value = to_avro(&field.schema, json)
                    .map_err(|error| Error::Value(format!("`{}`: {error}", field.name)))?;
                fields.push((field.name.clone(), value));
            }
            Some(Value::Record(fields))
        }
        (Schema::Array(_), Json::Null) => Some(Value::Array(Vec::new())),
        (Schema::Array(array), Json::Array(entries)) => {
            let entries = entries.iter().map(|entry| to_avro(&array.items, entry));
            Some(Value::Array(entries.collect::<Result<_, _>>()?))
        }
        (Schema::Enum(set), json) => {
            let symbol = json.as_str().map_or(UNKNOWN.to_owned(), str::to_ascii_uppercase);
            let at = set.symbols.iter().position(|known| *known == symbol);
            at.and_then(|at| u32::try_from(at).ok()).map(|at| Value::Enum(at, symbol))
        }
        (schema, json) => scalar(schema, json),
    };
    value.ok_or_else(|| Error::Value(format!("{json} does not fit its schema")))
}

fn scalar(schema: &Schema, json: &Json) -> Option<Value> {
    match schema {
        Schema::Null => json.as_null().map(|()| Value::Null),
        Schema::Boolean => json.as_bool().map(Value::Boolean),
        Schema::Int => json.as_i64().and_then(|int| i32::try_from(int).ok()).map(Value::Int),
        Schema::Long => json.as_i64().map(Value::Long),
        Schema::Double => json.as_f64().map(Value::Double),
        Schema::String => match json {
            Json::String(text) => Some(Value::String(text.clone())),
            // JSON within the contract travels as its text.
            Json::Object(_) => Some(Value::String(json.to_string())),
            _ => None,
        },
        Schema::TimestampMillis => match json {
            Json::String(text) => rfc3339::parse(text).map(|time| Value::TimestampMillis(time.0)),
            json => json.as_i64().map(Value::TimestampMillis),
        },
        _ => None,
    }
}

/// The JSON of an Avro value, as the contract writes it: what is absent is left out.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Int(number) => (*number).into(),
        Value::Long(number) => (*number).into(),
        Value::Float(number) => f64::from(*number).into(),
        Value::Double(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::TimestampMillis(millis) => rfc3339::format(EventTime(*millis)).into(),
        Value::Enum(_, symbol) if symbol != UNKNOWN => symbol.to_ascii_lowercase().into(),
        Value::Union(_, value) => to_json(value),
        Value::Array(entries) => entries.iter().map(to_json).collect(),
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), to_json(value)));
            let there = |value: &Json| {
                !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
            };
            Json::Object(fields.filter(|(_, value)| there(value)).collect::<Map<_, _>>())
        }
        // No other type stands in our schemas.
        _ => Json::Null,
    }
}
