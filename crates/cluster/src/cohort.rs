//! Cohorts: accounts that are mostly about one template, and whether somebody runs them as one.
//!
//! Two signs that pooling forces, neither of which the wording of the template matters for. *Served
//! alike*: a pool's scheduler hands the next session to the account that rested longest, so its
//! accounts begin equally many, while the sessions of independent people scatter (dispersion near 0
//! against several). *Echoing*: conversations move between the pool's accounts and bring along what
//! the platform made for another. Only accounts that are at it around the clock are compared for the
//! first: a class or a nightly job is busy alike for an hour or two.

use std::collections::BTreeSet;

use event::Nats;
use event::id::{AccountKey, Digest, ObjectKey};
use event::standing::{Flow, Standing};
use event::time::HOUR;
use step::chi2::dispersion_milli;

use crate::state::{Known, State};

/// Accounts from which the tests mean something.
const ACCOUNTS: usize = 20;
/// Requests on the template, in at least two sessions, from which an account counts; they must be
/// most of what it does.
const REQUESTS: u64 = 3;
/// Sessions on the template and distinct hours of the day from which its sessions are compared.
const SESSIONS: u64 = 3;
const HOURS: u32 = 5;

/// A cohort that is run as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The template.
    pub template: ObjectKey,
    /// The accounts, by key.
    pub accounts: Vec<AccountKey>,
    /// Dispersion of their sessions, in thousandths, if it could be told.
    pub dispersion: Option<u64>,
    /// What ties each of them to the others.
    pub nats: Nats,
}

/// One account on a template.
struct Row<'a> {
    template: ObjectKey,
    account: AccountKey,
    party: (bool, Digest),
    sessions: u64,
    span: u64,
    around_the_clock: bool,
    partners: &'a [AccountKey],
}

/// An account with a flow on a template.
pub type Carrier = (ObjectKey, AccountKey);

/// Every template with a cohort that is run as one, and all flows of accounts without a cluster:
/// one walk over the standings, which lie far apart, for both.
#[must_use]
pub fn find(state: &State) -> (Vec<Cohort>, Vec<Carrier>) {
    // Two walks: the first does so little with each that memory is asked for many at once.
    let all = state.accounts.unordered();
    let heard = all.filter_map(|(key, known)| Some((key, known, known.standing.as_deref()?)));
    let mut walking = Vec::with_capacity(state.accounts.len());
    walking.extend(heard.filter(|(_, _, standing)| !standing.flows.is_empty()));
    let flows = walking.iter().map(|(_, _, standing)| standing.flows.len()).sum();
    let (mut rows, mut carriers) = (Vec::new(), Vec::with_capacity(flows));
    for (key, known, standing) in walking {
        rows.extend(known_rows(key, known, standing));
        if known.cluster.is_none() {
            carriers.extend(standing.flows.iter().map(|flow| (flow.template, key)));
        }
    }
    // An account has a template once, so this is the order of content.
    rows.sort_unstable_by_key(|row| (row.template, row.account));
    let alike = rows.chunk_by(|one, other| one.template == other.template);
    (alike.filter_map(judge).collect(), carriers)
}

fn known_rows<'a>(
    key: AccountKey,
    known: &'a Known,
    standing: &'a Standing,
) -> impl Iterator<Item = Row<'a>> {
    let about = move |flow: &&Flow| {
        flow.requests >= REQUESTS && flow.sessions >= 2 && flow.is_most_of(standing.requests)
    };
    standing.flows.iter().filter(about).map(move |flow| Row {
        template: flow.template,
        account: key,
        party: known.party(key),
        sessions: flow.sessions,
        span: flow.until.since(flow.since).max(HOUR) as u64,
        around_the_clock: standing.hours.count_ones() >= HOURS && flow.sessions >= SESSIONS,
        partners: &known.partners,
    })
}

