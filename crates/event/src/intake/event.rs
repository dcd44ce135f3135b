//! The event as a whole: the fields that all types share, and which type it is.
//!
//! `type` may stand anywhere. Until it is seen, the body is read as the most frequent type; if that
//! was wrong, the caller reads the line once more, knowing better.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};

use super::context::Context;
use super::kind::Kind;
use super::record::{Key, Value};
use super::reject::Reason;
use super::value::{One, Place, Reader, Scalar, Shape};
use super::{Limits, body, time};
use crate::contract::{Body, Event, Text};
use crate::time::EventTime;

/// What an event is taken for until it says what it is.
pub(super) const GUESS: Kind = Kind::Request;

/// A whole event.
pub(super) struct TopLevel<'c> {
    pub(super) context: &'c Context,
    pub(super) limits: &'c Limits,
    /// The type, if it is known from elsewhere.
    pub(super) kind: Option<Kind>,
}

impl<'de> Shape<'de> for TopLevel<'_> {
    type Value = Event<'de>;

    fn scalar<E: Error>(self, found: Scalar<'de>) -> Result<Event<'de>, E> {
        let detail = format!("expected a JSON object, found {found}");
        Err(self.context.refuse(Reason::NotAnObject, detail))
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Event<'de>, A::Error> {
        let place = Place { context: self.context, depth: 1 };
        let mut draft = Draft {
            event_id: None,
            event_time: None,
            tenant: None,
            kind: self.kind,
            body: self.kind.unwrap_or(GUESS).blank(),
        };
        while let Some(key) = object.next_key_seed(Key)? {
            let read = draft.field(&key, &mut object, place);
            read.inspect_err(|_| self.context.within(&key))?;
        }
        draft.finish(place, self.limits)
    }
}

/// An event that is being read.
struct Draft<'de> {
    event_id: Option<Text<'de>>,
    event_time: Option<EventTime>,
    tenant: Option<Text<'de>>,
    kind: Option<Kind>,
    body: Body<'de>,
}

impl<'de> Draft<'de> {
    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        object: &mut A,
        place: Place<'_>,
    ) -> Result<(), A::Error> {
        if key == "type" {
            let read = object.next_value_seed(Reader(One(place, PhantomData)))?;
            return read.map_or(Ok(()), |name| self.say(name, place));
        }
        let value = Value::new(object, place);
        match key {
            "event_id" => value.id(&mut self.event_id),
            "event_time" => value.time(&mut self.event_time),
            "tenant" => value.id(&mut self.tenant),
            _ => {
                if self.kind.is_none() {
                    place.context.guessed.set(true);
                }
                body::field(&mut self.body, key, value)
            }
        }
    }

    /// Takes the event's word for what it is.
    fn say<E: Error>(&mut self, name: Text<'de>, place: Place<'_>) -> Result<(), E> {
        let Some(kind) = Kind::from_name(&name) else {
            let names = Kind::ALL.map(Kind::name).join(", ");
            let detail = format!("expected one of {names}, found {}", Scalar::Text(name));
            return Err(place.context.refuse(Reason::UnknownType, detail));
        };
        match self.kind {
            // The body is as blank as it was: it may still become any other.
            None if !place.context.guessed.get() => self.body = kind.blank(),
            None if kind == GUESS => {}
            Some(known) if known == kind => {}
            // For a late `type` this is never seen: the caller reads again.
            _ => {
                let detail = "given two values, expected one".to_owned();
                return Err(place.context.refuse(Reason::DuplicateField, detail));
            }
        }
        self.kind = Some(kind);
        Ok(())
    }

    fn finish<E: Error>(self, place: Place<'_>, limits: &Limits) -> Result<Event<'de>, E> {
        let context = place.context;
        if self.kind.is_none() {
            return Err(context.missing("type"));
        }
        let event_id = self.event_id.ok_or_else(|| context.missing("event_id"))?;
        let event_time = self.event_time.ok_or_else(|| context.missing("event_time"))?;
        if event_time < limits.earliest || event_time >= limits.latest {
            context.within("event_time");
            let detail = time::out_of_range(event_time, limits.earliest, limits.latest);
            return Err(context.refuse(Reason::TimeOutOfRange, detail));
        }
        body::finish(&self.body, place)?;
        Ok(Event { event_id, event_time, tenant: self.tenant, body: self.body })
    }
}

/// The type that an event names, read without its other fields.
pub(super) fn find_type(text: &str) -> Option<Kind> {
    let found = Cell::new(None);
    // The visitor stops where the type is, which the parser takes for an error: only `found` counts.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(FindType(&found));
    found.get()
}

struct FindType<'c>(&'c Cell<Option<Kind>>);

impl<'de> Visitor<'de> for FindType<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key_seed(Key)? {
            if key == "type" {
                let name = object.next_value_seed(Key)?;
                self.0.set(Kind::from_name(&name));
                return Ok(());
            }
            object.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
