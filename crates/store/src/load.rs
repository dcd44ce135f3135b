//! What an opened store begins with: what it holds where, read and checked, or why not.

use std::sync::Arc;

use step::{SLOTS, Slot};

use crate::engine::Engine;
use crate::error::{Error, Refused};
use crate::head;
use crate::home::{Home, is_of_the_disk};
use crate::identity::Identity;
use crate::layer::Layer;
use crate::position::Position;
use crate::slot::Layers;

/// A database whose position was read, with the heads of all layers that it tells of.
pub(crate) struct Loaded {
    pub engine: Engine,
    pub position: Position,
    pub slots: Vec<Layers>,
}

/// Reads and checks position and heads; `too_old` may refuse it before that. Pages are checked as they
/// are read.
pub(crate) fn load(
    home: &Home,
    identity: &Identity,
    cache_bytes: u64,
    too_old: impl FnOnce(&Position) -> Option<Refused>,
) -> Result<Result<Loaded, Refused>, Error> {
    let loading = || {
        let engine = Engine::open(&home.database(), cache_bytes)?;
        engine.set_crowded(true);
        let seed = identity.digest() as u64;
        let Some(position) = Position::get(&engine, seed)? else {
            return Ok(Err(Refused::Unfinished));
        };
        if position.identity != identity.digest() {
            return Err(engine.damaged("its position row is of another checkpoint".into()));
        }
        if let Some(refused) = too_old(&position) {
            return Ok(Err(refused));
        }
        let mut slots = vec![Layers::default(); SLOTS as usize];
        for (slot, layers) in &position.slots {
            slots[usize::from(slot.0)] = heads(&engine, *slot, layers, seed)?;
        }
        Ok(Ok(Loaded { engine, position, slots }))
    };
    loading().or_else(|error| damage(&error).map(Err).ok_or(error))
}

/// The error as damage, if it is the checkpoint's and not the disk's.
pub(crate) fn damage(error: &Error) -> Option<Refused> {
    let what = match error {
        Error::Damaged { what, .. } | Error::Engine { detail: what, .. } => what.clone(),
        Error::Io { source, .. } if !is_of_the_disk(source) => source.to_string(),
        _ => return None,
    };
    Some(Refused::Damaged { what })
}

fn heads(engine: &Engine, slot: Slot, layers: &[Layer], seed: u64) -> Result<Layers, Error> {
    let head = |(depth, layer)| head::get(engine, slot, depth, layer, seed).map(Arc::new);
    Ok(Arc::new(layers.iter().enumerate().map(head).collect::<Result<Vec<_>, Error>>()?))
}

/// How far a clock may go back between two runs.
const AHEAD_MOST_MS: i64 = 5 * 60_000;

pub(crate) fn age(position: &Position, now_ms: i64, most_ms: i64) -> Option<Refused> {
    let age_ms = now_ms.saturating_sub(position.written_at_ms);
    if age_ms < -AHEAD_MOST_MS {
        Some(Refused::Ahead { ahead_ms: -age_ms })
    } else {
        (age_ms > most_ms).then_some(Refused::Stale { age_ms, most_ms })
    }
}
