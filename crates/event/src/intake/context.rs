//! What one reading keeps aside: the first mistake with its place, and the count of unknown fields.
//!
//! The reader is written against serde's traits, whose errors carry only text. So a mistake is put
//! here and a bare error is returned; the readers on the way out add where they were.

use std::cell::{Cell, RefCell};

use serde::de::Error;

use super::reject::{Reason, Reject};

/// Where values come from, as far as a reader must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A JSON line that outlives the event.
    Line,
    /// The same, read by [`super::plain`].
    Plain,
    /// A JSON line that does not: every text is copied.
    Copied,
    /// Decoded values that are not JSON text.
    Decoded,
}

/// What one reading keeps aside.
pub(super) struct Context {
    pub(super) source: Source,
    /// Fields seen that the contract does not have.
    pub(super) unknown: Cell<u32>,
    /// Whether a field of the body was read before `type` said whose body it is.
    pub(super) guessed: Cell<bool>,
    refused: Cell<Option<(Reason, String)>>,
    path: RefCell<String>,
}

impl Context {
    pub(super) fn new(source: Source) -> Context {
        Context {
            source,
            unknown: Cell::new(0),
            guessed: Cell::new(false),
            refused: Cell::new(None),
            path: RefCell::new(String::new()),
        }
    }

    /// Notes a mistake; the error only carries the news outwards.
    #[cold]
    pub(super) fn refuse<E: Error>(&self, reason: Reason, detail: String) -> E {
        self.refused.set(Some((reason, detail)));
        E::custom("refused")
    }

    /// Notes that a required field is not there.
    #[cold]
    pub(super) fn missing<E: Error>(&self, field: &str) -> E {
        self.within(field);
        self.refuse(Reason::MissingField, "required, but absent".to_owned())
    }

    /// Notes on the way out that the mistake lies within `field`.
    #[cold]
    pub(super) fn within(&self, field: &str) {
        let mut path = self.path.borrow_mut();
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        // A name is somebody's input as well: it is cut before it fills a message.
        *path = format!("{}{dot}{path}", clip(field));
    }

    /// Notes on the way out that the mistake lies within the entry `index` of a list.
    #[cold]
    pub(super) fn within_entry(&self, index: usize) {
        let mut path = self.path.borrow_mut();
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        *path = format!("[{index}]{dot}{path}");
    }

    /// What was refused, if it was a reader that refused and not the syntax.
    #[cold]
    pub(super) fn refused(&self) -> Option<Reject> {
        let (reason, detail) = self.refused.take()?;
        let path = self.path.borrow();
        let detail = if path.is_empty() { detail } else { format!("`{path}`: {detail}") };
        Some(Reject { reason, detail })
    }

    /// The place that was being read, with backquotes; empty at the top.
    #[cold]
    pub(super) fn place(&self) -> String {
        let path = self.path.borrow();
        if path.is_empty() { String::new() } else { format!("`{path}`: ") }
    }
}

/// At most the first 40 characters, so that nobody's text fills a dead letter.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
