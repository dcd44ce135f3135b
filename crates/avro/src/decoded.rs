//! Lends a decoded Avro value to serde, so that it passes the same readers as JSON.

use apache_avro::types::Value;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// The symbol that stands for an absent value of a closed set.
pub(crate) const UNKNOWN: &str = "UNKNOWN";

/// A decoded value.
pub(crate) struct Decoded(pub(crate) Value);

impl<'de> Deserializer<'de> for Decoded {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, to: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => to.visit_unit(),
            Value::Boolean(flag) => to.visit_bool(flag),
            Value::Int(number) | Value::Date(number) | Value::TimeMillis(number) => {
                to.visit_i64(number.into())
            }
            Value::Long(number)
            | Value::TimeMicros(number)
            | Value::TimestampMillis(number)
            | Value::LocalTimestampMillis(number) => to.visit_i64(number),
            // Many writers know no other unit; ours is the millisecond.
            Value::TimestampMicros(number) | Value::LocalTimestampMicros(number) => {
                to.visit_i64(number.div_euclid(1_000))
            }
            Value::TimestampNanos(number) | Value::LocalTimestampNanos(number) => {
                to.visit_i64(number.div_euclid(1_000_000))
            }
            Value::Float(number) => to.visit_f64(number.into()),
            Value::Double(number) => to.visit_f64(number),
            Value::String(text) => to.visit_string(text),
            Value::Uuid(id) => to.visit_string(id.to_string()),
            Value::Enum(_, symbol) if symbol == UNKNOWN => to.visit_unit(),
            Value::Enum(_, symbol) => to.visit_string(symbol.to_ascii_lowercase()),
            Value::Union(_, value) => Decoded(*value).deserialize_any(to),
            Value::Array(entries) => {
                to.visit_seq(SeqDeserializer::new(entries.into_iter().map(Decoded)))
            }
            Value::Map(entries) => {
                // The decoder keeps them in a random order; a message must not depend on it.
                let entries: std::collections::BTreeMap<_, _> = entries.into_iter().collect();
                let entries = entries.into_iter().map(|(key, value)| (key, Decoded(value)));
                to.visit_map(MapDeserializer::new(entries))
            }
            Value::Record(fields) => {
                let fields = fields.into_iter().map(|(key, value)| (key, Decoded(value)));
                to.visit_map(MapDeserializer::new(fields))
            }
            // The contract has no bytes: wherever they stand, they are refused or skipped.
            Value::Bytes(bytes) | Value::Fixed(_, bytes) => {
                to.visit_seq(SeqDeserializer::new(bytes.into_iter()))
            }
            Value::Decimal(_) | Value::BigDecimal(_) | Value::Duration(_) => {
                to.visit_seq(SeqDeserializer::new(std::iter::empty::<u8>()))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Decoded {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
