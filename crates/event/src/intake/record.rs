//! Objects with named fields: how a field is taken, and what happens to those nobody knows.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};

use super::compact::TextOrObject;
use super::reject::Reason;
use super::time::Time;
use super::value::{Entry, Leaf, List, One, Place, Reader, Scalar, Shape, Skip, wrong_type};
use super::{MAX_ID_BYTES, context::clip};
use crate::contract::Text;
use crate::time::EventTime;

/// An object of the contract.
pub(super) trait Record<'de>: Default {
    /// What it becomes when its last field was read.
    type Whole;

    /// Takes the value of the field `key`, or skips it.
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, 'de, A>,
    ) -> Result<(), A::Error>;

    /// Says what is missing.
    fn finish<E: Error>(self, place: Place<'_>) -> Result<Self::Whole, E>;
}

/// A closed set of names.
pub(super) trait Choice: Copy + 'static {
    /// The values by their names.
    const NAMES: &'static [(&'static str, Self)];
}

/// The value of the field that is being read.
pub(super) struct Value<'v, 'de, A> {
    object: &'v mut A,
    place: Place<'v>,
    marker: PhantomData<&'de ()>,
}

impl<'v, 'de, A: MapAccess<'de>> Value<'v, 'de, A> {
    pub(super) fn new(object: &'v mut A, place: Place<'v>) -> Self {
        Value { object, place, marker: PhantomData }
    }

    fn read<S: Shape<'de>>(self, shape: S) -> Result<S::Value, A::Error> {
        self.object.next_value_seed(Reader(shape))
    }

    /// Text, a number or a flag.
    pub(super) fn one<T: Leaf<'de>>(self, slot: &mut Option<T>) -> Result<(), A::Error> {
        let place = self.place;
        fill(place, slot, self.read(One(place, PhantomData))?)
    }

    /// An id: not empty, not long, no control characters.
    pub(super) fn id(self, slot: &mut Option<Text<'de>>) -> Result<(), A::Error> {
        let place = self.place;
        let read = self.read(One::<Text>(place, PhantomData))?;
        if let Some(id) = &read {
            check_id(place, id)?;
        }
        fill(place, slot, read)
    }

    /// An id that its record requires. Ids are never empty: an empty slot is one not yet filled.
    pub(super) fn own_id(self, slot: &mut Text<'de>) -> Result<(), A::Error> {
        let mut filled = (!slot.is_empty()).then(|| std::mem::take(slot));
        self.id(&mut filled)?;
        *slot = filled.unwrap_or_default();
        Ok(())
    }

    /// A time.
    pub(super) fn time(self, slot: &mut Option<EventTime>) -> Result<(), A::Error> {
        let place = self.place;
        fill(place, slot, self.read(Time(place))?)
    }

    /// One name of a closed set.
    pub(super) fn choice<C: Choice>(self, slot: &mut Option<C>) -> Result<(), A::Error> {
        let place = self.place;
        let Some(name) = self.read(One::<Text>(place, PhantomData))? else {
            return Ok(());
        };
        match C::NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, choice)) => fill(place, slot, Some(*choice)),
            None => {
                let names: Vec<&str> = C::NAMES.iter().map(|(known, _)| *known).collect();
                let (names, found) = (names.join(", "), Scalar::Text(name));
                let detail = format!("expected one of {names}, found {found}");
                Err(place.context.refuse(Reason::UnknownValue, detail))
            }
        }
    }

    /// Text, or an object as its compact JSON text.
    pub(super) fn text_or_object(self, slot: &mut Option<Text<'de>>) -> Result<(), A::Error> {
        let place = self.place;
        let read = self.object.next_value_seed(TextOrObject::seed(place))?;
        fill(place, slot, read.map(|TextOrObject(text)| text))
    }

    /// A list of texts, each of them text or an object as its compact JSON text.
    pub(super) fn texts_or_objects(self, slot: &mut Vec<Text<'de>>) -> Result<(), A::Error> {
        let place = self.place;
        let read = self.read(List::<TextOrObject>(place, PhantomData))?;
        fill_list(place, slot, read.into_iter().map(|TextOrObject(text)| text).collect())
    }

    /// A list.
    pub(super) fn list<T: Entry<'de>>(self, slot: &mut Vec<T>) -> Result<(), A::Error> {
        let place = self.place;
        fill_list(place, slot, self.read(List(place, PhantomData))?)
    }

    /// An object within the object.
    pub(super) fn record<R: Record<'de, Whole = R>>(
        self,
        slot: &mut Option<R>,
    ) -> Result<(), A::Error> {
        let place = self.place;
        fill(place, slot, self.read(Object::<R>(place.inside(), PhantomData))?)
    }

    /// A field that the contract does not have.
    pub(super) fn skip(self) -> Result<(), A::Error> {
        let (place, unknown) = (self.place, &self.place.context.unknown);
        unknown.set(unknown.get().saturating_add(1));
        self.read(Skip(place))
    }
}

/// Puts a value where there was none.
fn fill<T, E: Error>(place: Place<'_>, slot: &mut Option<T>, read: Option<T>) -> Result<(), E> {
    if read.is_none() {
        return Ok(());
    }
    if slot.is_some() {
        return Err(twice(place));
    }
    *slot = read;
    Ok(())
}

fn fill_list<T, E: Error>(place: Place<'_>, slot: &mut Vec<T>, read: Vec<T>) -> Result<(), E> {
    if read.is_empty() {
        return Ok(());
    }
    if !slot.is_empty() {
        return Err(twice(place));
    }
    *slot = read;
    Ok(())
}

#[cold]
fn twice<E: Error>(place: Place<'_>) -> E {
    place.context.refuse(Reason::DuplicateField, "given two values, expected one".to_owned())
}

/// Refuses what could not stand in a key, a file name or a log line.
fn check_id<E: Error>(place: Place<'_>, id: &str) -> Result<(), E> {
    let refuse = |reason, detail| Err(place.context.refuse(reason, detail));
    if id.is_empty() {
        return refuse(Reason::EmptyId, "expected an id, found empty text".to_owned());
    }
    if id.len() > MAX_ID_BYTES {
        let found = id.len();
        let detail = format!("expected an id of at most {MAX_ID_BYTES} bytes, found {found}");
        return refuse(Reason::LongId, detail);
    }
    // Tenant and id are joined by U+001F: one inside would be another tenant's account.
    if id.chars().any(char::is_control) {
        let found = clip(id);
        let detail = format!("expected an id without control characters, found {found:?}");
        return refuse(Reason::ControlCharacter, detail);
    }
    Ok(())
}

/// An object that stands in a field or in a list; null is none.
pub(super) struct Object<'c, R>(pub(super) Place<'c>, pub(super) PhantomData<R>);

impl<'de, R: Record<'de>> Shape<'de> for Object<'_, R> {
    type Value = Option<R::Whole>;

    fn scalar<E: Error>(self, found: Scalar<'de>) -> Result<Self::Value, E> {
        match found {
            Scalar::Null => Ok(None),
            other => Err(wrong_type(self.0.context, "an object", &other)),
        }
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut record = R::default();
        while let Some(key) = object.next_key_seed(Key)? {
            let value = Value::new(&mut object, self.0);
            record.field(&key, value).inspect_err(|_| self.0.context.within(&key))?;
        }
        record.finish(self.0).map(Some)
    }
}

/// The name of a field, borrowed where it can be.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Text<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Text<'de>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Text<'de>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the name of a field")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Text<'de>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Text<'de>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }

    fn visit_string<E: Error>(self, name: String) -> Result<Text<'de>, E> {
        Ok(Cow::Owned(name))
    }
}
