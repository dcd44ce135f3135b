//! What happens beside requests: sign-ups, payments, identity checks, blocks, releases.
//!
//! They are few, a handful of bytes each, so they are drawn beforehand and sorted. Their words are
//! made only when they are written.

use event::EventTime;
use event::contract::{
    Body, ClientRelease, DeclaredUse, Enforcement, Event, Indicator, ModelRelease, Payment,
    ReleaseKind, Signup, Text, Verification,
};
use event::time::{HOUR, MINUTE};

use super::campaign::joined;
use super::client::{WAVE_RELEASE, client, place};
use super::exchange::organization;
use super::geography::country_of;
use super::group::{self, papers};
use super::person::{first_session, habit};
use super::population::{FRONT_SEATS, Segment, account_key};
use super::random::{Rng, key};
use super::scenario;
use super::setting::{RELEASED, Setting};
use super::words;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub enum Kind {
    ModelRelease,
    ClientRelease,
    Signup,
    Payment,
    Verification,
    Enforcement,
    DeclaredUse,
    /// A partner's word, true or forged, that names where the account comes from.
    Indicator,
}

/// When something happened, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// When.
    pub time: i64,
    /// The account; none is named for releases.
    pub account: u32,
    /// What.
    pub kind: Kind,
}

/// Everything beside requests that happens in the stream, in time order.
#[must_use]
pub fn facts(setting: &Setting) -> Vec<Fact> {
    let mut facts = vec![Fact { time: setting.released, account: 0, kind: Kind::ModelRelease }];
    if let Some(n7) = setting.client_wave().filter(|n7| n7.announced) {
        let time = setting.at_hour(n7.hour - 1.0);
        facts.push(Fact { time, account: 0, kind: Kind::ClientRelease });
    }
    for account in 0..setting.population.total() {
        of_account(setting, account, &mut facts);
    }
    facts.retain(|fact| (setting.start..setting.end).contains(&fact.time));
    let tie = |fact: &Fact| key(&[setting.seed(), fact.account.into(), fact.kind as u64]);
    facts.sort_unstable_by_key(|fact| (fact.time, tie(fact)));
    facts
}

fn of_account(setting: &Setting, account: u32, facts: &mut Vec<Fact>) {
    let (block, _) = setting.population.place(account);
    if setting.population.in_reserve(account) {
        return;
    }
    let member = group::of(setting, block.segment);
    let mut rng = Rng::new(account_key(setting.seed(), account, 0xFAC7));
    let mut add = |time: i64, kind| facts.push(Fact { time, account, kind });
    let signup = signup_time(setting, account, block.segment, &mut rng);
    if let Some(time) = signup {
        add(time, Kind::Signup);
    }
    let pays = match block.segment {
        Segment::LoadBalancer => 0.75,
        Segment::Classroom => 0.05,
        Segment::Group(_) => member.map_or(0.0, |member| member.group.pays),
        _ if signup.is_some() => 0.6,
        _ => 0.35,
    };
    if rng.chance(pays) {
        let later = setting.start + rng.below(setting.span() as u64) as i64;
        add(signup.map_or(later, |time| time + rng.between(20_000, 9 * MINUTE)), Kind::Payment);
    }
    if rng.chance(if signup.is_some() { 0.25 } else { 0.02 }) {
        let later = setting.start + rng.below(setting.span() as u64) as i64;
        let soon = signup.map_or(later, |time| time + rng.between(40_000, 15 * MINUTE));
        add(soon, Kind::Verification);
    }
    if member.is_some_and(|member| !member.group.declared_use.is_empty()) {
        add(setting.start + rng.between(1_000, HOUR), Kind::DeclaredUse);
    }
    if let Some(time) = setting.blocked_at(account) {
        add(time, Kind::Enforcement);
    }
    let named = member.map_or(0.0, |member| member.group.named_by_partner);
    if named > 0.0 && rng.chance(named) {
        add(setting.start + rng.between(HOUR, 4 * HOUR), Kind::Indicator);
    }
}

/// When an account was opened, for those that were opened lately: some before the stream began.
fn signup_time(setting: &Setting, account: u32, segment: Segment, rng: &mut Rng) -> Option<i64> {
    match segment {
        Segment::LoadBalancer | Segment::AgenticBulk | Segment::FirstPool | Segment::SecondPool => {
            joined(setting, account).map(|time| time - 12 * MINUTE)
        }
        // Half the class signs up when the lesson begins, half did the evening before.
        Segment::Classroom => {
            let before = if rng.chance(0.5) { 10 * MINUTE } else { 16 * HOUR };
            Some(first_session(setting, account) - before - rng.between(0, 20 * MINUTE))
        }
        Segment::NightlyEvaluation => None,
        Segment::Group(_) => group::signup_time(setting, account),
        _ => rng
            .chance(0.03)
            .then(|| first_session(setting, account) - rng.between(16 * MINUTE, 90 * MINUTE)),
    }
}

