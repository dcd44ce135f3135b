//! Ordinary accounts: people, their programs, and the harmless look-alikes among them.
//!
//! A person's day is drawn lazily: how many sessions, when each begins and how long it is are
//! functions of the account, and the state between two requests is a few numbers.

use event::time::{HOUR, MINUTE, SECOND};

use super::calibration;
use super::client::{Place, client, place};
use super::exchange::{Exchange, Extras, Status};
use super::geography::busy_time;
use super::group;
use super::population::{Segment, account_key, account_unit};
use super::prompts;
use super::random::{Rng, exp, key, unit_of};
use super::setting::Setting;

/// How an account uses the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Talks.
    Chat,
    /// Talks through a popular application with its system prompt.
    Application,
    /// Talks with a system prompt of its own.
    Private,
    /// Lets an agent work with tools.
    Agent,
    /// Runs a program day and night, with a template of its own.
    Machine,
}

/// The spread of how much accounts do (sigma of the logarithm), and the mean over the median.
const RATE_SPREAD: f64 = 1.25;
const MEAN_OVER_MEDIAN: f64 = 2.184;

/// Where a person is in their day.
#[derive(Clone, Debug)]
pub struct Person {
    account: u32,
    /// When the next request is answered.
    pub next: i64,
    session: i64,
    conversation: u32,
    left: u16,
    turn: u8,
    turns: u8,
}

/// What is needed of an account to make its requests.
struct Account {
    number: u32,
    segment: Segment,
    index: u32,
    habit: Habit,
    place: Place,
    requests: f64,
}

impl Person {
    /// An account before its first request; none if it makes none before the end.
    #[must_use]
    pub fn new(setting: &Setting, number: u32) -> Option<Person> {
        let account = Account::new(setting, number);
        let session = i64::MIN;
        let mut person = Person {
            account: number,
            next: 0,
            session,
            conversation: 0,
            left: 0,
            turn: 0,
            turns: 0,
        };
        person.start_session(setting, &account).then_some(person)
    }

    /// Makes the request that is due and goes on to the next; false if there is none.
    pub fn step<'s>(&mut self, setting: &'s Setting) -> (Exchange<'s>, bool) {
        let account = Account::new(setting, self.account);
        let exchange = self.exchange(setting, &account);
        let goes_on = match exchange.status {
            Status::Blocked => false,
            Status::Overloaded => {
                self.next += 2 * SECOND + (key(&[self.next as u64, 3]) % 20_000) as i64;
                true
            }
            _ => self.advance(setting, &account),
        };
        (exchange, goes_on && self.next < setting.end)
    }

    fn exchange<'s>(&self, setting: &'s Setting, account: &Account) -> Exchange<'s> {
        let seed = key(&[setting.seed(), 0xD1A, account.number.into(), self.conversation.into()]);
        let mut rng = Rng::new(key(&[seed, 0x57A7, self.next as u64]));
        let member = group::of(setting, account.segment);
        let status = match member {
            _ if setting.refuses(account.number, self.next) => Status::Blocked,
            Some(member) => group::status(setting, member, self.next, &mut rng),
            None => Status::usual(&mut rng),
        };
        let shown = member.is_none_or(|member| member.group.client_shown);
        let people = member.map_or(0, |member| member.group.end_users);
        let person = key(&[setting.seed(), account.number.into(), rng_free(seed) % people.max(1)]);
        let (number, segment) = (account.number, account.segment);
        let brief = prompts::Brief { number, segment, index: account.index, habit: account.habit };
        Exchange {
            account: number,
            time: self.next,
            dialogue: brief.dialogue(setting, seed, self.conversation, self.next),
            turn: self.turn.into(),
            conversation: seed,
            resumed: self.turn > 0,
            model: setting.usual_model(number, self.next),
            status,
            channel: account.place.software.channel,
            client: shown
                .then(|| client(setting, number, segment, &account.place, seed, self.next)),
            harvest_of: None,
            extras: Extras {
                end_user: (people > 0).then(|| format!("user_{person:016x}")),
                ..Extras::default()
            },
        }
    }

    fn advance(&mut self, setting: &Setting, account: &Account) -> bool {
        let mut rng = Rng::new(account_key(setting.seed(), account.number, self.next as u64));
        self.left = self.left.saturating_sub(1);
        self.turn += 1;
        let pause = account.pause(setting, &mut rng);
        if self.left == 0 {
            return self.start_session(setting, account);
        }
        self.next += pause;
        if self.turn >= self.turns {
            self.start_conversation(account, &mut rng);
            self.next += pause;
        }
        true
    }

    /// Goes to the account's next session, which begins at once if its time has already passed.
    fn start_session(&mut self, setting: &Setting, account: &Account) -> bool {
        let starts = (0..account.sessions(setting)).map(|n| account.session_start(setting, n));
        let Some(start) = starts.filter(|&start| start > self.session).min() else {
            return false;
        };
        let mut rng = Rng::new(account_key(setting.seed(), account.number, start as u64 ^ 0x5E));
        let first = self.session == i64::MIN;
        self.session = start;
        self.next = start.max(self.next + 2 * MINUTE);
        self.left = account.session_length(setting, first, &mut rng);
        if !first {
            self.conversation += 1;
        }
        self.turn = 0;
        self.turns = account.turns(&mut rng);
        self.next < setting.end
    }

    fn start_conversation(&mut self, account: &Account, rng: &mut Rng) {
        self.conversation += 1;
        self.turn = 0;
        self.turns = account.turns(rng);
    }
}

