//! Clients and networks: what an account's requests show of where they come from.
//!
//! Programs, versions and networks are shared by many, as in life, and an operator's accounts draw
//! from the same lists as everybody's: the same libraries, the same clouds, the same access
//! networks. What differs is only what the scenario says (an egress of its own, a home per
//! account).

use event::contract::Client;

use super::geography::{Country, Range, country_of, region_of};
use super::group::{self, network};
use super::person::Habit;
use super::population::{Household, Segment, account_key};
use super::random::{key, mix, unit_of};
use super::scenario::Says;
use super::setting::Setting;

/// A program that calls the platform.
#[derive(Debug)]
pub struct Software {
    /// The way in.
    pub channel: &'static str,
    user_agent: &'static str,
    sdk: Option<&'static str>,
    ja4: &'static str,
    os: &'static str,
    /// Whether it names its device and session.
    device: bool,
}

const fn software(
    channel: &'static str,
    user_agent: &'static str,
    sdk: Option<&'static str>,
    ja4: &'static str,
    os: &'static str,
    device: bool,
) -> Software {
    Software { channel, user_agent, sdk, ja4, os, device }
}

/// What people click on.
const APPS: [Software; 6] = [
    software(
        "app",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36",
        None,
        "t13d1516h2_8daaf6152771_d8a2da3f94cd",
        "Windows",
        true,
    ),
    software(
        "app",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36",
        None,
        "t13d1516h2_8daaf6152771_d8a2da3f94cd",
        "macOS",
        true,
    ),
    software(
        "app",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
        None,
        "t13d2014h2_a09f3c656075_e42f34c56612",
        "macOS",
        true,
    ),
    software(
        "app",
        "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0",
        None,
        "t13d1717h2_5b57614c22b0_3cbfd9057e0d",
        "Linux",
        true,
    ),
    software(
        "app",
        "AsterApp/3.18 (iPhone; iOS 26.2)",
        None,
        "t13d2013h2_a09f3c656075_7f0f34a4126d",
        "iOS",
        true,
    ),
    software(
        "app",
        "AsterApp/3.17 (Android 16)",
        None,
        "t13d1513h2_8daaf6152771_eca864cca44a",
        "Android",
        true,
    ),
];

/// What programs link against.
const LIBRARIES: [Software; 9] = [
    software(
        "api",
        "aster-python/1.42.0",
        Some("aster-python 1.42.0"),
        "t13d1812h1_85036bcba153_375ca2c5e164",
        "Linux",
        false,
    ),
    software(
        "api",
        "aster-python/1.38.2",
        Some("aster-python 1.38.2"),
        "t13d1812h1_85036bcba153_375ca2c5e164",
        "Linux",
        false,
    ),
    software(
        "api",
        "aster-node/4.9.1",
        Some("aster-node 4.9.1"),
        "t13d5911h1_a33745022dd6_1f22a2ca17c4",
        "Linux",
        false,
    ),
    software(
        "api",
        "aster-node/4.6.0",
        Some("aster-node 4.6.0"),
        "t13d5911h1_a33745022dd6_1f22a2ca17c4",
        "macOS",
        false,
    ),
    software(
        "api",
        "python-httpx/0.28.1",
        None,
        "t13d1812h2_85036bcba153_b26ce05bbdd6",
        "Linux",
        false,
    ),
    software(
        "api",
        "Go-http-client/2.0",
        None,
        "t13d1311h2_f57a46bbacb6_ab7e3b40a677",
        "Linux",
        false,
    ),
    software("api", "okhttp/4.12.0", None, "t13d1511h2_8daaf6152771_b0da82dd1658", "Linux", false),
    software(
        "cloud:stratus",
        "stratus-sdk-python/2.31",
        Some("stratus-sdk-python 2.31"),
        "t13d1812h1_85036bcba153_78e6aca7449b",
        "Linux",
        false,
    ),
    software(
        "aggregator:crossroute",
        "crossroute/7",
        None,
        "t13d1311h2_f57a46bbacb6_e7c285222651",
        "Linux",
        false,
    ),
];

