//! What people allow: policies, exemptions, declared uses, approvals.

use event::EventTime;
use event::contract::{Action, Mode};
use event::control::{SubjectKey, Word};
use event::id::{AccountKey, Digest};
use event::table::{Entry, Rule};
use event::time::DAY;
use serde::{Deserialize, Serialize};
use step::{Keyed, Versions};

/// The account lane's view: rules by tenant and account or organisation (`None`: everybody of the
/// tenant).
pub type RuleTable = Versions<(Digest, Option<Digest>), Rule>;

/// The rule for an account of an organisation at a time: its own, then its organisation's, then its
/// tenant's; none if it has run out.
#[must_use]
pub fn rule_for_account(
    table: &RuleTable,
    tenant: Digest,
    (account, organization): (AccountKey, Option<Digest>),
    at: EventTime,
) -> Option<&Rule> {
    let own = [Some(account.0), organization].into_iter().flatten().map(Some);
    own.chain([None])
        .filter_map(|who| table.at(&(tenant, who), at))
        .find(|rule| rule.expires_at > at)
}

/// What a rule is for; the smaller comes first where several hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Exempt, or cleared by feedback: nothing is decided.
    Exempt,
    /// A person let an act pass.
    Approved,
    /// Declared use of the answers: what is asked for is known and allowed.
    Declared,
    /// A policy.
    Policy,
    /// Declared passing on: that other people's requests come through is known and allowed.
    PassingOn,
}

/// What a declared use covers. Whoever says that they pass on other people's requests has said
/// nothing of what is asked for; every other use (an evaluation, a class, a licence to distil) is
/// about what is asked for, and not about whose requests they are.
fn declared(usage: &str) -> Kind {
    match usage {
        "reseller" | "gateway" | "aggregator" | "marketplace" | "proxy" => Kind::PassingOn,
        _ => Kind::Declared,
    }
}

/// A unit as a key of rules.
pub type SubjectDigest = (u8, Digest);

/// The key of a subject. Public ids are ours or the platform's, folded without a key (FNV-1a).
#[must_use]
pub fn subject_digest(subject: &SubjectKey) -> SubjectDigest {
    match subject {
        SubjectKey::Account(account) => (0, account.0),
        SubjectKey::Organization(organization) => (1, *organization),
        SubjectKey::Named(unit, id) => (2 + *unit as u8, event::id::tenant_digest(id)),
    }
}

/// The rules of the joint lane.
pub type Rules = Keyed<(Digest, SubjectDigest, Kind), Rule>;

/// Everybody of a tenant, as a subject.
pub const EVERYBODY: SubjectDigest = (u8::MAX, Digest(0));

/// How long a verdict that clears a unit protects it.
const CLEARED: i64 = 90 * DAY;

/// Files what a control record allows or forbids; says what the account lane must know of it.
pub fn file(rules: &mut Rules, tenant: Digest, at: EventTime, word: &Word) -> Option<Entry> {
    let (subject, kind, rule) = read(word, at)?;
    let digest = subject.as_ref().map_or(EVERYBODY, subject_digest);
    rules.insert((tenant, digest, kind), rule.clone());
    let subject = match subject {
        None => None,
        Some(SubjectKey::Account(account)) => Some(account.0),
        Some(SubjectKey::Organization(organization)) => Some(organization),
        // The account lane knows accounts only; other units are the joint lane's.
        Some(SubjectKey::Named(..)) => return None,
    };
    // An approval widens what the joint lane may do and says nothing to the account lane. There a
    // declared use needs no second look: the lane acts on two signs at once, and it covers one.
    (kind != Kind::Approved).then_some(Entry::Rule { subject, tenant, rule: Some(rule) })
}

fn read(word: &Word, at: EventTime) -> Option<(Option<SubjectKey>, Kind, Rule)> {
    let enforced = |max_action, expires_at, because: &str| Rule {
        max_action,
        mode: Mode::Enforce,
        expires_at,
        because: because.into(),
    };
    Some(match word {
        Word::Exempt { subject, expires_at, because } => {
            (Some(subject.clone()), Kind::Exempt, enforced(Action::Lift, *expires_at, because))
        }
        Word::Feedback { subject, clears: true, because } => {
            let until = at.plus(CLEARED);
            (Some(subject.clone()), Kind::Exempt, enforced(Action::Lift, until, because))
        }
        Word::Feedback { subject, clears: false, because } => {
            let until = at.plus(CLEARED);
            (Some(subject.clone()), Kind::Approved, enforced(Action::Block, until, because))
        }
        Word::Approval { subject, action, expires_at, because } => {
            (Some(subject.clone()), Kind::Approved, enforced(*action, *expires_at, because))
        }
        Word::Declared { subject, usage, expires_at } => {
            let because = format!("declared use: {usage}");
            (
                Some(subject.clone()),
                declared(usage),
                enforced(Action::Observe, *expires_at, &because),
            )
        }
        Word::Policy { subject, mode, max_action, expires_at, because } => {
            let rule = Rule {
                max_action: *max_action,
                mode: *mode,
                expires_at: *expires_at,
                because: because.clone(),
            };
            (subject.clone(), Kind::Policy, rule)
        }
        Word::Lift { .. }
        | Word::ModelReleased { .. }
        | Word::ModelChanged { .. }
        | Word::ClientReleased { .. }
        | Word::Behaviour { .. }
        | Word::Indicator => return None,
    })
}

