//! How the accounts of a described scenario signed up, and who pays for them.

use super::super::population::{Member, Segment, account_key};
use super::super::random::{Rng, key};
use super::super::scenario::{Mail, Payer};
use super::super::setting::Setting;
use super::{of, unit_key};

/// The card of an account, where it is not its household's.
#[must_use]
pub fn card(setting: &Setting, account: u32, segment: Segment) -> Option<u64> {
    let member = of(setting, segment)?;
    let (_, index) = setting.population.place(account);
    let own = account_key(setting.seed(), account, 0xCA4D);
    match member.group.payer {
        Payer::Own => None,
        Payer::Shared => Some(key(&[member.key, 0x51, own % member.group.cards])),
        Payer::Virtual => Some(key(&[member.key, 0x52, own])),
        Payer::Organization => Some(unit_key(member, index, 0x53)),
    }
}

/// The share of virtual cards, the first of their issuers and how many there are.
#[must_use]
pub fn issuers(member: &Member) -> Option<(f64, u64, u64)> {
    (member.group.payer == Payer::Virtual).then_some((0.95, member.key % 7, 1))
}

/// The domain of an account's mail address, where it is not anybody's.
#[must_use]
pub fn mail_domain(member: &Member, school: u64, rng: &mut Rng) -> Option<String> {
    let any = rng.below(member.group.mail_domains);
    match member.group.mail {
        Mail::Everybody => None,
        Mail::Campus => Some(format!("campus{school}.edu.example")),
        Mail::Disposable => {
            rng.chance(0.85).then(|| (*rng.pick(&super::super::facts::DISPOSABLE)).to_owned())
        }
        Mail::Domains => Some(format!("post{}.example", key(&[member.key, any]) % 9_000)),
    }
}

/// The number of the institution that an account names.
#[must_use]
pub fn institution(member: &Member, index: u32) -> Option<u64> {
    let institutions = member.group.institutions;
    (institutions > 0).then(|| key(&[member.key, u64::from(index) % institutions]) % 60 + 100)
}
