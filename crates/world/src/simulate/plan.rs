//! What is to be simulated: how many accounts, how long, and which scenarios among them.
//!
//! The defaults of each scenario are its size in the demo of 20,000 accounts; `scaled` fits them to
//! another size. Shares and rates do not scale, only numbers of accounts do.

use std::sync::Arc;

use event::EventTime;
use event::time::HOUR;

use super::Error;
use super::reaction::Reactions;
use super::scenario::{self, Described};
pub use super::typed::{
    AgenticBulk, Classroom, ClientWave, Framework, HotSpare, LoadBalancer, NightlyEvaluation,
};

/// The accounts of the demo whose proportions every other size keeps.
const DEMO_ACCOUNTS: u64 = 20_000;

/// Monday 2026-03-02T00:00:00Z, a day like any other.
const DEMO_START: EventTime = EventTime(1_772_409_600_000);

/// The most accounts on each side.
const LARGEST: u64 = 100_000_000;

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
    /// After whom ordinary accounts are modelled.
    pub people: People,
    /// Platforms that the accounts are spread over; 0: one, which has no name.
    pub tenants: u64,
    /// What else is going on, attacks and look-alikes, each at most once.
    pub scenarios: Vec<Scenario>,
    /// Real prompts for ordinary accounts, where there are any.
    pub texts: Arc<[String]>,
    /// What was decided about accounts, so that they and their operators react.
    pub reactions: Arc<Reactions>,
}

/// After whom ordinary accounts are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// The demo's: busy, so that a day is enough.
    Demo,
    /// Recorded ones, see `calibration`.
    Calibrated,
}

/// An attack (S), an adversary level (L) or a harmless look-alike (N).
#[derive(Clone, Debug, PartialEq)]
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
    /// Any other, as its file says it.
    Described(Box<Described>),
}

impl Plan {
    /// A day with all attacks and look-alikes; `accounts` counts everybody.
    #[must_use]
    pub fn demo(seed: u64, accounts: u64) -> Plan {
        let all = scenario::TYPED.iter().filter_map(|name| Scenario::scaled(name, seed, accounts));
        Plan::around(all.collect(), seed, accounts)
    }

    /// A stream with one built-in scenario, at the size it has on a platform of so many accounts;
    /// `accounts` counts everybody. `demo` is that day, `all` has every look-alike and every attack.
    ///
    /// # Errors
    /// [`Error::UnknownScenario`] for any other name.
    pub fn scenario(name: &str, seed: u64, accounts: u64) -> Result<Plan, Error> {
        if name == "demo" {
            return Ok(Plan::demo(seed, accounts));
        }
        if name == "all" {
            return Plan::all(seed, accounts);
        }
        if let Some(scenario) = Scenario::scaled(name, seed, accounts) {
            return Ok(Plan::around(vec![scenario], seed, accounts));
        }
        let file = scenario::source(name).ok_or_else(|| Error::UnknownScenario(name.to_owned()))?;
        let mut plan = super::scenario_file::read_for(file, Some(accounts))?;
        plan.seed = seed;
        plan.shrink(accounts);
        plan.check()?;
        Ok(plan)
    }

    /// A built-in scenario, or the plan of a file, with one key of its first scenario changed.
    ///
    /// # Errors
    /// Where there is no such scenario or key, or the value is impossible.
    pub fn changed(
        name: &str,
        text: Option<&str>,
        accounts: Option<u64>,
        key: &str,
        value: &str,
    ) -> Result<Plan, Error> {
        let file = text.or(scenario::source(name));
        let file = file.ok_or_else(|| Error::UnknownScenario(name.to_owned()))?;
        let mut plan = super::scenario_file::read_changed(file, accounts, key, value)?;
        if let (None, Some(accounts)) = (text, accounts) {
            plan.shrink(accounts);
        }
        plan.check()?;
        Ok(plan)
    }

    /// The plan of the standing benchmark, or of its small version.
    ///
    /// # Errors
    /// None: a test reads both.
    pub fn world_1(small: bool) -> Result<Plan, Error> {
        Plan::from_toml(if small { scenario::WORLD_1_SMALL } else { scenario::WORLD_1 })
    }

