//! The accounts of described scenarios: when they are there, as their group says.
//!
//! What they say is in `speech`, where they call from in `network`, how they signed up and pay in
//! `papers`.

pub mod network;
pub mod papers;
pub mod speech;

use event::time::{DAY, HOUR, MINUTE, SECOND};

use super::exchange::Status;
use super::geography::{Country, busy_time};
use super::population::{Member, Segment, account_key, account_unit};
use super::random::{Rng, exp, key, ln, unit_of};
use super::scenario::{Program, Rhythm, Signup};
use super::setting::{SWEEP, Setting};

/// The group that an account is in, if it is in one.
#[must_use]
pub fn of(setting: &Setting, segment: Segment) -> Option<&Member> {
    setting.population.member(segment)
}

/// Whether accounts of a segment make requests of their own accord.
#[must_use]
pub fn acts(setting: &Setting, segment: Segment) -> bool {
    match segment {
        Segment::Group(_) => of(setting, segment).is_some_and(|m| m.group.requests_per_day > 0.0),
        _ => setting.population.campaign(segment).is_none(),
    }
}

/// The draw that says how an account uses the platform: its group may say so.
#[must_use]
pub fn habit_draw(member: &Member, draw: f64) -> f64 {
    match member.group.uses {
        Program::Everybody => draw,
        Program::Machine => 0.0,
        Program::Agent => 0.2,
        Program::Application => 0.3,
        Program::Private => 0.5,
        Program::Talk => 0.9,
    }
}

/// How many requests an account makes of its own accord in the stream's span.
#[must_use]
pub fn requests(setting: &Setting, account: u32, member: &Member) -> f64 {
    let group = &member.group;
    let mut rng = Rng::new(account_key(setting.seed(), account, 0x4A7E));
    let median = group.requests_per_day / exp(group.spread * group.spread / 2.0);
    let days = match group.rhythm {
        Rhythm::Window => ((group.to_hour - group.from_hour) / 24.0).max(1.0),
        _ => f64::from(setting.plan.hours) / 24.0,
    };
    rng.log_normal(median, group.spread) * days
}

/// How many sessions those make.
#[must_use]
pub fn sessions(setting: &Setting, member: &Member, requests: f64, each: f64) -> u32 {
    match member.group.rhythm {
        Rhythm::Nightly => setting.plan.hours.div_ceil(24),
        _ => ((requests / each + 0.5) as u32).clamp(1, 60),
    }
}

/// When an account's session begins; never before it signed up.
#[must_use]
pub fn session_start(
    setting: &Setting,
    account: u32,
    member: &Member,
    country: &Country,
    session: u32,
) -> i64 {
    let draw = unit_of(account_key(setting.seed(), account, 0x5E55 + u64::from(session)));
    let group = &member.group;
    let between = |from: f64, to: f64| (from + (to - from) * draw) * HOUR as f64;
    let start = match group.rhythm {
        Rhythm::Flat => setting.start + (draw * setting.span() as f64) as i64,
        Rhythm::Window => setting.start + between(group.from_hour, group.to_hour) as i64,
        Rhythm::Nightly => {
            let night = setting.start + i64::from(session) * DAY;
            night + between(group.from_hour, group.to_hour) as i64
        }
        Rhythm::Day => {
            let first_hour = setting.start.div_euclid(HOUR).rem_euclid(24);
            let part = busy_time(draw, first_hour, setting.plan.hours, country.offset);
            setting.start + (part * setting.span() as f64) as i64
        }
    };
    match signup_time(setting, account) {
        Some(signed) => start.max(signed + 5 * MINUTE + i64::from(session) * MINUTE),
        None => start,
    }
}

/// The pause between two requests of a session, where the group has its own.
#[must_use]
pub fn pause(member: &Member, rng: &mut Rng) -> Option<i64> {
    let median = member.group.pause_seconds;
    (median > 0.0).then(|| (rng.log_normal(median, 0.5) * SECOND as f64) as i64 + 200)
}

/// How a request goes.
#[must_use]
pub fn status(setting: &Setting, member: &Member, time: i64, rng: &mut Rng) -> Status {
    let group = &member.group;
    let hour = (time - setting.start) as f64 / HOUR as f64;
    let bad = group.overload_share > 0.0 && (group.from_hour..group.to_hour).contains(&hour);
    if bad && rng.chance(group.overload_share) {
        return Status::Overloaded;
    }
    Status::with_refusals(rng, group.refusal_share, &[None, None, Some("cyber"), Some("bio")])
}

/// When an account signed up, if that was lately.
#[must_use]
pub fn signup_time(setting: &Setting, account: u32) -> Option<i64> {
    let (block, index) = setting.population.place(account);
    let group = &of(setting, block.segment)?.group;
    let first = setting.start + (group.signup_hour * HOUR as f64) as i64;
    let gap = group.signup_gap_seconds * SECOND as f64;
    let mut rng = Rng::new(account_key(setting.seed(), account, 0x5167));
    match group.signup {
        Signup::Before => None,
        Signup::Everybody => {
            rng.chance(0.03).then(|| setting.start + rng.below(setting.span() as u64 / 8) as i64)
        }
        Signup::Crowd => Some(first + (rng.unit() * gap * f64::from(block.count)) as i64),
        // A machine's pace varies little.
        Signup::Farm => {
            let pace = f64::from(index) + 0.08 * rng.normal();
            Some(first + (pace.max(0.0) * gap) as i64)
        }
    }
}

/// When the platform bans an account, as its group says.
#[must_use]
pub fn blocked_at(setting: &Setting, account: u32) -> Option<i64> {
    let (block, _) = setting.population.place(account);
    let group = &of(setting, block.segment)?.group;
    if setting.population.in_reserve(account) {
        return None;
    }
    let swept = (group.ban_hour > 0.0
        && account_unit(setting.seed(), account, 0xB10C) >= group.survivor_share)
        .then(|| {
            let within = account_key(setting.seed(), account, 0x5EE9) % SWEEP as u64;
            setting.at_hour(group.ban_hour) + within as i64
        });
    let by_chance = (group.bans_per_day > 0.0).then(|| {
        let draw = account_unit(setting.seed(), account, 0xB10E);
        setting.start + (-ln(1.0 - draw) / group.bans_per_day * DAY as f64) as i64
    });
    swept.into_iter().chain(by_chance).min().filter(|&time| time < setting.end)
}

/// A key of what an account shares with its organisation, or with its whole group.
#[must_use]
pub fn unit_key(member: &Member, index: u32, purpose: u64) -> u64 {
    let seats = member.group.organization_seats;
    let unit = u64::from(index).checked_div(seats).unwrap_or(0);
    key(&[member.key, purpose, unit])
}
