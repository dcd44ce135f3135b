//! What is the same for all accounts of one simulated stream: clock, population, shared texts,
//! models and their release, bans.

use event::time::{HOUR, MINUTE};

use super::catalogue::Catalogue;
use super::group;
use super::plan::{
    AgenticBulk, Classroom, ClientWave, HotSpare, LoadBalancer, NightlyEvaluation, People, Plan,
    Scenario,
};
use super::population::{Population, Segment, account_key, account_unit};
use super::random::{Rng, key, unit_of};
use super::reaction::{Hold, Holds};
use super::text::Lexicon;

/// The models on offer before the release, with their shares of the accounts. The strongest is also
/// the most used, or the model alone would give a campaign away.
const MODELS: [(&str, f64); 5] = [
    ("aster-4-pro", 0.32),
    ("aster-4", 0.28),
    ("aster-4-mini", 0.20),
    ("lumen-3-fast", 0.12),
    ("lumen-3", 0.08),
];

/// The strongest model before the release: what campaigns are after.
pub const STRONGEST: &str = "aster-4-pro";

/// The model that is released.
pub const RELEASED: &str = "aster-5";

/// Hours in which everybody's move to the new model levels off.
const ADOPTION_HOURS: f64 = 6.0;

/// Minutes in which a ban of a whole pool is carried out.
pub const SWEEP: i64 = 6 * MINUTE;

/// Everything that all accounts have in common.
pub struct Setting {
    /// The plan.
    pub plan: Plan,
    /// Who there is.
    pub population: Population,
    /// The vocabulary.
    pub lexicon: Lexicon,
    /// The shared texts.
    pub catalogue: Catalogue,
    /// When the stream begins, in milliseconds since the epoch.
    pub start: i64,
    /// When it ends.
    pub end: i64,
    /// When the new model is released.
    pub released: i64,
    /// What of everybody's traffic ends up on the new model: a tenth to a quarter.
    pub adoption: f64,
    /// Whether ordinary accounts are modelled after recorded ones.
    pub calibrated: bool,
    /// What holds accounts back, where decisions were given back.
    pub holds: Holds,
}

impl Setting {
    /// The setting of a plan that was checked.
    #[must_use]
    pub fn new(plan: &Plan) -> Setting {
        let lexicon = Lexicon::new();
        let find = |pick: fn(&Scenario) -> u64| plan.scenarios.iter().map(pick).sum::<u64>();
        let classes = find(|scenario| match scenario {
            Scenario::N1(n1) => n1.classes,
            _ => 0,
        });
        let companies = find(|scenario| match scenario {
            Scenario::N3(n3) => n3.companies,
            _ => 0,
        });
        let population = Population::new(plan);
        let ids = (0..population.total()).map(|account| (account, population.account_id(account)));
        Setting {
            holds: Holds::new(&plan.reactions, ids),
            calibrated: plan.people == People::Calibrated,
            population,
            catalogue: Catalogue::new(plan.seed, &lexicon, classes, companies),
            lexicon,
            start: plan.start.0,
            end: plan.end().0,
            released: plan.start.0 + (plan.model_release_hour * HOUR as f64) as i64,
            adoption: 0.10 + 0.15 * unit_of(key(&[plan.seed, 0xAD0F])),
            plan: plan.clone(),
        }
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.plan.seed
    }

    /// How long the stream lasts, in milliseconds.
    #[must_use]
    pub fn span(&self) -> i64 {
        self.end - self.start
    }

    /// A time so many hours after the start.
    #[must_use]
    pub fn at_hour(&self, hour: f64) -> i64 {
        self.start + (hour * HOUR as f64) as i64
    }

