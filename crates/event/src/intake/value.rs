//! Readers of single values: what a field may hold, and what is said when it holds something else.
//!
//! They are written against serde's `Deserializer`, so that JSON lines and decoded Avro records
//! pass the same rules.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::MAX_DEPTH;
use super::context::{Context, clip};
use super::reject::Reason;
use crate::contract::Text;

/// Where a value stands: what is kept aside, and how deep the object or list around it is.
#[derive(Clone, Copy)]
pub(super) struct Place<'c> {
    pub(super) context: &'c Context,
    pub(super) depth: u32,
}

impl Place<'_> {
    /// The place of what stands inside a list or object that stands here.
    pub(super) fn inside(self) -> Self {
        Place { depth: self.depth + 1, ..self }
    }
}

/// What stands where a value was expected.
pub(super) enum Scalar<'de> {
    Null,
    Flag(bool),
    Whole(u64),
    Negative(i64),
    Float(f64),
    Text(Text<'de>),
    List,
    Object,
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => to.write_str("null"),
            Scalar::Flag(flag) => write!(to, "{flag}"),
            Scalar::Whole(number) => write!(to, "{number}"),
            Scalar::Negative(number) => write!(to, "{number}"),
            Scalar::Float(number) => write!(to, "{number:?}"),
            Scalar::Text(text) => write!(to, "text {:?}", clip(text)),
            Scalar::List => to.write_str("a list"),
            Scalar::Object => to.write_str("an object"),
        }
    }
}

/// How one kind of value is read. Lists and objects are refused unless a shape takes them.
pub(super) trait Shape<'de>: Sized {
    type Value;

    fn scalar<E: Error>(self, found: Scalar<'de>) -> Result<Self::Value, E>;

    fn list<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        self.scalar(Scalar::List)
    }

    fn object<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        self.scalar(Scalar::Object)
    }
}

/// Lends a [`Shape`] to serde.
pub(super) struct Reader<S>(pub(super) S);

