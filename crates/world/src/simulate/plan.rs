//! What is to be simulated: how many accounts, how long, and which scenarios among them.
//!
//! The defaults of each scenario are its size in the demo of 20,000 accounts; `scaled` fits them to
//! another size. Shares and rates do not scale, only numbers of accounts do.

use event::EventTime;
use event::time::HOUR;
use serde::Deserialize;

use super::Error;

/// The accounts of the demo whose proportions every other size keeps.
const DEMO_ACCOUNTS: u64 = 20_000;

/// Monday 2026-03-02T00:00:00Z, a day like any other.
const DEMO_START: EventTime = EventTime(1_772_409_600_000);

/// The names that `Plan::scenario` knows.
pub const SCENARIO_NAMES: [&str; 8] = ["S1", "S3", "S5", "N1", "N3", "N5", "N7", "demo"];

/// Everything that the simulated stream is a function of.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Ordinary accounts, beside those of the scenarios. Each makes at least one request.
    pub accounts: u64,
    /// When the stream begins.
    pub start: EventTime,
    /// How long it lasts.
    pub hours: u32,
    /// Mean requests of an ordinary account in a day.
    pub requests_per_account: f64,
    /// When a new model is released, in hours after the start.
    pub model_release_hour: f64,
    /// What else is going on, attacks and look-alikes, each at most once.
    pub scenarios: Vec<Scenario>,
}

/// An attack (S) or a harmless look-alike (N).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "name")]
pub enum Scenario {
    /// A load balancer deals requests round robin in tight bursts.
    S1(LoadBalancer),
    /// Long tool-using sessions through a relay, which turn to a new model within hours.
    S3(AgenticBulk),
    /// One fixed prompt through a pool that is banned and replaced by a spare one.
    S5(HotSpare),
    /// Students with one assignment behind one address.
    N1(Classroom),
    /// Companies that grade their own models every night.
    N3(NightlyEvaluation),
    /// Strangers who use one famous agent framework.
    N5(Framework),
    /// A client that adds a new text to every request of all its users.
    N7(ClientWave),
}

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

impl Plan {
    /// A day with all attacks and look-alikes; `accounts` counts everybody.
    #[must_use]
    pub fn demo(seed: u64, accounts: u64) -> Plan {
        let all = SCENARIO_NAMES.iter().filter_map(|name| Scenario::scaled(name, seed, accounts));
        Plan::around(all.collect(), seed, accounts)
    }

    /// A day with one scenario, named as in [`SCENARIO_NAMES`]; `accounts` counts everybody.
    ///
    /// # Errors
    /// [`Error::UnknownScenario`] for any other name.
    pub fn scenario(name: &str, seed: u64, accounts: u64) -> Result<Plan, Error> {
        if name == "demo" {
            return Ok(Plan::demo(seed, accounts));
        }
        let scenario = Scenario::scaled(name, seed, accounts)
            .ok_or_else(|| Error::UnknownScenario(name.to_owned()))?;
        Ok(Plan::around(vec![scenario], seed, accounts))
    }

    fn around(scenarios: Vec<Scenario>, seed: u64, accounts: u64) -> Plan {
        let taken: u64 = scenarios.iter().map(Scenario::accounts).sum();
        Plan {
            seed,
            accounts: accounts.saturating_sub(taken).max(1),
            start: DEMO_START,
            hours: 24,
            requests_per_account: 24.0,
            model_release_hour: 9.5,
            scenarios,
        }
    }

    /// A plan as a TOML file says it; what the file leaves out is as in the demo, except that only
    /// the scenarios it lists take place, at the size of a demo of 20,000 accounts unless it says
    /// otherwise.
    ///
    /// ```
    /// let plan = world::simulate::Plan::from_toml(
    ///     r#"
    ///     seed = 7
    ///     accounts = 5000
    ///     start = 2026-03-02T00:00:00Z
    ///     hours = 24
    ///
    ///     [[scenario]]
    ///     name = "S5"
    ///     accounts_per_pool = 120
    ///     ban_hour = 10.5
    ///     "#,
    /// )?;
    /// assert_eq!(plan.scenarios[0].accounts(), 240);
    /// # Ok::<(), world::simulate::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::File`] where the file is no TOML or has a key or value that is not known.
    pub fn from_toml(text: &str) -> Result<Plan, Error> {
        super::scenario_file::read(text)
    }

    /// When the stream ends.
    #[must_use]
    pub fn end(&self) -> EventTime {
        self.start.plus(i64::from(self.hours) * HOUR)
    }

