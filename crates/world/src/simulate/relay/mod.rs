//! The relays of described scenarios: schedulers that deal their clients' sessions to accounts.
//!
//! An operator knows only what its errors tell it. An account that has no room rests; one that is
//! refused is gone, and another is opened in its place; a request that failed goes out again from
//! the next account within seconds. Whatever footprints that leaves are left by doing it.

mod roster;
mod session;
mod wording;
mod work;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use event::time::{DAY, HOUR, MINUTE, SECOND};

use super::campaign::{Campaign, Happening, joined};
use super::dialogue::Quoted;
use super::exchange::{Exchange, Status};
use super::facts::{Fact, Kind};
use super::geography::busy_hour;
use super::plan::Scenario;
use super::population::Segment;
use super::random::{Rng, key};
use super::reaction::Hold;
use super::scenario::{Relay, Work, Workload};
use super::setting::Setting;
use roster::Roster;
use session::Session;

/// A relay at work.
pub struct Desk {
    /// What the truth calls it.
    operator: String,
    /// The campaign whose harvest it carries, if it carries any.
    campaign: Option<String>,
    /// A key that no other relay has.
    key: u64,
    parameters: Relay,
    clients: Vec<Customer>,
    roster: Roster,
    live: BinaryHeap<Reverse<Session>>,
    arrival: i64,
    /// Milliseconds between two sessions at full rate.
    gap: f64,
    begun: u64,
    /// Pools that stand by, the next first.
    standby: VecDeque<Vec<u32>>,
    /// Accounts that may be opened, the next first.
    reserve: VecDeque<u32>,
    /// Accounts that the operator knows are gone.
    gone: BTreeSet<u32>,
    /// Accounts that were at work, and of them gone.
    worked: usize,
    lost: usize,
    /// When each account was used first, where it is dropped after a while.
    first_used: BTreeMap<u32, i64>,
    facts: BinaryHeap<Reverse<(i64, u32, Kind)>>,
    archive: VecDeque<(i64, Quoted)>,
    /// How much of its full rate it dares.
    daring: f64,
    rng: Rng,
    end: i64,
}

/// A client, and how the operator fares with it.
struct Customer {
    name: String,
    key: u64,
    workload: Workload,
    /// How readily its sessions are taken on.
    weight: f64,
    /// Counts up when its wordings are given up for others.
    generation: u64,
}

/// Answers that are kept to be brought along.
const ARCHIVE: usize = 2_000;

/// The relays of a plan.
#[must_use]
pub fn relays(setting: &Setting) -> Vec<Box<dyn Campaign>> {
    let mut all: Vec<Box<dyn Campaign>> = Vec::new();
    for scenario in &setting.plan.scenarios {
        let Scenario::Described(described) = scenario else { continue };
        for (name, relay) in &described.relay {
            all.push(Box::new(Desk::new(setting, &described.name, name, relay)));
        }
    }
    all
}

impl Desk {
    fn new(setting: &Setting, scenario: &str, name: &str, relay: &Relay) -> Desk {
        let operator = format!("{scenario} {name}");
        let own = operator.bytes().fold(setting.seed(), |sum, byte| key(&[sum, byte.into()]));
        let harvests = relay.client.values().any(|client| client.harvest);
        let mut desk = Desk {
            campaign: harvests.then(|| scenario.to_owned()),
            clients: customers(relay, own),
            roster: Roster::new(relay.order, relay.skew),
            live: BinaryHeap::new(),
            arrival: setting.at_hour(relay.from_hour) + SECOND,
            gap: f64::MAX,
            begun: 0,
            standby: VecDeque::new(),
            reserve: VecDeque::new(),
            gone: BTreeSet::new(),
            worked: 0,
            lost: 0,
            first_used: BTreeMap::new(),
            facts: BinaryHeap::new(),
            archive: VecDeque::new(),
            daring: 1.0,
            rng: Rng::new(key(&[own, 1])),
            end: setting.end,
            parameters: relay.clone(),
            operator,
            key: own,
        };
        desk.fill(setting, scenario);
        let turns = (relay.turns[0] + relay.turns[1]) as f64 / 2.0;
        let per_day = desk.worked as f64 * relay.requests_per_account / turns;
        desk.gap = DAY as f64 / per_day.max(1e-9) * relay.burst_size as f64;
        desk.next_arrival(setting);
        desk
    }