impl<'de, S: Shape<'de>> DeserializeSeed<'de> for Reader<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<S::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, S: Shape<'de>> Visitor<'de> for Reader<S> {
    type Value = S::Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Whole(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<S::Value, E> {
        self.0.scalar(match u64::try_from(number) {
            Ok(number) => Scalar::Whole(number),
            Err(_) => Scalar::Negative(number),
        })
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Float(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<S::Value, E> {
        self.0.scalar(Scalar::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<S::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<S::Value, A::Error> {
        self.0.object(object)
    }
}

/// A type that is read from one scalar.
pub(super) trait Leaf<'de>: Sized {
    /// What is expected, as a message names it.
    const EXPECTED: &'static str;

    /// The value, or what was found back.
    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>>;
}

impl<'de> Leaf<'de> for Text<'de> {
    const EXPECTED: &'static str = "text";

    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>> {
        if let Scalar::Text(text) = found { Ok(text) } else { Err(found) }
    }
}

impl<'de> Leaf<'de> for bool {
    const EXPECTED: &'static str = "true or false";

    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>> {
        if let Scalar::Flag(flag) = found { Ok(flag) } else { Err(found) }
    }
}

impl<'de> Leaf<'de> for f64 {
    const EXPECTED: &'static str = "a number";

    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>> {
        match found {
            Scalar::Whole(number) => Ok(number as f64),
            Scalar::Negative(number) => Ok(number as f64),
            // JSON has no other floats; Avro has, and they would poison every sum.
            Scalar::Float(number) if number.is_finite() => Ok(number),
            other => Err(other),
        }
    }
}

impl<'de> Leaf<'de> for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>> {
        const END: f64 = 9_223_372_036_854_775_808.0;
        match found {
            Scalar::Whole(number) => i64::try_from(number).map_err(|_| found),
            Scalar::Negative(number) => Ok(number),
            // Some languages write every number as a float: 12.0 is a whole number too.
            Scalar::Float(number) if number.fract() == 0.0 && (-END..END).contains(&number) => {
                Ok(number as i64)
            }
            other => Err(other),
        }
    }
}

impl<'de> Leaf<'de> for u64 {
    const EXPECTED: &'static str = "a whole number >= 0";

    // No count reaches 2^63, and Avro could not carry it.
    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>> {
        match found {
            Scalar::Negative(_) => Err(found),
            Scalar::Float(number) if number < 0.0 => Err(found),
            other => i64::take(other).map(i64::unsigned_abs),
        }
    }
}

impl<'de> Leaf<'de> for u16 {
    const EXPECTED: &'static str = "a whole number from 0 to 65535";

    fn take(found: Scalar<'de>) -> Result<Self, Scalar<'de>> {
        let number = u64::take(found)?;
        u16::try_from(number).map_err(|_| Scalar::Whole(number))
    }
}

/// One scalar, or null for nothing.
pub(super) struct One<'c, T>(pub(super) Place<'c>, pub(super) PhantomData<T>);

impl<'de, T: Leaf<'de>> Shape<'de> for One<'_, T> {
    type Value = Option<T>;

    fn scalar<E: Error>(self, found: Scalar<'de>) -> Result<Option<T>, E> {
        if let Scalar::Null = found {
            return Ok(None);
        }
        T::take(found).map(Some).map_err(|found| wrong_type(self.0.context, T::EXPECTED, &found))
    }
}

/// Notes that a field holds something else than what was expected.
#[cold]
pub(super) fn wrong_type<E: Error>(context: &Context, expected: &str, found: &Scalar<'_>) -> E {
    context.refuse(Reason::WrongType, format!("expected {expected}, found {found}"))
}

/// What may stand in a list.
pub(super) trait Entry<'de>: Sized {
    /// Reads one entry.
    fn seed(place: Place<'_>) -> impl DeserializeSeed<'de, Value = Option<Self>>;
}

impl<'de> Entry<'de> for Text<'de> {
    fn seed(place: Place<'_>) -> impl DeserializeSeed<'de, Value = Option<Self>> {
        Reader(One(place, PhantomData))
    }
}

/// A list; null is the empty one, but no entry of it may be null.
pub(super) struct List<'c, T>(pub(super) Place<'c>, pub(super) PhantomData<T>);

impl<'de, T: Entry<'de>> Shape<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn scalar<E: Error>(self, found: Scalar<'de>) -> Result<Vec<T>, E> {
        match found {
            Scalar::Null => Ok(Vec::new()),
            other => Err(wrong_type(self.0.context, "a list", &other)),
        }
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let context = self.0.context;
        let mut entries = Vec::new();
        loop {
            let next = list.next_element_seed(T::seed(self.0.inside()));
            match next.inspect_err(|_| context.within_entry(entries.len()))? {
                None => return Ok(entries),
                Some(Some(entry)) => entries.push(entry),
                Some(None) => {
                    context.within_entry(entries.len());
                    return Err(wrong_type(context, "no null in a list", &Scalar::Null));
                }
            }
        }
    }
}

/// A value nobody asked for: read to its end, kept nowhere, but never deeper than we go ourselves.
pub(super) struct Skip<'c>(pub(super) Place<'c>);

impl Skip<'_> {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        let place = self.0.inside();
        if place.depth > MAX_DEPTH { Err(too_deep(place.context)) } else { Ok(Skip(place)) }
    }
}

impl<'de> Shape<'de> for Skip<'_> {
    type Value = ();

    fn scalar<E: Error>(self, _: Scalar<'de>) -> Result<(), E> {
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while list.next_element_seed(Reader(Skip(inside.0)))?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while object.next_key_seed(Reader(Skip(inside.0)))?.is_some() {
            object.next_value_seed(Reader(Skip(inside.0)))?;
        }
        Ok(())
    }
}

/// Notes that something is nested too deeply.
#[cold]
pub(super) fn too_deep<E: Error>(context: &Context) -> E {
    context.refuse(Reason::TooDeep, format!("nested deeper than {MAX_DEPTH} levels"))
}
