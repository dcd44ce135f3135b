//! The counters of an account, one function each, and the two running tests on its own behaviour.

use std::sync::Arc;

use event::enriched::{Capabilities, Enriched, Fact, RequestFact};
use event::id::Digest;
use event::standing::ModelUse;
use event::time::{DAY, MINUTE, SECOND};
use event::{EventTime, Nats};
use step::decay::decayed;

use crate::account::{Account, MODELS, tag};

/// A pause of half an hour ends a session.
const SESSION_PAUSE: i64 = 30 * MINUTE;

/// Content: of independent requests at most 15 in 100 look like harvesting by chance; in a harvest
/// 60 in 100 do. ln(0.60/0.15) and ln(0.40/0.85).
const HARVEST_SEEN: Nats = Nats::milli(1_386);
const HARVEST_MISSED: Nats = Nats::milli(-754);
/// Origins: of conversations with artifacts at most 5 in 100 began elsewhere by chance (imports,
/// another client); behind a pool 50 in 100 do. ln(0.50/0.05) and ln(0.50/0.95).
const ORPHAN_SEEN: Nats = Nats::milli(2_303);
const ORPHAN_MISSED: Nats = Nats::milli(-642);
/// Evidence above this adds nothing to a decision, and a changed account should come down again.
const CEILING: Nats = Nats::milli(30_000);

/// Looks at the parts of a record that lie apart, so that they lie near the processor when their turn
/// comes: another thread made them.
pub fn foresee(record: &Enriched) {
    let Fact::Request(fact) = &record.fact else { return };
    let blocks = [&fact.system, &fact.last, &fact.first];
    let prints = blocks.into_iter().flat_map(|block| &block.fingerprints);
    let artifacts = fact.minted.iter().chain(&fact.referenced);
    let sum = prints.step_by(8).chain(artifacts.step_by(8)).fold(0, |sum, one| sum ^ one.0);
    std::hint::black_box((sum, fact.model.bytes().next()));
}

/// A running test that forgets what speaks for the account but never what it owes: the sum of log
/// likelihood ratios, held between nought and a ceiling (CUSUM; E. S. Page 1954). It never exceeds
/// the Shiryaev-Roberts statistic, so that statistic's false alarm bound, horizon / e^threshold,
/// holds for it too.
fn step(evidence: Nats, seen: bool, plus: Nats, minus: Nats) -> Nats {
    let next = evidence + if seen { plus } else { minus };
    next.clamp(Nats::ZERO, CEILING)
}

/// The session of a request: the conversation where it is named, else the account's own since the
/// last long pause. Returns the session and whether this request begins one.
pub fn session(account: &mut Account, fact: &RequestFact, at: EventTime) -> (Digest, bool) {
    let paused = account.requests == 0 || at.since(account.last_request) > SESSION_PAUSE;
    match fact.session {
        Some(session) => {
            let new = account.open_sessions.note(tag(session));
            account.sessions += u64::from(new);
            (session, new)
        }
        None => {
            account.sessions += u64::from(paused);
            (Digest(account.sessions), paused)
        }
    }
}

/// Volume, rhythm and mix.
pub fn count(account: &mut Account, fact: &RequestFact, at: EventTime) {
    if account.requests > 0 {
        let pause = (at.since(account.last_request).max(0) / SECOND) as u64;
        let class = (u64::BITS - pause.leading_zeros()).min(15) as usize;
        account.pauses[class] += 1;
    }
    let elapsed = at.since(account.last_request);
    let kept = if account.requests == 0 { 0 } else { decayed(account.recent, elapsed, DAY) };
    account.recent = kept + (1 << 16);
    account.requests += 1;
    account.last_request = account.last_request.max(at);
    account.tokens[0] += u64::from(fact.input_tokens);
    account.tokens[1] += u64::from(fact.output_tokens);
    account.hours[at.hour_of_day()] += 1;
    for (index, counter) in account.capabilities.iter_mut().enumerate() {
        *counter += u32::from(fact.capabilities.0 >> index & 1);
    }
    count_model(account, &fact.model);
}

fn count_model(account: &mut Account, model: &Arc<str>) {
    let models = &mut account.models;
    let mut place = match models.iter().position(|used| used.model == *model) {
        Some(place) => place,
        None => {
            models.truncate(MODELS - 1);
            models.push(ModelUse { model: Arc::clone(model), requests: 0 });
            models.len() - 1
        }
    };
    models[place].requests += 1;
    // Most used first, then by name: only this one has moved.
    let before = |one: &ModelUse, other: &ModelUse| {
        other.requests.cmp(&one.requests).then_with(|| one.model.cmp(&other.model)).is_lt()
    };
    while place > 0 && before(&models[place], &models[place - 1]) {
        models.swap(place, place - 1);
        place -= 1;
    }
}

/// The test on content. Only what begins a session or continues a chain is a new trial: the turns
/// of one conversation carry the same words again and again.
pub fn content(account: &mut Account, fact: &RequestFact, chained: bool, begins_session: bool) {
    let in_words = fact.capabilities.any(Capabilities::HARVEST);
    account.harvest_like += u64::from(in_words);
    account.chained += u64::from(chained);
    if begins_session || chained {
        let seen = in_words || chained;
        account.content = step(account.content, seen, HARVEST_SEEN, HARVEST_MISSED);
    }
}

/// The test on origins: a conversation whose artifacts were all minted for somebody else, or long
/// ago. Only conversations with artifacts are trials.
pub fn orphans(account: &mut Account, fact: &RequestFact, begins_session: bool) {
    if begins_session && !fact.referenced.is_empty() {
        let own = fact.referenced.iter().any(|artifact| account.minted.holds(tag(*artifact)));
        account.orphans = step(account.orphans, !own, ORPHAN_SEEN, ORPHAN_MISSED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_mix_of_ordinary_requests_earns_nothing() {
        let mut evidence = Nats::ZERO;
        for index in 0..1_000 {
            evidence = step(evidence, index % 10 == 0, HARVEST_SEEN, HARVEST_MISSED);
        }
        assert!(evidence < Nats::milli(2_000), "{evidence:?}");
    }

    #[test]
    fn a_harvest_is_plain_after_a_dozen_requests_and_bounded() {
        let mut evidence = Nats::ZERO;
        for _ in 0..12 {
            evidence = step(evidence, true, HARVEST_SEEN, HARVEST_MISSED);
        }
        assert!(evidence > Nats::milli(14_900));
        for _ in 0..10_000 {
            evidence = step(evidence, true, HARVEST_SEEN, HARVEST_MISSED);
        }
        assert_eq!(evidence, CEILING);
    }

    #[test]
    fn conversations_open_sessions_and_pauses_open_the_unnamed_ones() {
        let mut account = Account::default();
        let named = |digest: u64| RequestFact {
            session: Some(Digest(digest << 32)),
            ..RequestFact::default()
        };
        let at = EventTime(0);
        assert!(session(&mut account, &named(1), at).1);
        assert!(!session(&mut account, &named(1), at).1);
        assert!(session(&mut account, &named(2), at).1);
        let unnamed = RequestFact::default();
        count(&mut account, &unnamed, at);
        assert!(!session(&mut account, &unnamed, at.plus(MINUTE)).1);
        assert!(session(&mut account, &unnamed, at.plus(SESSION_PAUSE + 1)).1);
    }
}