    /// Puts the first pool (or all) to work, and the others by.
    fn fill(&mut self, setting: &Setting, scenario: &str) {
        let population = &setting.population;
        for (place, name) in self.parameters.pools.clone().into_iter().enumerate() {
            let full = format!("{scenario} {name}");
            let block = population.blocks().iter().find(|block| {
                matches!(block.segment, Segment::Group(_)) && population.name(block.segment) == full
            });
            let block = block.expect("the relay was checked to name groups");
            let (reserve, mut pool): (Vec<u32>, Vec<u32>) =
                block.accounts().partition(|&account| population.in_reserve(account));
            // In the order of a hash: numbers would show in a rotation.
            pool.sort_by_key(|&account| key(&[self.key, account.into()]));
            self.reserve.extend(reserve);
            if place == 0 || self.parameters.together {
                self.employ(setting, &pool, setting.start);
            } else {
                self.standby.push_back(pool);
            }
        }
    }

    fn employ(&mut self, setting: &Setting, pool: &[u32], from: i64) {
        self.worked += pool.len();
        for &account in pool {
            self.roster.add(account, joined(setting, account).unwrap_or(from).max(from));
        }
    }

    /// Draws when the next session begins, by thinning a steady stream.
    fn next_arrival(&mut self, setting: &Setting) {
        let day = self.parameters.day_rhythm;
        loop {
            self.arrival += (self.gap / PEAK * self.rng.exponential()) as i64 + 1;
            if self.arrival >= self.end {
                return;
            }
            let since = (self.arrival - setting.at_hour(self.parameters.from_hour)) as f64;
            let ramp = match self.parameters.ramp_hours {
                hours if hours > 0.0 => (since / (hours * HOUR as f64)).clamp(0.02, 1.0),
                _ => 1.0,
            };
            // The operator's customers are awake when its own region is.
            let rate = (1.0 - day) + day * busy_hour(self.arrival, 8);
            if self.rng.unit() < rate * ramp * self.daring / PEAK {
                return;
            }
        }
    }

    /// A client whose phase it is, by the weights.
    fn client(&mut self, setting: &Setting, time: i64, account: u32) -> Option<usize> {
        let hour = (time - setting.start) as f64 / HOUR as f64;
        let there = |client: &Customer| {
            let to = client.workload.to_hour;
            client.workload.from_hour <= hour && (to == 0.0 || hour < to)
        };
        let weight = |client: &Customer| if there(client) { client.weight } else { 0.0 };
        let total: f64 = self.clients.iter().map(weight).sum();
        let mut draw = match self.parameters.personas {
            // An account keeps to one client.
            true => super::random::unit_of(key(&[self.key, account.into(), 3])),
            false => self.rng.unit(),
        } * total;
        for (index, client) in self.clients.iter().enumerate() {
            if draw < weight(client) {
                return Some(index);
            }
            draw -= weight(client);
        }
        None
    }

    /// What the operator does when an account turns out to be gone: opens another, and where most
    /// are gone, brings in the next pool.
    fn lose(&mut self, account: u32, now: i64) {
        if !self.gone.insert(account) {
            return;
        }
        self.lost += 1;
        let [least, most] = self.parameters.replace_minutes;
        if let Some(next) = self.reserve.pop_front() {
            let minutes = least + (most - least) * self.rng.unit();
            let opened = now + (minutes * MINUTE as f64) as i64;
            self.facts.push(Reverse((opened, next, Kind::Signup)));
            self.facts.push(Reverse((
                opened + self.rng.between(20_000, 300_000),
                next,
                Kind::Payment,
            )));
            self.roster.add(next, opened + 6 * MINUTE);
            self.worked += 1;
        }
        if self.lost as f64 >= self.worked as f64 * self.parameters.takeover_share
            && let Some(pool) = self.standby.pop_front()
        {
            let from = now + (self.parameters.takeover_hours * HOUR as f64) as i64;
            self.worked += pool.len();
            pool.into_iter().for_each(|account| self.roster.add(account, from));
        }
    }

    /// An account for a session, if one is to be had.
    fn account(&mut self, now: i64) -> Option<u32> {
        let (gone, first) = (&self.gone, &self.first_used);
        let span = (self.parameters.rotate_hours * HOUR as f64) as i64;
        let dropped = |account: u32| {
            let spent = span > 0 && first.get(&account).is_some_and(|from| now - from > span);
            spent || gone.contains(&account)
        };
        let account = self.roster.take(now, &mut self.rng, dropped)?;
        if span > 0 {
            self.first_used.entry(account).or_insert(now);
        }
        Some(account)
    }

