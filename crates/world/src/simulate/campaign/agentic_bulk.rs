//! S3: long tool-using sessions, each dealt to the account that has rested longest, and moved on
//! after an hour whether it is finished or not. When a new model is out, half of it turns there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use event::time::{HOUR, MINUTE, SECOND};

use super::super::dialogue::Dialogue;
use super::super::exchange::Status;
use super::super::plan;
use super::super::population::Segment;
use super::super::prompts::bare;
use super::super::random::{Rng, key, unit_of};
use super::super::reaction::Hold;
use super::super::setting::{RELEASED, STRONGEST, Setting};
use super::super::text::{Prose, Style};
use super::super::words::TOPICS;
use super::pool::Pool;
use super::templates::{AGENT_TASK, ORCHESTRATOR};
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
    /// The turn before came from this account.
    resumed: bool,
}

/// The scheduler of S3.
pub struct AgenticBulk {
    parameters: plan::AgenticBulk,
    pool: Pool,
    live: BinaryHeap<Reverse<Session>>,
    arrival: i64,
    gap: f64,
    begun: u64,
    /// The account used last, for when no other is left.
    last: u32,
    rng: Rng,
    end: i64,
}

/// Mean requests of a session: 6 to 20, evenly.
const MEAN_TURNS: f64 = 13.0;

impl AgenticBulk {
    /// The scheduler before its first session.
    #[must_use]
    pub fn new(setting: &Setting, parameters: plan::AgenticBulk) -> AgenticBulk {
        let block = setting.population.block(Segment::AgenticBulk).expect("the plan has S3");
        let mut pool = Pool::default();
        for account in block.accounts() {
            pool.add(account, joined(setting, account).unwrap_or(setting.start));
        }
        let days = f64::from(setting.plan.hours) / 24.0;
        let requests = parameters.accounts as f64 * parameters.requests_per_account * days;
        let gap = setting.span() as f64 * MEAN_TURNS / requests;
        let mut rng = Rng::new(key(&[setting.seed(), 0x53]));
        let arrival = setting.start + (gap * rng.exponential()) as i64 + SECOND;
        let live = BinaryHeap::new();
        let last = block.first;
        AgenticBulk { parameters, pool, live, arrival, gap, begun: 0, last, rng, end: setting.end }
    }

    /// Deals a new session to the account that has rested longest.
    fn begin(&mut self, setting: &Setting) -> Session {
        let time = self.arrival;
        self.arrival += (self.gap * self.rng.exponential()) as i64 + 1;
        let account = self.pool.take(time, |account| usable(setting, account, time));
        let account = account.unwrap_or(self.last);
        self.last = account;
        let seed = key(&[setting.seed(), 0x530, self.begun]);
        self.begun += 1;
        let turns = self.rng.between(6, 20) as u32;
        Session { time, seed, turn: 0, turns, account, bound: time, moves: 0, resumed: false }
    }

    /// Puts a session back for its next turn.
    fn go_on(&mut self, mut session: Session, served: bool) {
        if served {
            session.turn += 1;
            session.resumed = true;
        }
        // Half an hour to three hours for the whole session.
        let whole = 30 * MINUTE + (unit_of(session.seed) * (150 * MINUTE) as f64) as i64;
        let pause = whole as f64 / f64::from(session.turns) * (0.4 + 0.6 * self.rng.exponential());
        session.time += (pause as i64).max(2 * SECOND);
        if session.turn < session.turns && session.time < self.end {
            self.live.push(Reverse(session));
        }
    }

    /// The session whose request is due, moved to another account if its hour is over.
    fn due(&mut self, setting: &Setting) -> Session {
        let live = self.live.peek().map_or(i64::MAX, |Reverse(session)| session.time);
        if self.arrival <= live {
            return self.begin(setting);
        }
        let Reverse(mut session) = self.live.pop().expect("the caller saw a next time");
        let sticky = (self.parameters.sticky_minutes * MINUTE as f64) as i64;
        if session.time - session.bound > sticky
            && let Some(account) =
                self.pool.take(session.time, |account| usable(setting, account, session.time))
        {
            session.resumed &= account == session.account;
            session.account = account;
            session.bound = session.time;
            session.moves += 1;
        }
        session
    }

    fn model(&self, setting: &Setting, session: &Session) -> &'static str {
        let hours = (session.time - setting.released) as f64 / HOUR as f64;
        let moved = (hours / self.parameters.pivot_hours.max(0.01)).clamp(0.0, 1.0);
        let draw = unit_of(key(&[session.seed, 0x917]));
        if draw < moved * self.parameters.pivot_share { RELEASED } else { STRONGEST }
    }
}

/// Whether the relay would use an account: it learns of a block within two minutes.
fn usable(setting: &Setting, account: u32, time: i64) -> bool {
    setting.holds.at(account, time - 2 * MINUTE) != Hold::Blocked
}

fn dialogue<'s>(setting: &'s Setting, seed: u64) -> Dialogue<'s> {
    let topic = TOPICS.len() - 5 + (seed % 5) as usize;
    let mut prose = Prose::new(&setting.lexicon, topic, seed);
    let kind = prose.rng.below(ORCHESTRATOR.len() as u64) as usize;
    let mut system = String::with_capacity(400);
    prose.fill(ORCHESTRATOR[kind], &mut system);
    let mut opening = String::with_capacity(400);
    let task = prose.rng.pick(&AGENT_TASK);
    prose.fill(task, &mut opening);
    prose.write(Style::Task, 160, &mut opening);
    // The operator's own tool sets, one per kind of task, out of those that anybody may use.
    let tools = &setting.catalogue.toolsets[6 + 2 * kind];
    Dialogue { system: Some(system.into()), tools, opening, ..bare(seed, topic) }
}

impl Campaign for AgenticBulk {
    fn next_time(&self) -> Option<i64> {
        let live = self.live.peek().map_or(i64::MAX, |Reverse(session)| session.time);
        Some(live.min(self.arrival)).filter(|&time| time < self.end)
    }

    fn step<'s>(&mut self, setting: &'s Setting) -> Happening<'s> {
        let session = self.due(setting);
        let status = match setting.refuses(session.account, session.time) {
            true => Status::Blocked,
            false => Status::usual(&mut self.rng),
        };
        let exchange = Dispatch {
            account: session.account,
            time: session.time,
            dialogue: dialogue(setting, session.seed),
            turn: session.turn,
            moves: session.moves,
            resumed: session.resumed,
            model: self.model(setting, &session),
            status,
            harvest: true,
        }
        .exchange(setting);
        if status != Status::Blocked {
            self.go_on(session, status != Status::Overloaded);
        }
        Happening::Exchange(Box::new(exchange))
    }
}