/// What programmers work in.
const EDITORS: [Software; 4] = [
    software(
        "ide",
        "fern-cli/2.3.9",
        Some("aster-node 4.9.1"),
        "t13d5911h1_a33745022dd6_1f22a2ca17c4",
        "macOS",
        true,
    ),
    software(
        "ide",
        "fern-cli/2.3.7",
        Some("aster-node 4.6.0"),
        "t13d5911h1_a33745022dd6_1f22a2ca17c4",
        "Linux",
        true,
    ),
    software(
        "ide",
        "Halyard/0.52 (vscode 1.108)",
        None,
        "t13d1516h2_8daaf6152771_02713d6af862",
        "Windows",
        true,
    ),
    software(
        "ide",
        "Halyard/0.52 (vscode 1.108)",
        None,
        "t13d1516h2_8daaf6152771_02713d6af862",
        "macOS",
        true,
    ),
];

/// The client of the release wave, before and after.
const WAVE: [Software; 2] = [
    software("ide", "Quillpad/5.1.0", None, "t13d1516h2_8daaf6152771_9b887d9acb53", "macOS", true),
    software("ide", "Quillpad/5.2.0", None, "t13d1516h2_8daaf6152771_9b887d9acb53", "macOS", true),
];

/// Who makes the client of the release wave, and its new version.
pub const WAVE_RELEASE: (&str, &str) = ("Quillpad", "5.2.0");

/// Where an account is and what it calls with.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its country.
    pub country: &'static Country,
    /// Its program.
    pub software: &'static Software,
    /// Whether it calls from a data centre.
    server: bool,
}

/// Where an account is and what it calls with, by a key of its own.
#[must_use]
pub fn place(setting: &Setting, account: u32, segment: Segment, habit: Habit) -> Place {
    let own = account_key(setting.seed(), account, 0xC11E);
    let household = setting.population.household(account, setting.company_size());
    let origin_or_home = origin(setting, account, segment).unwrap_or(household.id);
    let named = group::of(setting, segment)
        .and_then(|member| network::country(member, account_key(setting.seed(), account, 0xC0)));
    let country = named.unwrap_or_else(|| country_of(origin_or_home));
    let draw = mix(own);
    let choose = |list: &'static [Software]| {
        let draw = unit_of(draw);
        &list[(draw * draw * list.len() as f64) as usize]
    };
    let software = match (segment, habit) {
        (Segment::ClientWave, _) => &WAVE[0],
        // One balancer, one library; a spare pool has the same relay before it.
        (Segment::LoadBalancer, _) => &LIBRARIES[(key(&[setting.seed(), 0x51]) % 6) as usize],
        (Segment::FirstPool | Segment::SecondPool, _) => &LIBRARIES[(draw % 4) as usize],
        (Segment::AgenticBulk, _) if draw.is_multiple_of(2) => &EDITORS[(draw >> 8) as usize % 2],
        (Segment::Group(_), _) if says(setting, segment) == Some(Says::Editor) => {
            &EDITORS[draw as usize % 2]
        }
        (Segment::AgenticBulk | Segment::NightlyEvaluation | Segment::Framework, _) => {
            choose(&LIBRARIES)
        }
        (_, Habit::Agent) if !draw.is_multiple_of(3) => choose(&EDITORS),
        (_, Habit::Agent | Habit::Machine | Habit::Private) => choose(&LIBRARIES),
        (_, Habit::Application) if draw.is_multiple_of(2) => choose(&LIBRARIES),
        _ => choose(&APPS),
    };
    let server = match segment {
        Segment::LoadBalancer | Segment::NightlyEvaluation => true,
        Segment::FirstPool | Segment::SecondPool | Segment::ClientWave => false,
        Segment::AgenticBulk => origin(setting, account, segment).is_some_and(|exit| exit & 1 == 0),
        _ => !software.device && unit_of(own ^ 1) < 0.8,
    };
    Place { country, software, server }
}