impl Fact {
    /// The event that a platform would send.
    #[must_use]
    pub fn into_event<'s>(self, setting: &'s Setting, event_id: Text<'s>) -> Event<'s> {
        let body = match self.kind {
            Kind::ModelRelease => Body::ModelRelease(ModelRelease {
                model: RELEASED.into(),
                kind: ReleaseKind::Release,
            }),
            Kind::ClientRelease => Body::ClientRelease(ClientRelease {
                vendor: Some(WAVE_RELEASE.0.into()),
                version: Some(WAVE_RELEASE.1.into()),
                injected_texts: vec![setting.catalogue.injected.as_str().into()],
            }),
            Kind::Signup => Body::Signup(Box::new(self.signup(setting))),
            Kind::Payment => Body::Payment(Box::new(self.payment(setting))),
            Kind::Verification => Body::Verification(self.verification(setting)),
            Kind::DeclaredUse => Body::DeclaredUse(self.declared_use(setting)),
            Kind::Indicator => Body::Indicator(self.indicator(setting)),
            Kind::Enforcement => Body::Enforcement(Enforcement {
                account_id: setting.population.account_id(self.account).into(),
                action: Some("block".into()),
                result: Some("applied".into()),
            }),
        };
        let tenant = match self.kind {
            Kind::ModelRelease | Kind::ClientRelease => None,
            _ => setting.tenant(self.account).map(Into::into),
        };
        Event { event_id, event_time: EventTime(self.time), tenant, body }
    }

    /// A STIX pattern on the address the account comes from, as any partner could send it.
    fn indicator(&self, setting: &Setting) -> Indicator<'static> {
        let (block, _) = setting.population.place(self.account);
        let habit = habit(setting, self.account, block.segment);
        let place = place(setting, self.account, block.segment, habit);
        let visit = account_key(setting.seed(), self.account, 0x51);
        let from = client(setting, self.account, block.segment, &place, visit, self.time);
        let id = account_key(setting.seed(), self.account, 0x571);
        let since = event::rfc3339::format(EventTime(self.time));
        let stix = serde_json::json!({
            "type": "indicator",
            "spec_version": "2.1",
            "id": format!("indicator--{:08x}-0000-4000-8000-{:012x}", id >> 32, id & 0xFFFF_FFFF),
            "created": since,
            "modified": since,
            "pattern": format!("[ipv4-addr:value = '{}']", from.ip.as_deref().unwrap_or_default()),
            "pattern_type": "stix",
            "valid_from": since,
        });
        let origin = format!("partner:{}", ["eastwind", "harbour", "lantern"][(id % 3) as usize]);
        Indicator { origin: Some(origin.into()), stix: Some(stix.to_string().into()) }
    }

    fn declared_use(&self, setting: &Setting) -> DeclaredUse<'static> {
        let (block, _) = setting.population.place(self.account);
        let usage =
            group::of(setting, block.segment).map(|member| member.group.declared_use.clone());
        DeclaredUse {
            account_id: Some(setting.population.account_id(self.account).into()),
            organization_id: organization(setting, self.account),
            usage: usage.map(Into::into),
            expires_at: Some(EventTime(self.time + 365 * 24 * HOUR)),
            author: Some("account manager".into()),
        }
    }

    fn rng(&self, setting: &Setting) -> Rng {
        Rng::new(account_key(setting.seed(), self.account, 0xFAC8 + self.kind as u64))
    }

    fn signup(&self, setting: &Setting) -> Signup<'static> {
        let (block, index) = setting.population.place(self.account);
        let mut rng = self.rng(setting);
        let habit = habit(setting, self.account, block.segment);
        let place = place(setting, self.account, block.segment, habit);
        let classes = setting.classroom().map_or(1, |n1| n1.classes);
        let member = group::of(setting, block.segment);
        let named = member.map_or("", |member| member.group.program.as_str());
        let program = match block.segment {
            _ if !named.is_empty() => named,
            Segment::Classroom => "education",
            _ => program(&mut rng),
        };
        let school = match block.segment {
            Segment::Classroom => u64::from(index) % classes,
            _ => 100 + rng.below(60),
        };
        let school = member.and_then(|member| papers::institution(member, index)).unwrap_or(school);
        let taught = program == "education";
        let own = member.and_then(|member| papers::mail_domain(member, school, &mut rng));
        let domain = match taught {
            _ if let Some(own) = own => own,
            true => format!("campus{school}.edu.example"),
            false => mail_domain(block.segment, &mut rng),
        };
        let visit = account_key(setting.seed(), self.account, 0x51);
        let machine = member.is_some_and(|member| member.group.signup == scenario::Signup::Farm);
        Signup {
            account_id: setting.population.account_id(self.account).into(),
            organization_id: organization(setting, self.account),
            program: Some(program.to_owned().into()),
            institution: taught.then(|| format!("Institute {school}").into()),
            email: Some((mail_name(&mut rng) + "@" + &domain).into()),
            email_domain: Some(domain.into()),
            phone_country: rng.chance(0.7).then(|| place.country.code.into()),
            form_ms: Some(form_time(block.segment, machine, &mut rng)),
            client: Some(client(setting, self.account, block.segment, &place, visit, self.time)),
            ..Signup::default()
        }
    }

    fn payment(&self, setting: &Setting) -> Payment<'static> {
        let (block, _) = setting.population.place(self.account);
        let mut rng = self.rng(setting);
        let card = papers::card(setting, self.account, block.segment)
            .unwrap_or_else(|| card(setting, self.account, block.segment));
        let virtual_cards = group::of(setting, block.segment).and_then(papers::issuers);
        let mut of_card = Rng::new(card);
        let country = country_of(key(&[card, 1]));
        // Virtual cards come from a few issuers, for everybody; the two pools share none.
        let (share, first, issuers) = match block.segment {
            _ if let Some(issuers) = virtual_cards => issuers,
            Segment::FirstPool => (0.8, 0, 4),
            Segment::SecondPool => (0.8, 4, 4),
            _ => (0.08, 0, 8),
        };
        let funding = match of_card.unit() {
            draw if draw < share => "virtual",
            draw if draw < 0.60 => "credit",
            draw if draw < 0.94 => "debit",
            _ => "prepaid",
        };
        let issuer = match funding {
            "virtual" => first + of_card.below(issuers),
            _ => 20 + of_card.below(900),
        };
        Payment {
            account_id: setting.population.account_id(self.account).into(),
            instrument: Some(format!("card_{:016x}", key(&[card, 2])).into()),
            bin: Some(format!("4{:05}", issuer * 97 + 1_003).into()),
            funding: Some(funding.into()),
            issuer_country: Some(country.code.into()),
            amount_micros: Some(*rng.pick(&[5, 10, 20, 20, 50, 100]) * 1_000_000),
            currency: Some("USD".into()),
            result: Some(if rng.chance(0.95) { "succeeded" } else { "declined" }.into()),
        }
    }

    fn verification(&self, setting: &Setting) -> Verification<'static> {
        let mut rng = self.rng(setting);
        Verification {
            account_id: setting.population.account_id(self.account).into(),
            kind: Some((*rng.pick(&["phone", "phone", "document"])).into()),
            result: Some(if rng.chance(0.93) { "passed" } else { "failed" }.into()),
            document_digest: None,
        }
    }
}