/// How an account uses the platform.
#[must_use]
pub fn habit(setting: &Setting, account: u32, segment: Segment) -> Habit {
    let draw = account_unit(setting.seed(), account, 0x4AB17);
    match segment {
        Segment::Framework => Habit::Agent,
        Segment::ClientWave if draw < 0.4 => Habit::Agent,
        Segment::NightlyEvaluation => Habit::Machine,
        Segment::Background | Segment::Group(_) => match own_way(setting, segment, draw) {
            draw if draw < 0.15 => Habit::Machine,
            draw if draw < 0.25 => Habit::Agent,
            draw if draw < 0.45 => Habit::Application,
            draw if draw < 0.53 => Habit::Private,
            _ => Habit::Chat,
        },
        _ => Habit::Chat,
    }
}

fn own_way(setting: &Setting, segment: Segment, draw: f64) -> f64 {
    group::of(setting, segment).map_or(draw, |member| group::habit_draw(member, draw))
}

/// A number of a conversation that no draw of it shares.
fn rng_free(seed: u64) -> u64 {
    key(&[seed, 0xE0])
}

/// When an account's first request is begun, which is after its sign-up.
#[must_use]
pub fn first_session(setting: &Setting, number: u32) -> i64 {
    let account = Account::new(setting, number);
    let starts = (0..account.sessions(setting)).map(|n| account.session_start(setting, n));
    starts.min().unwrap_or(setting.end)
}

impl Account {
    fn new(setting: &Setting, number: u32) -> Account {
        let (block, index) = setting.population.place(number);
        let habit = habit(setting, number, block.segment);
        let place = place(setting, number, block.segment, habit);
        let requests = requests(setting, number, habit);
        Account { number, segment: block.segment, index, habit, place, requests }
    }

    fn sessions(&self, setting: &Setting) -> u32 {
        let each = match (self.segment, self.habit) {
            (Segment::Classroom, _) => return 1 + u32::from(self.number.is_multiple_of(3)),
            (Segment::NightlyEvaluation, _) => return 1,
            (_, Habit::Machine) => 25.0,
            (_, Habit::Agent) => 12.0,
            _ => 7.0,
        };
        if let Some(member) = group::of(setting, self.segment) {
            return group::sessions(setting, member, self.requests, each);
        }
        ((self.requests / each + 0.5) as u32).clamp(1, 40)
    }

    fn session_start(&self, setting: &Setting, session: u32) -> i64 {
        let own = account_key(setting.seed(), self.number, 0x5E55 + u64::from(session));
        let draw = unit_of(own);
        if let Some(member) = group::of(setting, self.segment) {
            return group::session_start(setting, self.number, member, self.place.country, session);
        }
        match self.segment {
            Segment::Classroom if session == 0 => {
                let classes = setting.classroom().map_or(1, |n1| n1.classes);
                let class = u64::from(self.index) % classes;
                let lesson = 8 + (key(&[setting.seed(), 0xC1A5, class]) % 9) as i64;
                // By the campus's clock, but early enough that the lesson ends within the day.
                let hour = (lesson - self.place.country.offset).rem_euclid(24).min(21);
                let start = setting.start + hour * HOUR % setting.span();
                start + (draw * (70 * MINUTE) as f64) as i64
            }
            Segment::NightlyEvaluation => {
                let hour = setting.nightly_evaluation().map_or(2.0, |n3| n3.hour);
                let company = u64::from(self.index / setting.company_size());
                let shift = (key(&[setting.seed(), 0x417, company]) % 20) as i64 * MINUTE;
                setting.at_hour(hour) + shift + (draw * 3_000.0) as i64
            }
            _ if self.habit == Habit::Machine && self.leaves_no_night(setting, session) => {
                setting.start + (draw * setting.span() as f64) as i64
            }
            _ => {
                let first_hour = setting.start.div_euclid(HOUR).rem_euclid(24);
                let offset = self.place.country.offset;
                let part = busy_time(draw, first_hour, setting.plan.hours, offset);
                setting.start + (part * setting.span() as f64) as i64
            }
        }
    }

