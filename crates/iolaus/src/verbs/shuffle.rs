//! The shuffled stream: the same requests at the same times, with their accounts dealt anew among the
//! requests of the same hour, country and way in.
//!
//! Every account keeps how much it does and when, but nobody belongs together any more. What a replay
//! still links in it is chance. What ties a request to its account for good (organisation, key, what was
//! minted) is left out.

use std::collections::BTreeMap;

use event::contract::{Body, Event, Request};
use event::time::HOUR;

/// Hour, country, way in.
type Stratum = (i64, String, String);

/// The accounts of each stratum, to be dealt.
pub struct Shuffle {
    seed: u64,
    names: BTreeMap<String, u32>,
    texts: Vec<String>,
    strata: BTreeMap<Stratum, Vec<u32>>,
}

impl Shuffle {
    /// Nothing yet.
    pub fn new(seed: u64) -> Shuffle {
        Shuffle { seed, names: BTreeMap::new(), texts: Vec::new(), strata: BTreeMap::new() }
    }

    /// Takes note of whose a request is.
    pub fn note(&mut self, event: &Event) {
        let Body::Request(request) = &event.body else { return };
        let next = self.texts.len() as u32;
        let number = *self.names.entry(request.account_id.to_string()).or_insert(next);
        if number == next {
            self.texts.push(request.account_id.to_string());
        }
        self.strata.entry(stratum(event, request)).or_default().push(number);
    }

    /// Puts every stratum into a random order that the seed gives.
    pub fn deal(&mut self) {
        for (index, accounts) in self.strata.values_mut().enumerate() {
            let mut state = self.seed ^ (index as u64) << 20;
            for place in (1..accounts.len()).rev() {
                state = next(state);
                accounts.swap(place, (state % (place as u64 + 1)) as usize);
            }
        }
    }

    /// Gives a request its new account.
    pub fn apply(&mut self, event: &mut Event) {
        let time = event.event_time;
        let Body::Request(request) = &mut event.body else { return };
        let dealt = self.strata.get_mut(&stratum_at(time, request)).and_then(Vec::pop);
        if let Some(account) = dealt {
            request.account_id = self.texts[account as usize].clone().into();
        }
        request.organization_id = None;
        request.api_key_id = None;
        request.conversation_id = None;
        request.minted_artifacts.clear();
        request.referenced_artifacts.clear();
        if let Some(client) = &mut request.client {
            client.device_id = None;
            client.session_id = None;
        }
    }
}

fn stratum(event: &Event, request: &Request) -> Stratum {
    stratum_at(event.event_time, request)
}

fn stratum_at(time: event::EventTime, request: &Request) -> Stratum {
    let country = request.client.as_ref().and_then(|client| client.country.as_deref());
    let channel = request.channel.as_deref().unwrap_or_default();
    (time.0.div_euclid(HOUR), country.unwrap_or_default().to_owned(), channel.to_owned())
}

/// SplitMix64's step.
fn next(state: u64) -> u64 {
    let mut word = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::EventTime;

    fn request(account: &'static str, minute: i64) -> Event<'static> {
        let request = Request { account_id: account.into(), ..Request::default() };
        Event {
            event_id: "e".into(),
            event_time: EventTime(minute * 60_000),
            tenant: None,
            body: Body::Request(Box::new(request)),
        }
    }

    #[test]
    fn everybody_keeps_how_much_they_do_in_an_hour() {
        let names = ["a", "b", "c", "d"];
        let stream: Vec<Event> =
            (0..120).map(|minute| request(names[(minute * minute) as usize % 4], minute)).collect();
        let mut shuffle = Shuffle::new(5);
        stream.iter().for_each(|event| shuffle.note(event));
        shuffle.deal();
        let mut changed = 0;
        let mut counts: BTreeMap<(i64, String), i32> = BTreeMap::new();
        for event in &stream {
            let mut other = event.clone();
            shuffle.apply(&mut other);
            let account = |event: &Event| match &event.body {
                Body::Request(request) => request.account_id.to_string(),
                _ => String::new(),
            };
            let hour = event.event_time.0.div_euclid(HOUR);
            *counts.entry((hour, account(event))).or_default() += 1;
            *counts.entry((hour, account(&other))).or_default() -= 1;
            changed += i32::from(account(event) != account(&other));
        }
        assert!(counts.values().all(|count| *count == 0) && changed > 30, "{changed}");
    }
}
