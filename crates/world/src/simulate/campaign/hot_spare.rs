//! S5: one fixed prompt in every harvest request, through a pool that is banned half-way.
//!
//! The relay learns of the ban from its errors: it tries again, from other accounts, for a few
//! minutes. What is still open then waits for survivors or for the spare pool, and brings the ids
//! of its earlier turns along. Other people's ordinary requests pass through the same accounts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use event::time::{HOUR, MINUTE, SECOND};

use super::super::dialogue::{Dialogue, Injection, by_seed};
use super::super::exchange::Status;
use super::super::plan;
use super::super::population::{Segment, account_key};
use super::super::prompts::{any_topic, question};
use super::super::random::{Rng, key};
use super::super::reaction::Hold;
use super::super::setting::{STRONGEST, SWEEP, Setting};
use super::super::words::TOPICS;
use super::pool::Pool;
use super::templates::FIXED;
use super::{Campaign, Dispatch, Happening, joined};

/// A session under way, ordered by when its next request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Session {
    time: i64,
    seed: u64,
    turn: u32,
    turns: u32,
    account: u32,
    bound: i64,
    moves: u32,
    denied: u32,
    pause: i64,
    /// It needs another account.
    unbound: bool,
    /// The turn before came from this account.
    resumed: bool,
    harvest: bool,
}

/// The scheduler of S5.
pub struct HotSpare {
    parameters: plan::HotSpare,
    pool: Pool,
    live: BinaryHeap<Reverse<Session>>,
    arrival: i64,
    gap: f64,
    begun: u64,
    survivors: bool,
    /// Whether decisions are given back.
    reacts: bool,
    /// An account that is there from the start.
    first: u32,
    ban: i64,
    takeover: i64,
    rng: Rng,
    end: i64,
}

/// Mean requests of a session: 1 to 7, evenly.
const MEAN_TURNS: f64 = 4.0;

/// How long a relay goes on with an account that is blocked, at most.
const GRACE: u64 = 4 * MINUTE as u64;

impl HotSpare {
    /// The scheduler before its first session.
    #[must_use]
    pub fn new(setting: &Setting, parameters: plan::HotSpare) -> HotSpare {
        let block = |segment| setting.population.block(segment).expect("the plan has S5");
        let ban = setting.at_hour(parameters.ban_hour);
        let takeover = ban + (parameters.takeover_hours * HOUR as f64) as i64;
        let mut pool = Pool::default();
        for account in block(Segment::FirstPool).accounts() {
            pool.add(account, joined(setting, account).unwrap_or(setting.start));
        }
        for account in block(Segment::SecondPool).accounts() {
            pool.add(account, takeover);
        }
        let mut first = block(Segment::FirstPool).accounts();
        let per_day = parameters.accounts_per_pool as f64 * parameters.requests_per_account;
        let mut relay = HotSpare {
            pool,
            live: BinaryHeap::new(),
            arrival: setting.start + SECOND,
            gap: 24.0 * HOUR as f64 * MEAN_TURNS / per_day,
            begun: 0,
            first: first.start,
            survivors: first.any(|account| setting.blocked_at(account).is_none()),
            reacts: !setting.plan.reactions.is_empty(),
            ban,
            takeover,
            rng: Rng::new(key(&[setting.seed(), 0x55])),
            end: setting.end,
            parameters,
        };
        relay.next_arrival();
        relay
    }

    /// Draws when the next session begins. Between ban and takeover only the survivors work.
    fn next_arrival(&mut self) {
        let idle = self.ban + SWEEP..self.takeover;
        loop {
            self.arrival += (self.gap * self.rng.exponential()) as i64 + 1;
            if !idle.contains(&self.arrival) {
                return;
            }
            if !self.survivors {
                self.arrival = self.takeover + 1;
            } else if self.rng.chance(self.parameters.survivor_share) {
                return;
            }
        }
    }

    fn begin(&mut self, setting: &Setting) -> Session {
        let time = self.arrival;
        self.next_arrival();
        let seed = key(&[setting.seed(), 0x550, self.begun]);
        self.begun += 1;
        // One session in twelve is slow enough to outlast its hour with an account.
        let slow = self.rng.below(12) == 0;
        let turns = if slow { self.rng.between(5, 7) } else { self.rng.between(1, 7) } as u32;
        let pause = if slow { 14 * MINUTE } else { 50 * SECOND };
        let harvest = !self.rng.chance(self.parameters.other_share);
        let mut session = Session {
            time,
            seed,
            turn: 0,
            turns,
            account: self.first,
            bound: time,
            moves: 0,
            denied: 0,
            pause,
            unbound: false,
            resumed: false,
            harvest,
        };
        self.bind(setting, &mut session);
        session.moves = 0;
        session
    }