/// The key of the card that pays for an account: its own, its family's or organisation's, or one
/// that an operator bought.
fn card(setting: &Setting, account: u32, segment: Segment) -> u64 {
    let shuffled = account_key(setting.seed(), account, 0xCA4D);
    match segment {
        Segment::LoadBalancer => {
            let cards = setting.load_balancer().map_or(1, |s1| s1.cards);
            key(&[setting.seed(), 0x51, shuffled % cards])
        }
        Segment::AgenticBulk => {
            let (_, place) = setting.population.place(account);
            key(&[setting.seed(), 0x53, u64::from(place / FRONT_SEATS)])
        }
        _ => key(&[setting.population.household(account, setting.company_size()).id, 0xCA]),
    }
}

fn program(rng: &mut Rng) -> &'static str {
    match rng.unit() {
        draw if draw < 0.72 => "none",
        draw if draw < 0.86 => "free_credit",
        draw if draw < 0.94 => "education",
        draw if draw < 0.98 => "startup",
        _ => "security_research",
    }
}

/// Mail domains that everybody uses, and some that last ten minutes.
const MAIL: [&str; 6] =
    ["gmail.com", "gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me"];
pub const DISPOSABLE: [&str; 6] = [
    "mailinator.com",
    "yopmail.com",
    "guerrillamail.com",
    "10minutemail.com",
    "temp-mail.org",
    "sharklasers.com",
];

fn mail_domain(segment: Segment, rng: &mut Rng) -> String {
    // The two pools share no domain; ordinary people use any of them.
    let (share, domains) = match segment {
        Segment::FirstPool => (0.85, &DISPOSABLE[..3]),
        Segment::SecondPool => (0.85, &DISPOSABLE[3..]),
        _ => (0.015, &DISPOSABLE[..]),
    };
    if rng.chance(share) {
        return (*rng.pick::<&str>(domains)).to_owned();
    }
    if rng.chance(0.12) {
        return format!("office{}.example", rng.below(5_000));
    }
    (*rng.pick(&MAIL)).to_owned()
}

fn mail_name(rng: &mut Rng) -> String {
    let names = words::PEOPLE.split(' ').count() as u64;
    let at = |list: &'static str, n: u64| list.split(' ').nth(n as usize).unwrap_or("ada");
    let mut name = at(words::PEOPLE, rng.below(names)).to_lowercase();
    match rng.below(3) {
        0 => name += &format!("{}", rng.below(1_000)),
        1 => name = format!("{name}.{}", at(words::PLACES, rng.below(60)).to_lowercase()),
        _ => name += &format!("_{}{}", at(words::NOUNS, rng.below(200)), rng.below(100)),
    }
    name
}

/// How long the form took; machines fill it in evenly and fast, people do not.
fn form_time(segment: Segment, machine: bool, rng: &mut Rng) -> u64 {
    match segment {
        _ if machine => rng.between(11_000, 16_000) as u64,
        Segment::LoadBalancer | Segment::FirstPool | Segment::SecondPool => {
            rng.between(11_000, 16_000) as u64
        }
        _ => rng.log_normal(48_000.0, 0.6) as u64,
    }
}
