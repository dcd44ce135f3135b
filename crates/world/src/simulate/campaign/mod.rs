//! The campaigns: schedulers that spread one operator's requests over many accounts.
//!
//! A campaign is one source of requests in time order, whose state grows with the sessions that are
//! under way and not with the length of the stream.

mod agentic_bulk;
mod hot_spare;
mod load_balancer;
pub mod pool;
pub mod templates;

use event::time::MINUTE;

use super::client::{client, place};
use super::dialogue::Dialogue;
use super::exchange::{Exchange, Extras, Status};
use super::facts::Fact;
use super::group;
use super::person::habit;
use super::population::{Segment, account_unit};
use super::random::key;
use super::setting::Setting;

pub use agentic_bulk::AgenticBulk;
pub use hot_spare::HotSpare;
pub use load_balancer::LoadBalancer;

/// One operator's source of requests.
pub trait Campaign {
    /// When its next request is answered, if it makes another.
    fn next_time(&self) -> Option<i64>;

    /// Makes that request.
    fn step<'s>(&mut self, setting: &'s Setting) -> Happening<'s>;
}

/// What a campaign does: a request, or what an account needs before.
pub enum Happening<'s> {
    /// A request.
    Exchange(Box<Exchange<'s>>),
    /// A sign-up or payment of an account that was not there from the start.
    Fact(Fact),
    /// Something that nobody sees.
    Nothing,
}

/// The campaigns of a plan.
#[must_use]
pub fn campaigns(setting: &Setting) -> Vec<Box<dyn Campaign>> {
    let mut all: Vec<Box<dyn Campaign>> = Vec::new();
    if let Some(parameters) = setting.load_balancer() {
        all.push(Box::new(LoadBalancer::new(setting, parameters.clone())));
    }
    if let Some(parameters) = setting.agentic_bulk() {
        all.push(Box::new(AgenticBulk::new(setting, parameters.clone())));
    }
    if let Some(parameters) = setting.hot_spare() {
        all.push(Box::new(HotSpare::new(setting, parameters.clone())));
    }
    all.extend(super::relay::relays(setting));
    all
}

/// When an account of a campaign is there to be used: from the start for most, after its sign-up
/// for those that are opened while the stream runs (in its first half).
#[must_use]
pub fn joined(setting: &Setting, account: u32) -> Option<i64> {
    let (block, _) = setting.population.place(account);
    if let Segment::Group(_) = block.segment {
        return group::signup_time(setting, account).map(|time| time + 12 * MINUTE);
    }
    let (share, latest) = match block.segment {
        Segment::LoadBalancer => (setting.load_balancer()?.new_account_share, 0.5),
        Segment::AgenticBulk => (setting.agentic_bulk()?.new_account_share, 0.5),
        Segment::FirstPool => {
            let s5 = setting.hot_spare()?;
            (s5.new_account_share, s5.ban_hour / f64::from(setting.plan.hours) * 0.5)
        }
        // The spare is bought while the first pool works.
        Segment::SecondPool => {
            let s5 = setting.hot_spare()?;
            (s5.new_account_share, s5.ban_hour / f64::from(setting.plan.hours))
        }
        _ => return None,
    };
    let draw = account_unit(setting.seed(), account, 0x101);
    let when = account_unit(setting.seed(), account, 0x102) * latest;
    // The first account is there from the start, so that no operator is ever without any.
    (draw < share && account != block.first)
        .then(|| setting.start + (when * setting.span() as f64) as i64)
}

/// What a campaign says of a request; the account's own traits are added here.
struct Dispatch<'s> {
    account: u32,
    time: i64,
    dialogue: Dialogue<'s>,
    turn: u32,
    /// How often the session has moved to another account.
    moves: u32,
    /// Whether the turn before came from the same account.
    resumed: bool,
    model: &'static str,
    status: Status,
    harvest: bool,
}

impl<'s> Dispatch<'s> {
    fn exchange(self, setting: &'s Setting) -> Exchange<'s> {
        let (block, _) = setting.population.place(self.account);
        let segment = block.segment;
        let habit = habit(setting, self.account, segment);
        let place = place(setting, self.account, segment, habit);
        // The platform names conversations per account, so a session that moves gets a new name.
        let conversation = key(&[self.dialogue.seed, self.account.into(), self.moves.into()]);
        Exchange {
            account: self.account,
            time: self.time,
            turn: self.turn,
            conversation,
            resumed: self.resumed,
            model: self.model,
            status: self.status,
            channel: place.software.channel,
            client: Some(client(setting, self.account, segment, &place, conversation, self.time)),
            harvest_of: setting.population.campaign(segment).filter(|_| self.harvest),
            extras: Extras::default(),
            dialogue: self.dialogue,
        }
    }
}
