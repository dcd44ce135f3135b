//! Why a record was not taken: a stable code for machines and one sentence for people.

use std::fmt;

/// Why a record was not taken. The codes are part of the contract of the dead-letter topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing but white space.
    EmptyLine,
    /// Longer than [`super::Limits::record_bytes`].
    TooLarge,
    /// Not UTF-8.
    InvalidUtf8,
    /// Not JSON.
    InvalidJson,
    /// JSON that ends too early.
    Truncated,
    /// JSON, but no object.
    NotAnObject,
    /// Nested deeper than [`super::MAX_DEPTH`].
    TooDeep,
    /// A `type` that is not in the contract.
    UnknownType,
    /// A field that this type requires is absent or null.
    MissingField,
    /// A field holds another JSON type, or a number outside its range.
    WrongType,
    /// A field with a closed set of values holds another one.
    UnknownValue,
    /// A field was given two values: whichever we took, somebody reads the other.
    DuplicateField,
    /// A time that cannot be read.
    InvalidTime,
    /// A time outside the accepted years.
    TimeOutOfRange,
    /// An id without a character.
    EmptyId,
    /// An id longer than [`super::MAX_ID_BYTES`].
    LongId,
    /// An id with a control character.
    ControlCharacter,
    /// An Avro record or file that cannot be read.
    InvalidAvro,
}

impl Reason {
    /// Every reason, in the order of the checks.
    pub const ALL: [Reason; 18] = [
        Reason::EmptyLine,
        Reason::TooLarge,
        Reason::InvalidUtf8,
        Reason::InvalidJson,
        Reason::Truncated,
        Reason::NotAnObject,
        Reason::TooDeep,
        Reason::UnknownType,
        Reason::MissingField,
        Reason::WrongType,
        Reason::UnknownValue,
        Reason::DuplicateField,
        Reason::InvalidTime,
        Reason::TimeOutOfRange,
        Reason::EmptyId,
        Reason::LongId,
        Reason::ControlCharacter,
        Reason::InvalidAvro,
    ];

    /// The stable name of this reason, as it stands in dead letters and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Reason::EmptyLine => "empty_line",
            Reason::TooLarge => "too_large",
            Reason::InvalidUtf8 => "invalid_utf8",
            Reason::InvalidJson => "invalid_json",
            Reason::Truncated => "truncated",
            Reason::NotAnObject => "not_an_object",
            Reason::TooDeep => "too_deep",
            Reason::UnknownType => "unknown_type",
            Reason::MissingField => "missing_field",
            Reason::WrongType => "wrong_type",
            Reason::UnknownValue => "unknown_value",
            Reason::DuplicateField => "duplicate_field",
            Reason::InvalidTime => "invalid_time",
            Reason::TimeOutOfRange => "time_out_of_range",
            Reason::EmptyId => "empty_id",
            Reason::LongId => "long_id",
            Reason::ControlCharacter => "control_character",
            Reason::InvalidAvro => "invalid_avro",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.code())
    }
}

/// A record that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Reject {
    /// What kind of mistake it is.
    pub reason: Reason,
    /// Which field, what was expected there and what was found.
    pub detail: String,
}

impl Reject {
    /// A reject with its sentence.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Reject {
        Reject { reason, detail: detail.into() }
    }
}