    /// Whether a program's session may fall into any hour. In the demo all of them may; recorded
    /// programs keep to the day by the share that the quietest hour lacks.
    fn leaves_no_night(&self, setting: &Setting, session: u32) -> bool {
        let night = calibration::NIGHT.at(account_unit(setting.seed(), self.number, 0x419));
        !setting.calibrated
            || unit_of(account_key(setting.seed(), self.number, 0x41A + u64::from(session))) < night
    }

    fn session_length(&self, setting: &Setting, first: bool, rng: &mut Rng) -> u16 {
        match self.segment {
            Segment::Classroom if first => rng.between(3, 15) as u16,
            Segment::Classroom => rng.between(1, 2) as u16,
            Segment::NightlyEvaluation => self.requests as u16,
            _ => {
                let mean = self.requests / f64::from(self.sessions(setting));
                (mean * (0.3 + 0.7 * rng.exponential()) + 0.5).clamp(1.0, 4_000.0) as u16
            }
        }
    }

    fn turns(&self, rng: &mut Rng) -> u8 {
        let draw = rng.unit();
        match self.habit {
            Habit::Machine => 1,
            Habit::Agent => rng.between(3, 14) as u8,
            _ if draw < 0.36 => 1,
            _ if draw < 0.64 => 2,
            _ if draw < 0.81 => 3,
            _ if draw < 0.92 => 4,
            _ => rng.between(5, 8) as u8,
        }
    }

    fn burstiness(&self, setting: &Setting) -> f64 {
        let share = account_unit(setting.seed(), self.number, 0xC5);
        spread_of(calibration::BURSTINESS.at(share)).min(1.6)
    }

    /// From one answer to the next within a session.
    fn pause(&self, setting: &Setting, rng: &mut Rng) -> i64 {
        if let Some(pause) = group::of(setting, self.segment).and_then(|m| group::pause(m, rng)) {
            return pause;
        }
        let median = match (self.segment, self.habit) {
            (Segment::NightlyEvaluation, _) => return 6 * SECOND + rng.between(0, 900),
            (_, Habit::Machine) => 7.0,
            (_, Habit::Agent) => 14.0,
            _ => 55.0,
        };
        let spread = if setting.calibrated { self.burstiness(setting) } else { 0.8 };
        ((rng.log_normal(median, spread) * 1_000.0) as i64).clamp(400, 25 * MINUTE)
    }
}

/// The spread of the logarithm that gives a log-normal its coefficient of variation.
fn spread_of(variation: f64) -> f64 {
    super::random::ln(1.0 + variation * variation).sqrt()
}

/// How many requests an account would make in the stream's span.
fn requests(setting: &Setting, account: u32, habit: Habit) -> f64 {
    let (block, _) = setting.population.place(account);
    if let (Segment::NightlyEvaluation, Some(n3)) = (block.segment, setting.nightly_evaluation()) {
        return n3.requests_per_account as f64;
    }
    if let Some(member) = group::of(setting, block.segment) {
        return group::requests(setting, account, member);
    }
    if setting.calibrated {
        return calibrated_requests(setting, account, habit);
    }
    let share = match habit {
        Habit::Machine => 1.9,
        Habit::Agent => 1.5,
        _ => 0.74,
    };
    let median = setting.plan.requests_per_account / MEAN_OVER_MEDIAN * share;
    let mut rng = Rng::new(account_key(setting.seed(), account, 0x4A7E));
    let per_day = rng.log_normal(median, RATE_SPREAD).clamp(0.5, 2_500.0);
    per_day * f64::from(setting.plan.hours) / 24.0
}

/// The same after recorded clients: most accounts do little, few programs do most.
fn calibrated_requests(setting: &Setting, account: u32, habit: Habit) -> f64 {
    let spread = match habit {
        Habit::Machine => calibration::SPREAD_OF_PROGRAMS,
        _ => calibration::SPREAD_OF_PEOPLE,
    };
    let mean = setting.plan.requests_per_account;
    let mut rng = Rng::new(account_key(setting.seed(), account, 0x4A7E));
    let per_day = rng.log_normal(mean / exp(spread * spread / 2.0), spread).min(mean * 400.0);
    per_day * f64::from(setting.plan.hours) / 24.0
}