    /// Two days with every attack and every look-alike, but no adversary level.
    fn all(seed: u64, accounts: u64) -> Result<Plan, Error> {
        let mut scenarios = Vec::new();
        for name in scenario::NAMES.iter().filter(|name| !name.starts_with('L')) {
            scenarios.push(Scenario::named(name, seed, toml::Table::new())?);
        }
        let plan = Plan::around(scenarios, seed, accounts);
        let mut plan = Plan { hours: 48, people: People::Calibrated, ..plan };
        plan.shrink(accounts);
        plan.check()?;
        Ok(plan)
    }

    /// Brings the scenarios down (or up) to a platform of so many accounts, who count everybody.
    fn shrink(&mut self, accounts: u64) {
        for scenario in &mut self.scenarios {
            if let Scenario::Described(described) = scenario {
                **described = described.as_ref().clone().scaled(accounts, DEMO_ACCOUNTS);
            }
        }
        let taken: u64 = self.scenarios.iter().map(Scenario::accounts).sum();
        self.accounts = accounts.saturating_sub(taken).max(1);
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
            people: People::Demo,
            tenants: 0,
            scenarios,
            texts: Arc::from(Vec::new()),
            reactions: Arc::default(),
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
        require(everybody <= LARGEST, "accounts must be at most 100 million in all")?;
        require(self.tenants < 100, "tenants must be below 100")?;
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
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Scenario::S1(_) => "S1",
            Scenario::S3(_) => "S3",
            Scenario::S5(_) => "S5",
            Scenario::N1(_) => "N1",
            Scenario::N3(_) => "N3",
            Scenario::N5(_) => "N5",
            Scenario::N7(_) => "N7",
            Scenario::Described(described) => &described.name,
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
            Scenario::Described(described) => described.accounts(),
        }
    }

    /// The scenario that a table of a file describes: a built-in one with its changes, or a new one.
    ///
    /// # Errors
    /// [`Error::File`] that names the key, [`Error::UnknownScenario`] for a name without groups.
    pub(super) fn named(name: &str, seed: u64, changes: toml::Table) -> Result<Scenario, Error> {
        if let Some(scenario) = Scenario::typed(name, seed, &changes)? {
            return Ok(scenario);
        }
        let builtin = scenario::table(name)?;
        if builtin.is_none() && !changes.contains_key("group") {
            return Err(Error::UnknownScenario(name.to_owned()));
        }
        let mut table = builtin.unwrap_or_default();
        scenario::lay_over(&mut table, changes);
        Ok(Scenario::Described(Box::new(Described::read(table)?)))
    }

    fn typed(name: &str, seed: u64, changes: &toml::Table) -> Result<Option<Scenario>, Error> {
        fn read<T: serde::de::DeserializeOwned>(
            name: &str,
            changes: &toml::Table,
        ) -> Result<T, Error> {
            let mut table = changes.clone();
            table.remove("name");
            table.try_into().map_err(|error: toml::de::Error| {
                Error::File(format!("scenario {name}: {}", error.message().trim_end()))
            })
        }
        Ok(Some(match name {
            "S1" => Scenario::S1(read(name, changes)?),
            "S3" => Scenario::S3(read(name, changes)?),
            "S5" => Scenario::S5(read(name, changes)?),
            "N1" => Scenario::N1(read(name, changes)?),
            "N3" => Scenario::N3(read(name, changes)?),
            "N5" => Scenario::N5(read(name, changes)?),
            "N7" if changes.contains_key("announced") => Scenario::N7(read(name, changes)?),
            "N7" => {
                let n7: ClientWave = read(name, changes)?;
                Scenario::N7(ClientWave { announced: seed.is_multiple_of(2), ..n7 })
            }
            _ => return Ok(None),
        }))
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
            Scenario::Described(described) => described.check(hours),
        }
    }
}

fn rate(rate: f64, name: &str) -> Result<(), Error> {
    require(
        rate > 0.0 && rate <= 10_000.0,
        &format!("{name}: requests_per_account must be above 0 and at most 10000"),
    )
}
