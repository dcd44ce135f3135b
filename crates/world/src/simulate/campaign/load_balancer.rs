//! S1: requests leave in tight bursts, and each goes to the next account in a fixed rotation.
//!
//! A third asks for the reasoning behind an answer that the campaign got earlier. In a rotation
//! that answer came from another account, and its id comes along.

use std::collections::VecDeque;

use event::time::SECOND;

use super::super::dialogue::{Dialogue, Quoted};
use super::super::exchange::Status;
use super::super::plan;
use super::super::population::Segment;
use super::super::prompts::{any_topic, bare};
use super::super::random::{Rng, key};
use super::super::reaction::Hold;
use super::super::setting::{STRONGEST, Setting};
use super::super::text::{Prose, Style};
use super::templates::{JUDGE, REASONING, REWRITE};
use super::{Campaign, Dispatch, Happening, joined};

/// Answers that are kept to be asked about.
const ARCHIVE: usize = 400;

/// How long it goes on with an account that is blocked.
const LEARNS: i64 = 2 * 60 * SECOND;

/// The scheduler of S1.
pub struct LoadBalancer {
    parameters: plan::LoadBalancer,
    rotation: Vec<u32>,
    position: usize,
    burst: VecDeque<i64>,
    burst_time: i64,
    /// The last request so far; a burst never reaches back behind the one before.
    last: i64,
    gap: f64,
    sent: u64,
    archive: VecDeque<(i64, Quoted)>,
    rng: Rng,
    end: i64,
}

impl LoadBalancer {
    /// The scheduler before its first burst.
    #[must_use]
    pub fn new(setting: &Setting, parameters: plan::LoadBalancer) -> LoadBalancer {
        let block = setting.population.block(Segment::LoadBalancer).expect("the plan has S1");
        let mut rotation: Vec<u32> = block.accounts().collect();
        rotation.sort_by_key(|&account| key(&[setting.seed(), 0x107A, account.into()]));
        let days = f64::from(setting.plan.hours) / 24.0;
        let requests = parameters.accounts as f64 * parameters.requests_per_account * days;
        let bursts = (requests / parameters.burst_size as f64).max(1.0);
        let mut balancer = LoadBalancer {
            parameters,
            rotation,
            position: 0,
            burst: VecDeque::new(),
            burst_time: setting.start,
            last: setting.start,
            gap: setting.span() as f64 / bursts,
            sent: 0,
            archive: VecDeque::new(),
            rng: Rng::new(key(&[setting.seed(), 0x51])),
            end: setting.end,
        };
        balancer.load();
        balancer
    }

    /// Draws the times of the next burst.
    fn load(&mut self) {
        let gap = self.gap * (0.4 + 0.6 * self.rng.exponential());
        self.burst_time += gap as i64 + 5 * SECOND;
        let sigma = self.parameters.burst_sigma_ms;
        let mut times: Vec<i64> = (0..self.parameters.burst_size)
            .map(|_| self.burst_time + (sigma * self.rng.normal()) as i64)
            .map(|time| time.max(self.last))
            .collect();
        times.sort_unstable();
        self.last = times.last().copied().unwrap_or(self.last);
        self.burst = times.into_iter().filter(|&time| time < self.end).collect();
    }

    fn account(&mut self, setting: &Setting, time: i64) -> u32 {
        for _ in 0..self.rotation.len() {
            let account = self.rotation[self.position];
            self.position = (self.position + 1) % self.rotation.len();
            let known = setting.holds.at(account, time - LEARNS) == Hold::Blocked;
            if !known && joined(setting, account).is_none_or(|from| from < time) {
                return account;
            }
        }
        self.rotation[0]
    }

    fn dialogue<'s>(&mut self, setting: &'s Setting, time: i64) -> Dialogue<'s> {
        let seed = key(&[setting.seed(), 0x510, self.sent]);
        let topic = any_topic(seed);
        let draw = self.rng.unit();
        let judge = self.parameters.reasoning_share + self.parameters.judge_share;
        let answered = self.archive.iter().take_while(|(at, _)| *at < time - 20 * SECOND).count();
        if draw < self.parameters.reasoning_share && answered > 0 {
            let (_, quoted) = self.archive[self.rng.below(answered as u64) as usize];
            let opening = filled(setting, quoted.topic, seed, &REASONING);
            return Dialogue { quoted: Some(quoted), opening, ..bare(seed, quoted.topic) };
        }
        let opening =
            if draw < judge { judgement(setting, topic, seed) } else { safe(setting, topic, seed) };
        Dialogue { opening, ..bare(seed, topic) }
    }
}

fn filled(setting: &Setting, topic: usize, seed: u64, templates: &[&str]) -> String {
    let mut prose = Prose::new(&setting.lexicon, topic, key(&[seed, 1]));
    let mut text = String::with_capacity(400);
    let template = prose.rng.pick(templates);
    prose.fill(template, &mut text);
    text
}

fn judgement(setting: &Setting, topic: usize, seed: u64) -> String {
    let mut text = filled(setting, topic, seed, &JUDGE);
    let mut prose = Prose::new(&setting.lexicon, topic, seed);
    text.push_str("\nQuestion: ");
    prose.write(Style::Question, 90, &mut text);
    text.push_str("\nCandidate: ");
    prose.write(Style::Statement, 420, &mut text);
    text
}

fn safe(setting: &Setting, topic: usize, seed: u64) -> String {
    let mut text = filled(setting, topic, seed, &REWRITE);
    text.push_str("\n\n");
    Prose::new(&setting.lexicon, topic, seed).write(Style::Statement, 380, &mut text);
    text
}

/// Why models decline what S1 asks.
const REFUSALS: [Option<&str>; 3] = [None, Some("reasoning_extraction"), None];

impl Campaign for LoadBalancer {
    fn next_time(&self) -> Option<i64> {
        self.burst.front().copied()
    }

    fn step<'s>(&mut self, setting: &'s Setting) -> Happening<'s> {
        let time = self.burst.pop_front().expect("the caller saw a next time");
        let account = self.account(setting, time);
        let dialogue = self.dialogue(setting, time);
        let status = match setting.refuses(account, time) {
            true => Status::Blocked,
            false => Status::with_refusals(&mut self.rng, 0.015, &REFUSALS),
        };
        if status == Status::Served && dialogue.quoted.is_none() {
            self.archive.push_back((
                time,
                Quoted { seed: dialogue.seed, topic: dialogue.topic, traced: false },
            ));
            if self.archive.len() > ARCHIVE {
                self.archive.pop_front();
            }
        }
        self.sent += 1;
        if self.burst.is_empty() {
            self.load();
        }
        let (turn, moves, resumed, harvest) = (0, 0, false, true);
        let model = if self.sent.is_multiple_of(2) {
            setting.usual_model(account, time)
        } else {
            STRONGEST
        };
        let dispatch =
            Dispatch { account, time, dialogue, turn, moves, resumed, model, status, harvest };
        Happening::Exchange(Box::new(dispatch.exchange(setting)))
    }
}
