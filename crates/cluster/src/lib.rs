//! Turns links into clusters: who belongs together, with an identity that outlives its accounts.
//!
//! Reads links and standings, which accumulate per bucket and are read out in canonical order, and
//! the control log. Keeps what the joint lane knows of accounts, echoes between them, objects they
//! share, templates, clusters. At each bucket new accounts attach to live clusters; at each epoch
//! clusters are rebuilt exactly from the links that are alive, weakly attached accounts are peeled
//! off, and the result is matched with what was there before. Writes rows of `tables`, `clusters`,
//! and a dossier of each cluster that changed for `decide`. It sees links, never events, and decides
//! nothing.

mod attach;
mod cohort;
mod dossier;
mod graph;
mod lineage;
mod operator;
mod pending;
mod sample;
mod state;
mod template;

pub use operator::{Clusterer, Config, Out};
pub use pending::{In, Pending};
pub use state::State;
