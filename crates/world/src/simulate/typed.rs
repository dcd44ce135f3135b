//! The parameters of the scenarios of the demo, whose mechanics are their own.
//!
//! The defaults are their size in a demo of 20,000 accounts.

use serde::Deserialize;

/// S1: a load balancer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadBalancer {
    /// Accounts it deals to.
    pub accounts: u64,
    /// Cards that pay for all of them.
    pub cards: u64,
    /// Requests of an account in a day.
    pub requests_per_account: f64,
    /// Requests sent at once.
    pub burst_size: u64,
    /// Standard deviation of their times, in milliseconds.
    pub burst_sigma_ms: f64,
    /// Share that asks for the reasoning behind a finished answer.
    pub reasoning_share: f64,
    /// Share that grades a candidate answer; the rest rewrites delicate texts.
    pub judge_share: f64,
    /// Share of its accounts that sign up while the stream runs.
    pub new_account_share: f64,
}

impl Default for LoadBalancer {
    fn default() -> LoadBalancer {
        LoadBalancer {
            accounts: 150,
            cards: 8,
            requests_per_account: 45.0,
            burst_size: 30,
            burst_sigma_ms: 350.0,
            reasoning_share: 0.35,
            judge_share: 0.40,
            new_account_share: 0.2,
        }
    }
}

/// S3: agentic bulk with a pivot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgenticBulk {
    /// Accounts of the relay.
    pub accounts: u64,
    /// Requests of an account in a day.
    pub requests_per_account: f64,
    /// How long a session stays with one account, in minutes.
    pub sticky_minutes: f64,
    /// Share of its traffic that moves to the new model.
    pub pivot_share: f64,
    /// Hours after the release in which it moves.
    pub pivot_hours: f64,
    /// Share of its accounts that sign up while the stream runs.
    pub new_account_share: f64,
}

impl Default for AgenticBulk {
    fn default() -> AgenticBulk {
        AgenticBulk {
            accounts: 600,
            requests_per_account: 40.0,
            sticky_minutes: 60.0,
            pivot_share: 0.48,
            pivot_hours: 4.0,
            new_account_share: 0.1,
        }
    }
}

/// S5: a fixed prompt with a hot spare.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HotSpare {
    /// Accounts of each of its two pools.
    pub accounts_per_pool: u64,
    /// Requests of an account in a day that it works through.
    pub requests_per_account: f64,
    /// How long a session stays with one account, in minutes.
    pub sticky_minutes: f64,
    /// When the platform bans the first pool, in hours after the start.
    pub ban_hour: f64,
    /// Hours after the ban until the second pool takes over.
    pub takeover_hours: f64,
    /// Share of the first pool that the ban misses.
    pub survivor_share: f64,
    /// Share of the sessions that are other people's ordinary requests.
    pub other_share: f64,
    /// Wordings of the fixed prompt, at most 6.
    pub variants: u64,
    /// Share of its accounts that sign up while the stream runs.
    pub new_account_share: f64,
}

impl Default for HotSpare {
    fn default() -> HotSpare {
        HotSpare {
            accounts_per_pool: 500,
            requests_per_account: 55.0,
            sticky_minutes: 60.0,
            ban_hour: 12.0,
            takeover_hours: 3.0,
            survivor_share: 0.04,
            other_share: 0.15,
            variants: 4,
            new_account_share: 0.15,
        }
    }
}

/// N1: classrooms.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Classroom {
    /// Students, over all classes.
    pub students: u64,
    /// Classes, each with its own campus, hour and assignment.
    pub classes: u64,
}

impl Default for Classroom {
    fn default() -> Classroom {
        Classroom { students: 250, classes: 2 }
    }
}

/// N3: nightly evaluations.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NightlyEvaluation {
    /// Companies, each with its own rubric.
    pub companies: u64,
    /// Accounts of each company.
    pub accounts_per_company: u64,
    /// Requests of each account in a night.
    pub requests_per_account: u64,
    /// When it runs, in hours after the start.
    pub hour: f64,
}

impl Default for NightlyEvaluation {
    fn default() -> NightlyEvaluation {
        NightlyEvaluation {
            companies: 4,
            accounts_per_company: 10,
            requests_per_account: 120,
            hour: 2.0,
        }
    }
}

/// N5: users of an agent framework.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Framework {
    /// Its users.
    pub accounts: u64,
}

impl Default for Framework {
    fn default() -> Framework {
        Framework { accounts: 1_200 }
    }
}

/// N7: a client's release wave.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientWave {
    /// The client's users.
    pub accounts: u64,
    /// When the new version is out, in hours after the start.
    pub hour: f64,
    /// Whether its maker told the platform an hour before.
    pub announced: bool,
}

impl Default for ClientWave {
    fn default() -> ClientWave {
        ClientWave { accounts: 2_000, hour: 14.0, announced: true }
    }
}