/// What may be done to a unit that all of `subjects` describe (itself first, its cluster, its
/// organisation).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The strongest act.
    pub max_action: Action,
    /// Whether it is acted on.
    pub mode: Mode,
    /// Whether a person let stronger acts pass.
    pub approved: bool,
}

/// The rule of a kind that holds at a time, of the nearest subject.
pub fn holding<'r>(
    rules: &'r Rules,
    tenant: Digest,
    subjects: &[SubjectDigest],
    kind: Kind,
    at: EventTime,
) -> Option<&'r Rule> {
    subjects
        .iter()
        .filter_map(|subject| rules.get((tenant, *subject, kind)))
        .find(|rule| rule.expires_at > at)
}

/// The bound that holds at a time: exemptions first, then approvals, policies; of each kind the one
/// of the nearest subject. What a declared use does is in [`crate::apart`], since it depends on what
/// was seen.
#[must_use]
pub fn bound(rules: &Rules, tenant: Digest, subjects: &[SubjectDigest], at: EventTime) -> Bound {
    let nearest = |kind: Kind| {
        let own = holding(rules, tenant, subjects, kind, at);
        own.or_else(|| holding(rules, tenant, &[EVERYBODY], kind, at))
    };
    let mode = nearest(Kind::Policy).map_or(Mode::Enforce, |rule| rule.mode);
    if nearest(Kind::Exempt).is_some() {
        return Bound { max_action: Action::Lift, mode, approved: false };
    }
    if let Some(rule) = nearest(Kind::Approved) {
        return Bound { max_action: rule.max_action, mode, approved: true };
    }
    let max_action = nearest(Kind::Policy).map_or(Action::Block, |rule| rule.max_action);
    Bound { max_action, mode, approved: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: Digest = Digest(0);

    fn account(key: u64) -> SubjectKey {
        SubjectKey::Account(AccountKey(Digest(key)))
    }

    fn policy(subject: Option<SubjectKey>, max_action: Action) -> Word {
        Word::Policy {
            subject,
            mode: Mode::Shadow,
            max_action,
            expires_at: EventTime(100),
            because: "a test".into(),
        }
    }

    #[test]
    fn the_nearest_rule_holds_and_an_exemption_beats_all() {
        let mut rules = Rules::default();
        let one = [subject_digest(&account(1))];
        let open = bound(&rules, TENANT, &one, EventTime(5));
        assert_eq!((open.max_action, open.mode), (Action::Block, Mode::Enforce));
        file(&mut rules, TENANT, EventTime(1), &policy(None, Action::Verify));
        assert_eq!(bound(&rules, TENANT, &one, EventTime(5)).max_action, Action::Verify);
        file(&mut rules, TENANT, EventTime(1), &policy(Some(account(1)), Action::Safeguard));
        let own = bound(&rules, TENANT, &one, EventTime(5));
        assert_eq!((own.max_action, own.mode), (Action::Safeguard, Mode::Shadow));
        let exempt = Word::Exempt {
            subject: account(1),
            expires_at: EventTime(50),
            because: "a partner".into(),
        };
        file(&mut rules, TENANT, EventTime(1), &exempt);
        assert_eq!(bound(&rules, TENANT, &one, EventTime(5)).max_action, Action::Lift);
        assert_eq!(bound(&rules, TENANT, &one, EventTime(60)).max_action, Action::Safeguard);
        assert_eq!(bound(&rules, TENANT, &one, EventTime(200)).max_action, Action::Block);
    }

    #[test]
    fn a_declared_use_reaches_the_account_lane_by_account_and_by_organisation() {
        let of = |subject: SubjectKey| {
            let mut rules = Rules::default();
            let usage = "reseller".into();
            let declared = Word::Declared { subject, usage, expires_at: EventTime(100) };
            let row = file(&mut rules, TENANT, EventTime(1), &declared);
            let Some(Entry::Rule { subject, tenant, rule }) = row else { panic!("no row") };
            let mut table = RuleTable::default();
            table.insert((tenant, subject), EventTime(1), rule);
            let whom = (AccountKey(Digest(1)), Some(Digest(7)));
            let at = |time| rule_for_account(&table, TENANT, whom, EventTime(time));
            (at(5).map(|rule| rule.max_action), at(100).map(|rule| rule.max_action))
        };
        assert_eq!(of(account(1)), (Some(Action::Observe), None));
        assert_eq!(of(SubjectKey::Organization(Digest(7))), (Some(Action::Observe), None));
        assert_eq!(of(SubjectKey::Organization(Digest(8))), (None, None), "somebody else's");
    }

    #[test]
    fn a_verdict_clears() {
        let mut rules = Rules::default();
        let one = [subject_digest(&account(1))];
        let clears =
            Word::Feedback { subject: account(1), clears: true, because: "an analyst".into() };
        file(&mut rules, TENANT, EventTime(1), &clears);
        assert_eq!(bound(&rules, TENANT, &one, EventTime(5)).max_action, Action::Lift);
    }
}