/// What a request shows of its client. `visit` stands for a conversation: telephones and their
/// addresses change between two of them.
#[must_use]
pub fn client(
    setting: &Setting,
    account: u32,
    segment: Segment,
    place: &Place,
    visit: u64,
    time: i64,
) -> Client<'static> {
    let own = account_key(setting.seed(), account, 0x1C);
    let household = setting.population.household(account, setting.company_size());
    let (range, code, address) =
        if let Some(way) = network::way(setting, account, segment, place, visit, time) {
            way
        } else if place.server {
            let egress = egress(setting, account, segment, household, own);
            let region = region_of(egress);
            (region.range, region.code, mix(egress))
        } else {
            let (range, address) = access(setting, account, segment, household, place, own ^ visit);
            (range, place.country.code, address)
        };
    let software = match (segment, setting.client_wave()) {
        (Segment::ClientWave, Some(n7)) if time >= setting.at_hour(n7.hour) => &WAVE[1],
        _ => place.software,
    };
    let named = |kind: &str, key: u64| software.device.then(|| format!("{kind}_{key:016x}").into());
    Client {
        ip: Some(range.address(address).into()),
        country: Some(code.into()),
        asn: Some(range.asn),
        user_agent: Some(software.user_agent.into()),
        ja4: Some(software.ja4.into()),
        sdk: software.sdk.map(Into::into),
        device_id: named("dev", mix(own ^ 0xDE7)),
        session_id: named("ses", key(&[own, visit])),
        os: Some(software.os.into()),
        timezone: (!place.server).then(|| place.country.zone.into()),
    }
}

/// The key of the campus or exit that an account shares with others, and so its address.
fn origin(setting: &Setting, account: u32, segment: Segment) -> Option<u64> {
    match segment {
        Segment::Classroom => {
            let classes = setting.classroom().map_or(1, |n1| n1.classes);
            let (_, student) = setting.population.place(account);
            Some(key(&[setting.seed(), 0xCA, u64::from(student) % classes]))
        }
        Segment::AgenticBulk => Some(key(&[setting.seed(), 0xE7, u64::from(account) / 3])),
        Segment::Group(_) => network::origin(setting, account, segment),
        _ => None,
    }
}

fn says(setting: &Setting, segment: Segment) -> Option<Says> {
    group::of(setting, segment).map(|member| member.group.says)
}

/// What requests with somebody else's key show: one library, a few servers.
#[must_use]
pub fn hired_client(own: u64, visit: u64) -> (&'static str, Client<'static>) {
    let software = &LIBRARIES[(own % 6) as usize];
    let egress = key(&[own, 0xE9, mix(visit) % 4]);
    let region = region_of(egress);
    let client = Client {
        ip: Some(region.range.address(mix(egress)).into()),
        country: Some(region.code.into()),
        asn: Some(region.range.asn),
        user_agent: Some(software.user_agent.into()),
        ja4: Some(software.ja4.into()),
        sdk: software.sdk.map(Into::into),
        os: Some(software.os.into()),
        ..Client::default()
    };
    (software.channel, client)
}

/// The key of the address that servers of an account call from: its own or its organisation's, a
/// small exit shared by serverless programs, or an operator's.
fn egress(
    setting: &Setting,
    account: u32,
    segment: Segment,
    household: Household,
    own: u64,
) -> u64 {
    let seed = setting.seed();
    match segment {
        Segment::LoadBalancer => key(&[seed, 0xE6, u64::from(account) % 6]),
        _ if let Some(exit) = origin(setting, account, segment) => exit,
        _ if !household.organization && unit_of(own ^ 2) < 0.3 => {
            let exits = u64::from(setting.population.total()) / 400 + 2;
            key(&[seed, 0xE8, mix(own) % exits])
        }
        _ => key(&[household.id, 0xE9]),
    }
}

/// The range and address key of people: at home, on the campus, or on the telephone, where a few
/// addresses per country stand for everybody.
fn access(
    setting: &Setting,
    account: u32,
    segment: Segment,
    household: Household,
    place: &Place,
    visit: u64,
) -> (Range, u64) {
    let seed = setting.seed();
    if let Some(shared) = origin(setting, account, segment) {
        return (place.country.home, mix(shared));
    }
    match segment {
        Segment::FirstPool | Segment::SecondPool => (place.country.home, mix(household.id)),
        _ if unit_of(visit) < 0.2 => {
            let weight = u64::from(place.country.weight);
            let addresses = u64::from(setting.population.total()) * weight / 60_000 + 3;
            (place.country.mobile, key(&[seed, place.country.mobile.asn, mix(visit) % addresses]))
        }
        _ => (place.country.home, mix(household.id)),
    }
}
