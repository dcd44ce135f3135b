//! Turns sightings into links: which accounts share an object, and how surprising that is.
//!
//! Reads blocks of sightings, which [`Gather`] accumulates as sets until a bucket is complete, and
//! reads out per object in canonical order. Keeps, per object, who shares it: one account in full,
//! more as a uniform sample of 64; per artifact, for whom it was minted. Writes `links`. Candidates
//! come from shared objects only, so a pool of n accounts costs O(n). Knows nothing of templates,
//! clusters or decisions.

mod gather;
mod operator;
mod sample;
mod state;

pub use gather::{Gather, Gathered, Piece, ReadOut};
pub use operator::{Config, Correlator};
pub use state::{Ground, SlotState};
