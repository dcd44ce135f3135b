//! Rotation: accounts of one template that are served suspiciously alike.
//!
//! A pool's scheduler hands the next session to the account that rested longest, so its accounts
//! begin equally many; independent people never do (dispersion near 0 against several thousands).
//! Counted are sessions, over the time each account has been on the template, and only for accounts
//! that are at it around the clock: a class or a nightly job is busy alike for an hour or two.

use event::Nats;
use event::id::{AccountKey, Digest, ObjectKey};
use event::time::HOUR;
use step::chi2::dispersion_milli;

use crate::state::State;

/// Accounts from which the test means something.
const ACCOUNTS: usize = 20;
/// Sessions each must have begun on the template.
const SESSIONS: u64 = 8;
/// Distinct hours of the day each must have been busy in.
const HOURS: u32 = 6;

/// Accounts of one template that are served alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The template.
    pub template: ObjectKey,
    /// The accounts, by key.
    pub accounts: Vec<AccountKey>,
    /// Dispersion of their sessions, in thousandths.
    pub dispersion: u64,
    /// What that is worth.
    pub nats: Nats,
}

/// Evidence of a dispersion: under 0.5 a strict rotation, under 1.2 as alike as chance makes the
/// accounts of one scheduler; groups of independent accounts picked for likeness reached 1.2 to 3.5.
fn worth(dispersion: u64) -> Option<Nats> {
    match dispersion {
        0..500 => Some(Nats::milli(9_200)),
        500..1_200 => Some(Nats::milli(6_900)),
        _ => None,
    }
}

/// Every template with a rotation.
#[must_use]
pub fn find(state: &State) -> Vec<Rotation> {
    let mut rows: Vec<(ObjectKey, AccountKey, Option<Digest>, u64, u64)> = Vec::new();
    for (key, known) in state.accounts.iter() {
        let Some(standing) = &known.standing else { continue };
        if standing.hours.count_ones() < HOURS {
            continue;
        }
        for flow in standing.flows.iter().filter(|flow| flow.sessions >= SESSIONS) {
            // The account must be mostly about this template.
            if flow.requests * 2 >= standing.requests {
                let span = flow.until.since(flow.since).max(HOUR) as u64;
                rows.push((flow.template, key, known.organization, flow.sessions, span));
            }
        }
    }
    rows.sort_unstable();
    rows.chunk_by(|one, other| one.0 == other.0).filter_map(judge).collect()
}

fn judge(rows: &[(ObjectKey, AccountKey, Option<Digest>, u64, u64)]) -> Option<Rotation> {
    let parties: std::collections::BTreeSet<_> =
        rows.iter().map(|row| row.2.map_or((false, row.1.0), |party| (true, party))).collect();
    if parties.len() < ACCOUNTS {
        return None;
    }
    let sessions: Vec<u64> = rows.iter().map(|row| row.3).collect();
    let spans: Vec<u64> = rows.iter().map(|row| row.4).collect();
    let dispersion = dispersion_milli(&sessions, &spans)?;
    Some(Rotation {
        template: rows[0].0,
        accounts: rows.iter().map(|row| row.1).collect(),
        dispersion,
        nats: worth(dispersion)?,
    })
}
