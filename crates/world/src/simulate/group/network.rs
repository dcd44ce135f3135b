//! Where the accounts of a described scenario call from.

use event::time::DAY;

use super::super::client::Place;
use super::super::geography::{COUNTRIES, Country, Range, region_of};
use super::super::population::{Member, Segment, account_key};
use super::super::random::{key, mix};
use super::super::scenario::Network;
use super::super::setting::Setting;
use super::{of, unit_key};

/// A country that the group names, if it names any.
#[must_use]
pub fn country(member: &Member, own: u64) -> Option<&'static Country> {
    let codes = &member.group.countries;
    let code = codes.get((mix(own ^ 0xC0) % codes.len().max(1) as u64) as usize)?;
    COUNTRIES.iter().find(|country| country.code == code)
}

/// The key of a place that the group's accounts share, and so are all in the same country.
#[must_use]
pub fn origin(setting: &Setting, account: u32, segment: Segment) -> Option<u64> {
    let member = of(setting, segment)?;
    let (_, index) = setting.population.place(account);
    (member.group.network == Network::Building).then(|| unit_key(member, index, 0xCA))
}

/// The range, country code and address key of a request, where the group has a way of its own.
#[must_use]
pub fn way(
    setting: &Setting,
    account: u32,
    segment: Segment,
    place: &Place,
    visit: u64,
    time: i64,
) -> Option<(Range, &'static str, u64)> {
    let member = of(setting, segment)?;
    let (_, index) = setting.population.place(account);
    let own = account_key(setting.seed(), account, 0x1C);
    let home = |address: u64| Some((place.country.home, place.country.code, mix(address)));
    let server = |address: u64| {
        let region = region_of(address);
        Some((region.range, region.code, mix(address)))
    };
    let exits = member.group.exits;
    match member.group.network {
        Network::Everybody => None,
        Network::Building => home(key(&[unit_key(member, index, 0xCA), own % exits])),
        Network::Servers => server(key(&[unit_key(member, index, 0xE9), own % exits])),
        Network::Home => home(key(&[own, 0x40])),
        Network::Vpn => {
            let day = time.div_euclid(DAY) as u64;
            server(key(&[setting.seed(), 0x797, day, mix(visit) % exits]))
        }
        Network::Ephemeral => server(key(&[visit, 0xE4])),
        Network::Many => home(key(&[own, 0x41, mix(visit) % exits])),
    }
}
