//! A group: accounts that are alike in what they do, where they come from and who pays for them.
//!
//! Every key has a default, which is what everybody on the platform does.

use serde::Deserialize;

use super::{require, share};

/// Accounts that are alike.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// How many, on a platform of 20,000 accounts.
    pub accounts: u64,
    /// What the truth says of them.
    pub role: Role,
    /// What they say.
    pub says: Says,
    /// How they use the platform: talk, application, private, agent, machine.
    pub uses: Program,
    /// Mean requests of an account in a day, of its own accord; 0: only a relay uses it.
    pub requests_per_day: f64,
    /// How much accounts differ in that: sigma of the logarithm.
    pub spread: f64,
    /// When.
    pub rhythm: Rhythm,
    /// Beginning of the window of `window` and `nightly`, in hours (of the stream; of the day).
    pub from_hour: f64,
    /// Its end.
    pub to_hour: f64,
    /// Median pause between two requests of a session, in seconds; 0: as everybody.
    pub pause_seconds: f64,
    /// Share of requests that the model declines.
    pub refusal_share: f64,
    /// Share of requests that the platform has no room for, within the window.
    pub overload_share: f64,
    /// Share of accounts that speak another language than English.
    pub foreign_share: f64,
    /// People behind each account, who are named in the requests; 0: not named.
    pub end_users: u64,
    /// Where they call from.
    pub network: Network,
    /// Addresses that a shared network has for each organisation, or the whole group.
    pub exits: u64,
    /// ISO codes of where they are; empty: anywhere.
    pub countries: Vec<String>,
    /// Whether requests show a client at all: gateways strip it.
    pub client_shown: bool,
    /// Accounts of one organisation; 0: each stands alone.
    pub organization_seats: u64,
    /// When they signed up.
    pub signup: Signup,
    /// When the first did, in hours of the stream.
    pub signup_hour: f64,
    /// Seconds between two sign-ups of `farm` and `crowd`.
    pub signup_gap_seconds: f64,
    /// The programme they came by: education, startup, security_research, free_credit, none.
    pub program: String,
    /// Institutions they name, if the programme has any.
    pub institutions: u64,
    /// What kind of mail address they use.
    pub mail: Mail,
    /// Domains they spread over, for kinds that have their own.
    pub mail_domains: u64,
    /// Share of accounts that pay.
    pub pays: f64,
    /// Whose cards.
    pub payer: Payer,
    /// How many cards, for kinds that share them.
    pub cards: u64,
    /// What they told the platform they do: reseller, evaluation, licensed_distillation, …
    pub declared_use: String,
    /// When the platform bans most of them, in hours; 0: it does not.
    pub ban_hour: f64,
    /// Share that the ban misses.
    pub survivor_share: f64,
    /// Share of the accounts that the platform bans every day, for reasons of its own.
    pub bans_per_day: f64,
    /// Share of the accounts whose address a partner's indicator names.
    pub named_by_partner: f64,
    /// The platform they are customers of, where there are several: 1, 2, …; 0: any.
    pub tenant: u64,
}

impl Default for Group {
    fn default() -> Group {
        Group {
            accounts: 0,
            role: Role::Benign,
            says: Says::Own,
            uses: Program::Everybody,
            requests_per_day: 0.0,
            spread: 1.25,
            rhythm: Rhythm::Day,
            from_hour: 0.0,
            to_hour: 0.0,
            pause_seconds: 0.0,
            refusal_share: 0.004,
            overload_share: 0.0,
            foreign_share: 0.0,
            end_users: 0,
            network: Network::Everybody,
            exits: 1,
            countries: Vec::new(),
            client_shown: true,
            organization_seats: 0,
            signup: Signup::Everybody,
            signup_hour: 0.0,
            signup_gap_seconds: 0.0,
            program: String::new(),
            institutions: 0,
            mail: Mail::Everybody,
            mail_domains: 1,
            pays: 0.35,
            payer: Payer::Own,
            cards: 1,
            declared_use: String::new(),
            ban_hour: 0.0,
            survivor_share: 0.0,
            bans_per_day: 0.0,
            named_by_partner: 0.0,
            tenant: 0,
        }
    }
}

/// What the truth says of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// All it carries is harvest.
    Harvest,
    /// It belongs to an operation and carries its customers' requests too.
    Pool,
    /// Its owner has no part in the campaign it stands next to.
    Bystander,
    /// It has nothing to do with any.
    Benign,
}

impl Role {
    /// As the truth writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Harvest => "harvest",
            Role::Pool => "pool",
            Role::Bystander => "bystander",
            Role::Benign => "benign",
        }
    }

    /// Whether it belongs to an operation.
    #[must_use]
    pub fn attacks(self) -> bool {
        matches!(self, Role::Harvest | Role::Pool)
    }
}

/// How an account uses the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words are those of `person::Habit`")]
pub enum Program {
    Everybody,
    Talk,
    Application,
    Private,
    Agent,
    Machine,
}

