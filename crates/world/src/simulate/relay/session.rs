//! A session of a relay's client: on which account it is, how it goes on, what its requests show.

use std::cmp::Reverse;

use event::time::{HOUR, MINUTE, SECOND};

use super::super::client::{client, hired_client, place};
use super::super::dialogue::Quoted;
use super::super::exchange::{Exchange, Extras, Origin, Status};
use super::super::person::habit;
use super::super::population::account_key;
use super::super::prompts::any_topic;
use super::super::random::{key, unit_of};
use super::super::scenario::Work;
use super::super::setting::{RELEASED, STRONGEST, Setting};
use super::super::words::TOPICS;
use super::Desk;
use super::work::Job;

/// A session under way, ordered by when its next request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// When that is.
    pub time: i64,
    /// The session.
    pub seed: u64,
    /// Its client.
    pub client: usize,
    /// The account, once it has one.
    pub account: u32,
    /// The turn it is at, the one it began with, and the one it ends before.
    pub turn: u32,
    /// See `turn`.
    pub first: u32,
    last: u32,
    wording: u64,
    bound: i64,
    moves: u32,
    failed: u32,
    needs_account: bool,
    /// The turn before came from this account.
    resumed: bool,
    quoted: Option<Quoted>,
}

impl Session {
    /// What it is about.
    #[must_use]
    pub fn topic(&self, work: Work) -> usize {
        match work {
            Work::Trace | Work::Orchestrate | Work::Coding | Work::Resume => {
                TOPICS.len() - 5 + (self.seed % 5) as usize
            }
            _ => any_topic(self.seed),
        }
    }

    /// The request that is due, and what it shows.
    #[must_use]
    pub fn exchange<'s>(&self, setting: &'s Setting, desk: &Desk, status: Status) -> Exchange<'s> {
        let customer = &desk.clients[self.client];
        let workload = &customer.workload;
        let job = Job {
            workload,
            client: customer.key,
            seed: self.seed,
            wording: self.wording,
            quoted: self.quoted,
        };
        let mut dialogue = job.dialogue(setting);
        dialogue.rewritten = desk.parameters.rewrites_ids;
        let (block, _) = setting.population.place(self.account);
        let member = setting.population.member(block.segment);
        let habit = habit(setting, self.account, block.segment);
        let place = place(setting, self.account, block.segment, habit);
        // The platform names conversations per account, so a session that moves gets a new name.
        let conversation = key(&[self.seed, self.account.into(), self.moves.into()]);
        let shown = member.is_none_or(|member| member.group.client_shown);
        let (channel, shows) = if desk.parameters.own_client {
            hired_client(desk.key, conversation)
        } else {
            let shows =
                client(setting, self.account, block.segment, &place, conversation, self.time);
            (place.software.channel, shows)
        };
        let user = key(&[self.seed, 2]) % workload.users;
        let people = member.map_or(0, |member| member.group.end_users);
        let honest = member.is_some_and(|member| !member.group.role.attacks());
        Exchange {
            account: self.account,
            time: self.time,
            turn: self.turn,
            conversation,
            resumed: self.resumed,
            model: self.model(setting, desk, workload.harvest),
            status,
            channel,
            client: shown.then_some(shows),
            harvest_of: setting
                .campaign_named(desk.campaign.as_deref())
                .filter(|_| workload.harvest),
            extras: Extras {
                end_user: (people > 0)
                    .then(|| format!("user_{:016x}", key(&[customer.key, user, 0xE0]))),
                modalities: modalities(&workload.modalities),
                origin: (desk.campaign.is_some() || !honest).then(|| Origin {
                    operator: desk.operator.clone(),
                    client: match workload.harvest {
                        true => customer.name.clone(),
                        false => format!("{} {user}", customer.name),
                    },
                    session: self.seed,
                }),
            },
            dialogue,
        }
    }

    fn model(&self, setting: &Setting, desk: &Desk, harvest: bool) -> &'static str {
        if !harvest {
            return setting.usual_model(key(&[self.seed, 5]) as u32, self.time);
        }
        let hours = (self.time - setting.released) as f64 / HOUR as f64;
        let moved = (hours / desk.parameters.pivot_hours.max(0.01)).clamp(0.0, 1.0);
        let turns = unit_of(key(&[self.seed, 0x917])) < moved * desk.parameters.pivot_share;
        if turns { RELEASED } else { STRONGEST }
    }
}

