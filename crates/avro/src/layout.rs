//! What a file's own schema says of its records: which type of event they are, and whether reading
//! them is safe at all.
//!
//! A schema is somebody's input, and a decoder follows it blindly: one that refers to itself, or
//! says that nothing stands there a million times, costs the stack or the memory.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, Name, NamespaceRef, RecordSchema, UuidSchema};
use apache_avro::types::Value;
use event::intake::Kind;

use crate::error::Error;
use crate::schemas::{NAMESPACE, kind_of};

/// Where the event stands in a record of the file.
#[derive(Debug, PartialEq)]
pub(crate) enum Layout {
    /// Every record is an event of this type.
    One(Kind),
    /// Records are of several types, one for each branch of a union.
    Union(Vec<Result<Kind, String>>),
    /// The event is in the field at this position, beside what the platform keeps about it.
    Envelope(usize, Box<Layout>),
}

/// The field of an envelope that holds the event.
const ENVELOPE_FIELD: &str = "event";

impl Layout {
    /// Finds the contract in a schema.
    pub(crate) fn of(schema: &Schema) -> Result<Layout, Error> {
        measure(schema, None, &mut BTreeMap::new())?;
        if let Some(layout) = Layout::direct(schema) {
            return Ok(layout);
        }
        if let Schema::Record(record) = schema {
            let fields = record.fields.iter().enumerate();
            let mut event = fields.filter(|(_, field)| field.name == ENVELOPE_FIELD);
            let found =
                event.next().and_then(|(at, field)| Some((at, Layout::direct(&field.schema)?)));
            if let Some((at, layout)) = found {
                return Ok(Layout::Envelope(at, Box::new(layout)));
            }
        }
        let names = Kind::ALL.map(crate::schemas::record_name).join(", ");
        Err(Error::Schema(format!(
            "expected a record {NAMESPACE}.{{{names}}}, a union of them, or a record with one of \
             these in its field `{ENVELOPE_FIELD}`"
        )))
    }

    fn direct(schema: &Schema) -> Option<Layout> {
        let Schema::Union(union) = schema else {
            return named_kind(schema).ok().map(Layout::One);
        };
        let kinds: Vec<_> = union.variants().iter().map(named_kind).collect();
        kinds.iter().any(Result::is_ok).then_some(Layout::Union(kinds))
    }

    /// Takes the event out of a record, or says what it is instead.
    pub(crate) fn event(&self, value: Value) -> Result<(Kind, Value), String> {
        match (self, value) {
            (Layout::One(kind), value) => Ok((*kind, value)),
            (Layout::Union(kinds), Value::Union(branch, value)) => {
                match usize::try_from(branch).ok().and_then(|branch| kinds.get(branch)) {
                    Some(Ok(kind)) => Ok((*kind, *value)),
                    Some(Err(name)) => Err(name.clone()),
                    None => Err("no branch of the union".to_owned()),
                }
            }
            (Layout::Envelope(at, layout), Value::Record(mut fields)) if *at < fields.len() => {
                layout.event(fields.swap_remove(*at).1)
            }
            _ => Err("no record".to_owned()),
        }
    }
}

/// The type of event that a named record is, or the name that is none.
fn named_kind(schema: &Schema) -> Result<Kind, String> {
    let Some(name) = schema.name() else {
        return Err("null".to_owned());
    };
    let known = name.namespace().is_none_or(|namespace| namespace == NAMESPACE);
    let kind = kind_of(name.name()).filter(|_| known);
    kind.ok_or_else(|| name.fullname(None))
}

/// What decoding one value may cost.
#[derive(Clone, Copy)]
struct Cost {
    /// Values that are made for it, lists counted with one entry.
    values: u64,
    /// Bytes that it takes from the file at least.
    bytes: u64,
}

/// The most values one record may be made of. The contract's largest has about a hundred.
const MAX_VALUES: u64 = 10_000;
/// The longest value of fixed length.
const MAX_FIXED: usize = 1 << 16;

/// Refuses schemas that cost more than the bytes they read.
fn measure(
    schema: &Schema,
    namespace: NamespaceRef<'_>,
    known: &mut BTreeMap<String, Option<Cost>>,
) -> Result<Cost, Error> {
    let leaf = |bytes| Ok(Cost { values: 1, bytes });
    match schema {
        Schema::Null => leaf(0),
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            measure_fixed(fixed.size, &fixed.name, namespace, known)
        }
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Bytes => leaf(1),
            InnerDecimalSchema::Fixed(fixed) => {
                measure_fixed(fixed.size, &fixed.name, namespace, known)
            }
        },
        Schema::Array(array) => repeated(measure(&array.items, namespace, known)?),
        // Every entry of a map has a key, of one byte at least.
        Schema::Map(map) => {
            let entry = measure(&map.types, namespace, known)?;
            repeated(Cost { bytes: entry.bytes + 1, ..entry })
        }
        Schema::Union(union) => {
            let mut cost = Cost { values: 1, bytes: 1 };
            for branch in union.variants() {
                cost.values += measure(branch, namespace, known)?.values;
            }
            bounded(cost)
        }
        Schema::Record(record) => measure_record(record, namespace, known),
        Schema::Enum(name) => {
            known.insert(name.name.fullname(namespace), Some(Cost { values: 1, bytes: 1 }));
            leaf(1)
        }
        Schema::Ref { name } => match known.get(&name.fullname(namespace)) {
            Some(Some(cost)) => Ok(*cost),
            // The contract has no trees, and a file could hold one deeper than any stack.
            Some(None) => Err(Error::Schema(format!("`{}` contains itself", name.name()))),
            None => Err(Error::Schema(format!("`{}` is nowhere defined", name.name()))),
        },
        // All that is left is a number, text or bytes: a byte at least.
        _ => leaf(1),
    }
}

fn measure_record(
    record: &RecordSchema,
    namespace: NamespaceRef<'_>,
    known: &mut BTreeMap<String, Option<Cost>>,
) -> Result<Cost, Error> {
    let name = record.name.fully_qualified_name(namespace).into_owned();
    let mut cost = Cost { values: 1, bytes: 0 };
    known.insert(name.fullname(None), None);
    for field in &record.fields {
        let field = measure(&field.schema, name.namespace(), known)?;
        let (values, bytes) = (cost.values + field.values, cost.bytes + field.bytes);
        cost = bounded(Cost { values, bytes })?;
    }
    known.insert(name.fullname(None), Some(cost));
    Ok(cost)
}

fn measure_fixed(
    size: usize,
    name: &Name,
    namespace: NamespaceRef<'_>,
    known: &mut BTreeMap<String, Option<Cost>>,
) -> Result<Cost, Error> {
    if size > MAX_FIXED {
        return Err(Error::Schema(format!("`{}` is {size} bytes long", name.name())));
    }
    let cost = Cost { values: 1, bytes: size as u64 };
    known.insert(name.fullname(namespace), Some(cost));
    Ok(cost)
}

/// The cost of a list with such entries.
fn repeated(entry: Cost) -> Result<Cost, Error> {
    if entry.bytes == 0 {
        return Err(Error::Schema("a list whose entries take no bytes".to_owned()));
    }
    bounded(Cost { values: entry.values + 1, bytes: 1 })
}

fn bounded(cost: Cost) -> Result<Cost, Error> {
    if cost.values > MAX_VALUES {
        return Err(Error::Schema(format!("a record of more than {MAX_VALUES} values")));
    }
    Ok(cost)
}
