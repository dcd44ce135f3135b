//! A relay: how an operator spreads its customers' requests over accounts, and what it does when
//! accounts are refused.
//!
//! The defaults are those of published relay programs: the account that rested longest, sessions
//! that stay for an hour, a second try elsewhere within seconds, a minute's rest after an error.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Group, require, share};

/// An operator's scheduler.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    /// The groups it uses. The first works; each other takes over when those before are banned.
    pub pools: Vec<String>,
    /// Whether all pools work from the start.
    pub together: bool,
    /// Requests that it sends in a day, per working account.
    pub requests_per_account: f64,
    /// Whose turn it is.
    pub order: Order,
    /// How unequal accounts are used where the order is `skewed`: exponent of their rank.
    pub skew: f64,
    /// How long a session stays with one account, in minutes.
    pub sticky_minutes: f64,
    /// Whether a session that must move takes its history along; else it is given up.
    pub migrates: bool,
    /// Whether the ids of earlier answers are replaced by others on the way.
    pub rewrites_ids: bool,
    /// Fewest and most requests of a session.
    pub turns: [u64; 2],
    /// Mean pause between two requests of a session, in seconds.
    pub pause_seconds: f64,
    /// Requests sent at once; 1: each when it comes.
    pub burst_size: u64,
    /// Standard deviation of their times, in milliseconds.
    pub burst_sigma_ms: f64,
    /// How much the traffic follows waking hours: 0 not at all, 1 as people's.
    pub day_rhythm: f64,
    /// When it begins, in hours of the stream.
    pub from_hour: f64,
    /// Hours until it works at its full rate.
    pub ramp_hours: f64,
    /// Tries of a request on other accounts, after an error.
    pub tries: u64,
    /// Seconds until the next try, least and most.
    pub retry_seconds: [f64; 2],
    /// Seconds that an account rests after an error; 0: none.
    pub cooldown_seconds: f64,
    /// Share of each pool that is opened only to replace banned accounts.
    pub reserve_share: f64,
    /// Minutes from a ban until the replacement works, least and most.
    pub replace_minutes: [f64; 2],
    /// Share of a working pool whose ban brings in the next pool.
    pub takeover_share: f64,
    /// Hours until it does.
    pub takeover_hours: f64,
    /// Hours an account is used before it is dropped for good; 0: for ever.
    pub rotate_hours: f64,
    /// Share of the harvest that turns to a new model.
    pub pivot_share: f64,
    /// Hours after the release in which it does.
    pub pivot_hours: f64,
    /// Whether it tells wordings apart by their success and drops those that are refused.
    pub adapts: bool,
    /// Whether each account keeps to clients and topics of its own.
    pub personas: bool,
    /// Whether it calls from its own client and network, beside the owner's (stolen keys).
    pub own_client: bool,
    /// Whose requests it carries, by name.
    pub client: BTreeMap<String, Workload>,
}