fn modalities(named: &[String]) -> &'static [&'static str] {
    match named.first().map(String::as_str) {
        Some("image") => &["text", "image"],
        Some("audio") => &["text", "audio"],
        Some("video") => &["text", "video"],
        _ => &[],
    }
}

impl Desk {
    /// Begins the sessions of the next arrival.
    pub(super) fn begin(&mut self, setting: &Setting) {
        let time = self.arrival;
        self.next_arrival(setting);
        let sigma = self.parameters.burst_sigma_ms;
        for place in 0..self.parameters.burst_size {
            let shift = if place == 0 { 0.0 } else { (sigma * self.rng.normal()).abs() };
            self.begin_one(setting, time + shift as i64);
        }
    }

    fn begin_one(&mut self, setting: &Setting, time: i64) {
        let seed = key(&[self.key, 0x5E, self.begun]);
        self.begun += 1;
        let Some(account) = self.account(time) else { return };
        let Some(client) = self.client(setting, time, account) else { return };
        let [least, most] = self.parameters.turns;
        let turns = self.rng.between(least as i64, most as i64) as u32;
        let customer = &self.clients[client];
        let work = customer.workload.work;
        // A stored session is gone on with from where its recording ended.
        let first = if work == Work::Resume { 3 + (seed % 9) as u32 } else { 0 };
        let chosen = match (work, self.parameters.personas) {
            (Work::Probe, _) => self.begun,
            (_, true) => account_key(self.key, account, 0x30),
            (_, false) => self.rng.bits(),
        };
        let wordings = customer.workload.wordings;
        let wording = chosen % wordings + customer.generation * wordings;
        let quoted = self.earlier(client, time);
        self.live.push(Reverse(Session {
            time,
            seed,
            client,
            account,
            turn: first,
            first,
            last: first + turns,
            wording,
            bound: time,
            moves: 0,
            failed: 0,
            needs_account: false,
            resumed: false,
            quoted,
        }));
    }

    /// Sees to it that a session has an account; false if it has none now, or is given up.
    pub(super) fn bind(&mut self, session: &mut Session) -> bool {
        let sticky = (self.parameters.sticky_minutes * MINUTE as f64) as i64;
        if !session.needs_account && session.time - session.bound <= sticky {
            return true;
        }
        if !self.parameters.migrates && session.turn > session.first {
            return false;
        }
        let Some(account) = self.account(session.time) else {
            // Nobody is free: it waits, but not for ever.
            session.failed += 1;
            session.time += 5 * MINUTE;
            if session.failed < 24 {
                self.live.push(Reverse(*session));
            }
            return false;
        };
        session.resumed &= account == session.account;
        session.moves += u32::from(account != session.account);
        session.account = account;
        session.bound = session.time;
        session.needs_account = false;
        true
    }

    /// Puts a session back for its next request, or its next try.
    pub(super) fn go_on(&mut self, mut session: Session, status: Status) {
        match status {
            Status::Blocked | Status::Overloaded => {
                session.failed += 1;
                session.needs_account = true;
                let [least, most] = self.parameters.retry_seconds;
                let seconds = least + (most - least) * self.rng.unit();
                session.time += (seconds * SECOND as f64) as i64 + 1;
                if u64::from(session.failed) > self.parameters.tries {
                    return;
                }
            }
            _ => {
                session.failed = 0;
                session.turn += 1;
                session.resumed = true;
                let pause = self.parameters.pause_seconds * SECOND as f64;
                session.time += (pause * (0.4 + 0.6 * self.rng.exponential())) as i64 + SECOND;
            }
        }
        if session.turn < session.last && session.time < self.end {
            self.live.push(Reverse(session));
        }
    }
}
