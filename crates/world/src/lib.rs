//! How we know that it works: simulator, truth, evaluation.

pub mod evaluate;
pub mod simulate;