    fn status(&mut self, setting: &Setting, session: &Session, refusals: f64) -> Status {
        let held = setting.holds.at(session.account, session.time);
        let rotated = self.parameters.own_client && held == Hold::KeyRotated;
        if rotated || setting.refuses(session.account, session.time) {
            return Status::Blocked;
        }
        Status::with_refusals(&mut self.rng, refusals, &[None, Some("reasoning_extraction")])
    }

    /// Learns from how a request went.
    fn learn(&mut self, setting: &Setting, session: &Session, status: Status) {
        if status == Status::Blocked {
            self.lose(session.account, session.time);
        }
        if status == Status::Overloaded && self.parameters.cooldown_seconds > 0.0 {
            let rest = (self.parameters.cooldown_seconds * SECOND as f64) as i64;
            self.roster.rest(session.account, session.time + rest);
        }
        if !self.parameters.adapts {
            return;
        }
        // Of protected answers it notices one in three: it checks samples.
        let held = setting.holds.at(session.account, session.time) == Hold::Safeguarded;
        if status == Status::Blocked || (held && self.rng.chance(0.33)) {
            let client = &mut self.clients[session.client];
            client.weight = (client.weight * 0.9).max(client.workload.share * 0.1);
            client.generation += 1;
            self.daring = (self.daring * 0.97).max(0.2);
        }
    }

    /// Keeps an answer so that it can be brought along later.
    fn keep(&mut self, session: &Session) {
        let work = self.clients[session.client].workload.work;
        if matches!(work, Work::Trace | Work::Orchestrate | Work::Tasks | Work::Resume) {
            let traced = work == Work::Trace;
            let topic = session.topic(work);
            self.archive.push_back((session.time, Quoted { seed: session.seed, topic, traced }));
            if self.archive.len() > ARCHIVE {
                self.archive.pop_front();
            }
        }
    }

    /// An earlier answer of an age that the client likes.
    fn earlier(&mut self, client: usize, now: i64) -> Option<Quoted> {
        let workload = &self.clients[client].workload;
        if !self.rng.chance(workload.quotes) {
            return None;
        }
        let [least, most] = workload.quote_minutes.map(|minutes| (minutes * MINUTE as f64) as i64);
        let from = self.archive.partition_point(|(at, _)| *at < now - most);
        let to = self.archive.partition_point(|(at, _)| *at <= now - least);
        let count = to.checked_sub(from).filter(|&count| count > 0)?;
        Some(self.archive[from + self.rng.below(count as u64) as usize].1)
    }

    fn request<'s>(&mut self, setting: &'s Setting, session: &mut Session) -> Exchange<'s> {
        let refusals = self.clients[session.client].workload.refusal_share;
        let status = self.status(setting, session, refusals);
        let exchange = session.exchange(setting, self, status);
        if status == Status::Served && session.turn == session.first {
            self.keep(session);
        }
        self.learn(setting, session, status);
        exchange
    }
}

/// How much busier than the mean the busiest hour may be.
const PEAK: f64 = 2.2;

fn customers(relay: &Relay, own: u64) -> Vec<Customer> {
    let one = |(index, (name, workload)): (usize, (&String, &Workload))| Customer {
        name: name.clone(),
        key: key(&[own, 7, index as u64]),
        weight: workload.share,
        workload: workload.clone(),
        generation: 0,
    };
    relay.client.iter().enumerate().map(one).collect()
}

impl Campaign for Desk {
    fn next_time(&self) -> Option<i64> {
        let live = self.live.peek().map_or(i64::MAX, |Reverse(session)| session.time);
        let fact = self.facts.peek().map_or(i64::MAX, |Reverse((time, ..))| *time);
        Some(live.min(self.arrival).min(fact)).filter(|&time| time < self.end)
    }

    fn step<'s>(&mut self, setting: &'s Setting) -> Happening<'s> {
        let now = self.next_time().expect("the caller saw a next time");
        if self.facts.peek().is_some_and(|Reverse((time, ..))| *time <= now) {
            let Reverse((time, account, kind)) = self.facts.pop().expect("it was there");
            return Happening::Fact(Fact { time, account, kind });
        }
        let live = self.live.peek().map_or(i64::MAX, |Reverse(session)| session.time);
        if self.arrival <= live {
            self.begin(setting);
            return Happening::Nothing;
        }
        let Reverse(mut session) = self.live.pop().expect("it was the earliest");
        if !self.bind(&mut session) {
            return Happening::Nothing;
        }
        let exchange = self.request(setting, &mut session);
        self.go_on(session, exchange.status);
        Happening::Exchange(Box::new(exchange))
    }
}