    /// What keeps the plan from being simulated, if anything.
    ///
    /// # Errors
    /// [`Error::Plan`] that names the value.
    pub fn check(&self) -> Result<(), Error> {
        let everybody = self.accounts + self.scenarios.iter().map(Scenario::accounts).sum::<u64>();
        require(self.accounts > 0, "accounts must be at least 1")?;
        require(everybody < u64::from(u32::MAX), "accounts must stay below 4 billion")?;
        require((1..=24 * 366).contains(&self.hours), "hours must be between 1 and 8784")?;
        require(
            self.requests_per_account > 0.0 && self.requests_per_account <= 10_000.0,
            "requests_per_account must be above 0 and at most 10000",
        )?;
        for (index, scenario) in self.scenarios.iter().enumerate() {
            let earlier = &self.scenarios[..index];
            let name = scenario.name();
            require(
                earlier.iter().all(|other| other.name() != name),
                &format!("scenario {name} is there twice"),
            )?;
            scenario.check(f64::from(self.hours))?;
        }
        Ok(())
    }
}

fn require(holds: bool, message: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Plan(message.to_owned())) }
}

impl Scenario {
    /// Its name in [`SCENARIO_NAMES`].
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Scenario::S1(_) => "S1",
            Scenario::S3(_) => "S3",
            Scenario::S5(_) => "S5",
            Scenario::N1(_) => "N1",
            Scenario::N3(_) => "N3",
            Scenario::N5(_) => "N5",
            Scenario::N7(_) => "N7",
        }
    }

    /// How many accounts it has.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        match self {
            Scenario::S1(s1) => s1.accounts,
            Scenario::S3(s3) => s3.accounts,
            Scenario::S5(s5) => 2 * s5.accounts_per_pool,
            Scenario::N1(n1) => n1.students,
            Scenario::N3(n3) => n3.companies * n3.accounts_per_company,
            Scenario::N5(n5) => n5.accounts,
            Scenario::N7(n7) => n7.accounts,
        }
    }

    /// The named scenario in proportion to a platform of that many accounts.
    fn scaled(name: &str, seed: u64, accounts: u64) -> Option<Scenario> {
        let part = |demo: u64, least: u64| (demo * accounts / DEMO_ACCOUNTS).max(least);
        Some(match name {
            "S1" => {
                let s1 = LoadBalancer { accounts: part(150, 20), ..LoadBalancer::default() };
                let cards = (s1.accounts / 19).clamp(3, 12);
                let burst_size = (s1.accounts / 5).max(8);
                Scenario::S1(LoadBalancer { cards, burst_size, ..s1 })
            }
            "S3" => Scenario::S3(AgenticBulk { accounts: part(600, 20), ..AgenticBulk::default() }),
            "S5" => {
                let accounts_per_pool = part(500, 15);
                Scenario::S5(HotSpare { accounts_per_pool, ..HotSpare::default() })
            }
            "N1" => {
                let students = part(250, 30);
                Scenario::N1(Classroom { students, classes: students.div_ceil(200) })
            }
            "N3" => {
                let companies = part(4, 1);
                Scenario::N3(NightlyEvaluation { companies, ..NightlyEvaluation::default() })
            }
            "N5" => Scenario::N5(Framework { accounts: part(1_200, 10) }),
            "N7" => {
                let announced = seed.is_multiple_of(2);
                let accounts = part(2_000, 10);
                Scenario::N7(ClientWave { accounts, announced, ..ClientWave::default() })
            }
            _ => return None,
        })
    }

    fn check(&self, hours: f64) -> Result<(), Error> {
        require(self.accounts() > 0, &format!("{} has no accounts", self.name()))?;
        match self {
            Scenario::S1(s1) => {
                require(
                    s1.cards > 0 && s1.burst_size > 0,
                    "S1: cards, burst_size must be above 0",
                )?;
                require(s1.reasoning_share + s1.judge_share <= 1.0, "S1: the shares exceed 1")?;
                rate(s1.requests_per_account, "S1")
            }
            Scenario::S3(s3) => rate(s3.requests_per_account, "S3"),
            Scenario::S5(s5) => {
                let end = s5.ban_hour + s5.takeover_hours;
                require(
                    s5.ban_hour > 0.0 && end < hours,
                    "S5: the spare takes over after the end",
                )?;
                require((1..=6).contains(&s5.variants), "S5: variants must be between 1 and 6")?;
                rate(s5.requests_per_account, "S5")
            }
            Scenario::N1(n1) => require(n1.classes > 0, "N1: classes must be above 0"),
            Scenario::N3(n3) => {
                require(n3.hour >= 0.0 && n3.hour + 0.5 < hours, "N3: hour lies outside the plan")?;
                require(n3.requests_per_account > 0, "N3: requests_per_account must be above 0")
            }
            Scenario::N5(_) => Ok(()),
            Scenario::N7(n7) => {
                require(n7.hour >= 1.0 && n7.hour < hours, "N7: hour lies outside the plan")
            }
        }
    }
}

fn rate(rate: f64, name: &str) -> Result<(), Error> {
    require(
        rate > 0.0 && rate <= 10_000.0,
        &format!("{name}: requests_per_account must be above 0 and at most 10000"),
    )
}