impl Default for Relay {
    fn default() -> Relay {
        Relay {
            pools: Vec::new(),
            together: false,
            requests_per_account: 40.0,
            order: Order::LeastRecent,
            skew: 0.0,
            sticky_minutes: 60.0,
            migrates: true,
            rewrites_ids: false,
            turns: [1, 7],
            pause_seconds: 50.0,
            burst_size: 1,
            burst_sigma_ms: 350.0,
            day_rhythm: 0.0,
            from_hour: 0.0,
            ramp_hours: 0.0,
            tries: 3,
            retry_seconds: [2.0, 10.0],
            cooldown_seconds: 60.0,
            reserve_share: 0.0,
            replace_minutes: [5.0, 1_440.0],
            takeover_share: 0.5,
            takeover_hours: 3.0,
            rotate_hours: 0.0,
            pivot_share: 0.0,
            pivot_hours: 24.0,
            adapts: false,
            personas: false,
            own_client: false,
            client: BTreeMap::new(),
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The account that rested longest.
    LeastRecent,
    /// One after the other, always in the same order.
    RoundRobin,
    /// Any.
    Random,
    /// Any, some far more often than others.
    Skewed,
}

/// What a client of a relay wants.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workload {
    /// Its share of the relay's sessions.
    pub share: f64,
    /// What it asks.
    pub work: Work,
    /// Whether that is harvest.
    pub harvest: bool,
    /// Different wordings of its prompts.
    pub wordings: u64,
    /// Share of the words of a prompt that are replaced by chance, request by request.
    pub word_noise: f64,
    /// Whether each request is worded anew.
    pub paraphrased: bool,
    /// People behind it.
    pub users: u64,
    /// Share of its sessions in another language than English.
    pub foreign_share: f64,
    /// When it begins, in hours of the stream.
    pub from_hour: f64,
    /// When it ends; 0: with the stream.
    pub to_hour: f64,
    /// Share of its sessions that begin with somebody's earlier answer.
    pub quotes: f64,
    /// How old that answer is, in minutes, least and most.
    pub quote_minutes: [f64; 2],
    /// Share of its requests that the model declines.
    pub refusal_share: f64,
    /// What is sent beside text: image, audio, video.
    pub modalities: Vec<String>,
}

impl Default for Workload {
    fn default() -> Workload {
        Workload {
            share: 1.0,
            work: Work::Organic,
            harvest: true,
            wordings: 4,
            word_noise: 0.0,
            paraphrased: false,
            users: 1,
            foreign_share: 0.0,
            from_hour: 0.0,
            to_hour: 0.0,
            quotes: 0.0,
            quote_minutes: [1.0, 240.0],
            refusal_share: 0.004,
            modalities: Vec::new(),
        }
    }
}

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// What people ask, each for themselves.
    Organic,
    /// What people ask of a coding agent.
    Coding,
    /// The reasoning behind an answer that is sent along.
    Reasoning,
    /// A grade by a rubric.
    Judge,
    /// A harmless version of a delicate text.
    Rewrite,
    /// Long tasks with tools.
    Orchestrate,
    /// A fixed prompt that puts the reasoning between tags.
    Trace,
    /// The reasoning of an earlier session, brought up in a new one.
    Expand,
    /// Cleaning of answers that were got before.
    Clean,
    /// Others' stored sessions, gone on with from the middle.
    Resume,
    /// One technique after another, to see which works.
    Probe,
    /// New tasks and their checkers, each only once.
    Tasks,
    /// Prompts of people that are public.
    Public,
    /// What a picture, a sound or a film shows.
    Media,
}

impl Relay {
    /// What keeps it from being simulated, with the key first.
    pub(super) fn check(&self, hours: f64, groups: &BTreeMap<String, Group>) -> Result<(), String> {
        require(!self.pools.is_empty(), "pools names no group")?;
        for pool in &self.pools {
            require(groups.contains_key(pool), &format!("pools: there is no group {pool:?}"))?;
        }
        let rate = self.requests_per_account > 0.0 && self.requests_per_account <= 20_000.0;
        require(rate, "requests_per_account must be above 0 and at most 20000")?;
        let turns = self.turns[0] > 0 && self.turns[0] <= self.turns[1] && self.turns[1] <= 100;
        require(turns, "turns must be two numbers from 1 to 100, the smaller first")?;
        require(self.burst_size > 0, "burst_size must be at least 1")?;
        require(self.from_hour >= 0.0 && self.from_hour < hours, "from_hour is after the end")?;
        for (pair, key) in
            [(self.retry_seconds, "retry_seconds"), (self.replace_minutes, "replace_minutes")]
        {
            require(0.0 <= pair[0] && pair[0] <= pair[1], &format!("{key}: least, then most"))?;
        }
        for (value, key) in [
            (self.day_rhythm, "day_rhythm"),
            (self.reserve_share, "reserve_share"),
            (self.takeover_share, "takeover_share"),
            (self.pivot_share, "pivot_share"),
        ] {
            share(value, key)?;
        }
        require((0.0..=3.0).contains(&self.skew), "skew must lie between 0 and 3")?;
        require(!self.client.is_empty(), "client: nobody's requests are carried")?;
        let sum: f64 = self.client.values().map(|client| client.share).sum();
        require(sum > 0.0, "client: the shares are all 0")?;
        self.client.iter().try_for_each(|(name, client)| {
            client.check(hours).map_err(|reason| format!("client.{name}.{reason}"))
        })
    }
}

impl Workload {
    fn check(&self, hours: f64) -> Result<(), String> {
        require(self.share >= 0.0, "share is negative")?;
        require(self.wordings > 0, "wordings must be at least 1")?;
        require(self.users > 0, "users must be at least 1")?;
        for (value, key) in [
            (self.word_noise, "word_noise"),
            (self.foreign_share, "foreign_share"),
            (self.quotes, "quotes"),
            (self.refusal_share, "refusal_share"),
        ] {
            share(value, key)?;
        }
        let order = 0.0 <= self.quote_minutes[0] && self.quote_minutes[0] <= self.quote_minutes[1];
        require(order, "quote_minutes: least, then most")?;
        let window = self.to_hour == 0.0 || self.from_hour < self.to_hour;
        require(self.from_hour < hours && window, "from_hour must lie before to_hour and the end")
    }
}