    /// Gives a session the account that has rested longest, as far as the relay knows. Where there
    /// is none, it can only try the old one again.
    fn bind(&mut self, setting: &Setting, session: &mut Session) {
        let now = session.time;
        let patient = session.denied < 3;
        let usable = |account| match setting.blocked_at(account) {
            None => true,
            Some(_) if !patient => false,
            Some(at) => now < at + (account_key(setting.seed(), account, 0x64ACE) % GRACE) as i64,
        };
        let held = |account| setting.holds.at(account, now - GRACE as i64 / 2) == Hold::Blocked;
        if let Some(account) = self.pool.take(now, |account| usable(account) && !held(account)) {
            session.resumed &= account == session.account;
            session.account = account;
            session.bound = now;
            session.moves += 1;
        }
    }

    /// The session whose request is due, on an account that it may use now.
    fn due(&mut self, setting: &Setting) -> Session {
        let live = self.live.peek().map_or(i64::MAX, |Reverse(session)| session.time);
        if self.arrival <= live {
            return self.begin(setting);
        }
        let Reverse(mut session) = self.live.pop().expect("the caller saw a next time");
        let sticky = (self.parameters.sticky_minutes * MINUTE as f64) as i64;
        if session.unbound || session.time - session.bound > sticky {
            self.bind(setting, &mut session);
            session.unbound = false;
        }
        session
    }

    fn go_on(&mut self, mut session: Session, status: Status) {
        match status {
            Status::Blocked => self.evade(&mut session),
            Status::Overloaded => session.time += 3 * SECOND + self.rng.between(0, 9_000),
            _ => {
                session.turn += 1;
                session.resumed = true;
                let pause = session.pause as f64 * (0.4 + 0.6 * self.rng.exponential());
                session.time += pause as i64 + SECOND;
            }
        }
        // One that is refused again and again is given up; without decisions that never happens.
        let hopeless = self.reacts && session.denied > 8;
        if session.turn < session.turns && session.time < self.end && !hopeless {
            self.live.push(Reverse(session));
        }
    }

    /// After an error the same request goes out again in seconds; after three it waits: a third for
    /// survivors, the rest for the spare pool.
    fn evade(&mut self, session: &mut Session) {
        session.denied += 1;
        session.unbound = true;
        session.time += 2 * SECOND + self.rng.between(0, 8_000);
        let stays = self.survivors && self.rng.chance(0.3);
        if session.denied >= 3 && !stays && session.time < self.takeover {
            session.time = self.takeover + self.rng.between(1_000, 20 * MINUTE);
        }
    }

    fn dialogue<'s>(&self, setting: &'s Setting, session: &Session) -> Dialogue<'s> {
        if !session.harvest {
            return question(setting, session.seed, any_topic(session.seed));
        }
        let topic = TOPICS.len() - 5 + (session.seed % 5) as usize;
        let variant = key(&[session.seed, 0xF1]) % self.parameters.variants;
        let (text, system) = FIXED[variant as usize];
        let mut dialogue = question(setting, session.seed, topic);
        if system {
            dialogue.system = Some(text.into());
        } else {
            dialogue.injected = Some(Injection { text: text.into(), before: variant % 4 == 1 });
        }
        if by_seed(session.seed, 0x7001, 0.35) {
            dialogue.tools = &setting.catalogue.toolsets[5 + (session.seed % 11) as usize];
        }
        dialogue.traced = true;
        dialogue
    }
}

impl Campaign for HotSpare {
    fn next_time(&self) -> Option<i64> {
        let live = self.live.peek().map_or(i64::MAX, |Reverse(session)| session.time);
        Some(live.min(self.arrival)).filter(|&time| time < self.end)
    }

    fn step<'s>(&mut self, setting: &'s Setting) -> Happening<'s> {
        let session = self.due(setting);
        let status = match setting.blocked_at(session.account) {
            Some(at) if session.time > at => Status::Blocked,
            _ if setting.holds.at(session.account, session.time) == Hold::Blocked => {
                Status::Blocked
            }
            _ => Status::usual(&mut self.rng),
        };
        let usual = setting.usual_model(session.account, session.time);
        let exchange = Dispatch {
            account: session.account,
            time: session.time,
            dialogue: self.dialogue(setting, &session),
            turn: session.turn,
            moves: session.moves,
            resumed: session.resumed,
            model: if session.harvest { STRONGEST } else { usual },
            status,
            harvest: session.harvest,
        }
        .exchange(setting);
        self.go_on(session, status);
        Happening::Exchange(Box::new(exchange))
    }
}
