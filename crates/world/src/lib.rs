//! How we know that it works: simulator, truth, evaluation, simpler methods to compare with, and the
//! report.

pub mod baselines;
pub mod evaluate;
pub mod report;
pub mod simulate;