    /// The model an account uses at a time, if it moves as everybody does.
    #[must_use]
    pub fn usual_model(&self, account: u32, time: i64) -> &'static str {
        let hours = (time - self.released) as f64 / HOUR as f64;
        let moved = self.adoption * (hours / ADOPTION_HOURS).min(1.0);
        if account_unit(self.seed(), account, 0xAD) < moved {
            return RELEASED;
        }
        let mut draw = account_unit(self.seed(), account, 0x40DE);
        for (model, share) in MODELS {
            if draw < share {
                return model;
            }
            draw -= share;
        }
        MODELS[0].0
    }

    /// When the platform blocks an account, if it does: the first pool of S5, and one ordinary
    /// account in a thousand, for reasons that have nothing to do with this.
    #[must_use]
    pub fn blocked_at(&self, account: u32) -> Option<i64> {
        let (block, _) = self.population.place(account);
        let draw = account_unit(self.seed(), account, 0xB10C);
        match block.segment {
            Segment::FirstPool => {
                let s5 = self.hot_spare()?;
                let swept = account_key(self.seed(), account, 0x5EE9) % SWEEP as u64;
                let survives = draw < s5.survivor_share;
                (!survives).then(|| self.at_hour(s5.ban_hour) + swept as i64)
            }
            Segment::Group(_) => group::blocked_at(self, account),
            Segment::Background if draw < 0.001 => {
                let mut rng = Rng::new(account_key(self.seed(), account, 0xB10D));
                Some(self.start + rng.below(self.span() as u64) as i64)
            }
            _ => None,
        }
    }

    /// The name of a described campaign, as the plan holds it.
    #[must_use]
    pub fn campaign_named(&self, name: Option<&str>) -> Option<&str> {
        let name = name?;
        self.plan.scenarios.iter().map(Scenario::name).find(|other| *other == name)
    }

    /// Whether an account is refused at a time.
    #[must_use]
    pub fn refuses(&self, account: u32, time: i64) -> bool {
        self.blocked_at(account).is_some_and(|blocked| time > blocked)
            || self.holds.at(account, time) == Hold::Blocked
    }

    /// The platform that an account is a customer of, where there are several.
    #[must_use]
    pub fn tenant(&self, account: u32) -> Option<String> {
        let (block, _) = self.population.place(account);
        let own = self.population.member(block.segment).map_or(0, |member| member.group.tenant);
        match (self.plan.tenants, own) {
            (0, _) => None,
            (tenants, 0) => {
                let draw = account_key(self.seed(), account, 0x7E);
                Some(format!("platform-{}", 1 + draw % tenants))
            }
            (_, own) => Some(format!("platform-{own}")),
        }
    }

    /// How many accounts a company of graders has.
    #[must_use]
    pub fn company_size(&self) -> u32 {
        self.nightly_evaluation().map_or(1, |n3| n3.accounts_per_company.max(1) as u32)
    }

    /// The parameters of S1, if the plan has it.
    #[must_use]
    pub fn load_balancer(&self) -> Option<&LoadBalancer> {
        self.plan.scenarios.iter().find_map(|scenario| match scenario {
            Scenario::S1(s1) => Some(s1),
            _ => None,
        })
    }

    /// The parameters of S3, if the plan has it.
    #[must_use]
    pub fn agentic_bulk(&self) -> Option<&AgenticBulk> {
        self.plan.scenarios.iter().find_map(|scenario| match scenario {
            Scenario::S3(s3) => Some(s3),
            _ => None,
        })
    }

    /// The parameters of S5, if the plan has it.
    #[must_use]
    pub fn hot_spare(&self) -> Option<&HotSpare> {
        self.plan.scenarios.iter().find_map(|scenario| match scenario {
            Scenario::S5(s5) => Some(s5),
            _ => None,
        })
    }

    /// The parameters of N1, if the plan has it.
    #[must_use]
    pub fn classroom(&self) -> Option<&Classroom> {
        self.plan.scenarios.iter().find_map(|scenario| match scenario {
            Scenario::N1(n1) => Some(n1),
            _ => None,
        })
    }

    /// The parameters of N3, if the plan has it.
    #[must_use]
    pub fn nightly_evaluation(&self) -> Option<&NightlyEvaluation> {
        self.plan.scenarios.iter().find_map(|scenario| match scenario {
            Scenario::N3(n3) => Some(n3),
            _ => None,
        })
    }

    /// The parameters of N7, if the plan has it.
    #[must_use]
    pub fn client_wave(&self) -> Option<&ClientWave> {
        self.plan.scenarios.iter().find_map(|scenario| match scenario {
            Scenario::N7(n7) => Some(n7),
            _ => None,
        })
    }
}