fn judge(rows: &[Row<'_>]) -> Option<Cohort> {
    if rows.len() < ACCOUNTS {
        return None;
    }
    let parties: BTreeSet<_> = rows.iter().map(|row| row.party).collect();
    if parties.len() < ACCOUNTS {
        return None;
    }
    let accounts: BTreeSet<AccountKey> = rows.iter().map(|row| row.account).collect();
    let echoing = rows.iter().filter(|row| row.partners.iter().any(|one| accounts.contains(one)));
    let echoing = echoing.count();
    let compared = || rows.iter().filter(|row| row.around_the_clock);
    let sessions: Vec<u64> = compared().map(|row| row.sessions).collect();
    let spans: Vec<u64> = compared().map(|row| row.span).collect();
    // Those that are compared must speak for the cohort: at least a quarter of it.
    let enough = sessions.len() >= ACCOUNTS && sessions.len() * 4 >= rows.len();
    let dispersion = enough.then(|| dispersion_milli(&sessions, &spans)).flatten();
    Some(Cohort {
        template: rows[0].template,
        nats: worth(dispersion, echoing, rows.len())?,
        dispersion,
        accounts: accounts.into_iter().collect(),
    })
}

/// What the two signs are worth together. A dispersion under 0.5 is a strict rotation, under 1.2 as
/// even as one scheduler's chance; groups of independent accounts picked for likeness reached 1.2 to
/// 3.5. An echo between accounts happens by chance in one session of ten thousand, so where a fifth
/// of a cohort echoes, a pool is there; where half of it does, the cohort is the pool.
fn worth(dispersion: Option<u64>, echoing: usize, accounts: usize) -> Option<Nats> {
    let dispersion = dispersion.unwrap_or(u64::MAX);
    let (fifth, half) = (echoing * 5 >= accounts, echoing * 2 >= accounts);
    match dispersion {
        0..500 => Some(Nats::milli(9_200)),
        500..1_200 if fifth => Some(Nats::milli(9_200)),
        500..1_200 => Some(Nats::milli(6_900)),
        1_200..2_500 if fifth => Some(Nats::milli(6_900)),
        _ if half => Some(Nats::milli(6_900)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::EventTime;
    use std::sync::Arc;

    /// A state with one template and accounts that began so many sessions on it over a day.
    fn state(sessions: impl Iterator<Item = u64>, hours: u32, ring: bool) -> State {
        let mut state = State::default();
        let counts: Vec<u64> = sessions.collect();
        let all = counts.len() as u64;
        for (index, sessions) in (0_u64..).zip(counts) {
            let key = AccountKey(Digest(index));
            let flow = Flow {
                template: ObjectKey(Digest(1)),
                requests: sessions * 3,
                sessions,
                until: EventTime(24 * HOUR),
                ..Flow::default()
            };
            let requests = sessions * 3;
            let standing = Standing {
                account: key,
                requests,
                hours: (1 << hours) - 1,
                flows: vec![flow],
                ..Standing::default()
            };
            let partners =
                if ring { vec![AccountKey(Digest((index + 1) % all))] } else { Vec::new() };
            let standing = Some(Arc::new(standing));
            state.accounts.insert(key, Known { standing, partners, ..Known::default() });
        }
        state
    }

    #[test]
    fn a_rotation_around_the_clock_is_found() {
        let found = find(&state((0..60).map(|index| 10 + index % 2), 12, false)).0;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].accounts.len(), 60);
        assert!(found[0].dispersion < Some(100));
    }

    #[test]
    fn a_class_is_busy_alike_and_is_none() {
        assert!(find(&state((0..60).map(|index| 10 + index % 2), 2, false)).0.is_empty());
    }

    #[test]
    fn people_scatter() {
        assert!(find(&state((0..60).map(|index| 3 + index * index / 9), 12, false)).0.is_empty());
    }

    #[test]
    fn a_ring_of_echoes_needs_no_rotation() {
        assert_eq!(find(&state((0..60).map(|index| 3 + index), 2, true)).0.len(), 1);
    }
}