/// What an account says, of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// What it cares about, as everybody.
    Own,
    /// One assignment or starter kit of the whole group, with an attempt of its own.
    Assignment,
    /// Its organisation's rubric, over the same items every day.
    Rubric,
    /// Its organisation's template, with data in its slots.
    Template,
    /// One famous system prompt with tools, and tasks of its own.
    Framework,
    /// One client's system prompt of many thousand words, and tasks of its own.
    Editor,
    /// One prompt that went round, word for word.
    Viral,
    /// Items of one public test set.
    Benchmark,
    /// Asks for decisions to be explained step by step.
    Explain,
    /// Asks for delicate texts to be translated or put mildly.
    Soften,
    /// Tries what the model refuses.
    RedTeam,
    /// Brings along a transcript that somebody else published.
    Transcript,
    /// Wants JSON with a field for the reasoning.
    Game,
    /// The same few words, day and night.
    Robot,
    /// Teaches a model of its own under contract.
    Licensed,
    /// Sends the harvest prompts that a campaign published, and its transcripts.
    Framed,
}

/// When an account is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// In its country's waking hours.
    Day,
    /// Day and night alike.
    Flat,
    /// Between two hours of the stream.
    Window,
    /// Between two hours of every day.
    Nightly,
}

/// Where an account calls from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// As everybody: homes, telephones, clouds.
    Everybody,
    /// A few addresses of a building, for each organisation or the group.
    Building,
    /// A few servers, for each organisation or the group.
    Servers,
    /// A home of its own for each account.
    Home,
    /// A few exits that many thousand strangers share, other ones each day.
    Vpn,
    /// Another cloud address for each conversation.
    Ephemeral,
    /// Each account from many homes at once.
    Many,
}

/// When accounts were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signup {
    /// A few per cent of them lately, as everybody.
    Everybody,
    /// All of them before the stream.
    Before,
    /// All of them around one hour, by chance.
    Crowd,
    /// All of them from one hour on, one after another.
    Farm,
}

/// What mail address an account uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mail {
    /// As everybody.
    Everybody,
    /// Its institution's.
    Campus,
    /// Mostly one that lasts ten minutes.
    Disposable,
    /// One of the group's own domains.
    Domains,
}

/// Who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// The household, as everybody.
    Own,
    /// One of the group's few cards.
    Shared,
    /// A virtual card of its own, all from one issuer.
    Virtual,
    /// The organisation, with one card.
    Organization,
}

const PROGRAMS: [&str; 6] =
    ["", "none", "education", "startup", "security_research", "free_credit"];

impl Group {
    /// What keeps it from being simulated, with the key first.
    pub(super) fn check(&self, hours: f64) -> Result<(), String> {
        require(self.accounts > 0, "accounts must be at least 1")?;
        let rate = (0.0..=20_000.0).contains(&self.requests_per_day);
        require(rate, "requests_per_day must lie between 0 and 20000")?;
        require((0.0..=3.0).contains(&self.spread), "spread must lie between 0 and 3")?;
        for (value, key) in [
            (self.refusal_share, "refusal_share"),
            (self.overload_share, "overload_share"),
            (self.foreign_share, "foreign_share"),
            (self.survivor_share, "survivor_share"),
            (self.bans_per_day, "bans_per_day"),
            (self.named_by_partner, "named_by_partner"),
            (self.pays, "pays"),
        ] {
            share(value, key)?;
        }
        self.check_window(hours)?;
        let last = self.signup_hour + self.signup_gap_seconds * self.accounts as f64 / 3_600.0;
        let in_time = matches!(self.signup, Signup::Before | Signup::Everybody) || last < hours;
        require(in_time, "signup_gap_seconds: the last would sign up after the end")?;
        require(self.exits > 0, "exits must be at least 1")?;
        require(self.cards > 0, "cards must be at least 1")?;
        require(self.mail_domains > 0, "mail_domains must be at least 1")?;
        require(self.tenant < 100, "tenant must be below 100")?;
        let known = PROGRAMS.contains(&self.program.as_str());
        require(known, &format!("program = {:?}: one of {}", self.program, PROGRAMS.join(", ")))?;
        for code in &self.countries {
            let known = super::super::geography::COUNTRIES.iter().any(|other| other.code == code);
            require(known, &format!("countries: {code:?} is none of the simulated world"))?;
        }
        Ok(())
    }

    fn check_window(&self, hours: f64) -> Result<(), String> {
        let most = match self.rhythm {
            Rhythm::Day | Rhythm::Flat => {
                return require(self.ban_hour >= 0.0, "ban_hour is negative");
            }
            Rhythm::Window => hours,
            Rhythm::Nightly => 24.0,
        };
        require(
            self.from_hour >= 0.0 && self.from_hour < self.to_hour && self.to_hour <= most,
            &format!(
                "from_hour = {} and to_hour = {}: the window must lie within 0 and {most}",
                self.from_hour, self.to_hour
            ),
        )
    }
}
