//! What a stage is.

use event::EventTime;

use crate::Bucket;

/// A record with the time at which it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamped<T> {
    /// Its effective time.
    pub at: EventTime,
    /// Whether it came so late that its own time could not be kept.
    pub clamped: bool,
    /// The record.
    pub record: T,
}

/// One stage: a pure function of state and record. The operator itself holds configuration only;
/// all that is remembered lives in `State`.
///
/// `apply` and `close` are total: what cannot be understood was refused at the intake, and whatever
/// is left has a meaning.
pub trait Operator {
    /// What is remembered, per slot.
    type State;
    /// What is known from elsewhere, read only.
    type Tables;
    /// What it reads.
    type In;
    /// What it causes.
    type Out;

    /// Folds one record into the state and pushes what it causes.
    fn apply(
        &self,
        state: &mut Self::State,
        tables: &Self::Tables,
        record: &Stamped<Self::In>,
        out: &mut Vec<Self::Out>,
    );

    /// Every upstream has announced that `bucket` is complete: reads it out. Stages that only
    /// follow records have nothing to do here.
    fn close(
        &self,
        _state: &mut Self::State,
        _tables: &Self::Tables,
        _bucket: Bucket,
        _out: &mut Vec<Self::Out>,
    ) {
    }
}
