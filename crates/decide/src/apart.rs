//! Who stands apart from a cluster because people spoke for it: the exempt, and those who declared
//! what they were seen doing.
//!
//! An act on a cluster reaches all its members, whatever was said of one of them. So these are taken
//! out before it is judged: they are no evidence against the others and no members of what is acted
//! on; nothing more than watching happens to them. A declared use is no blank cheque. It covers what
//! it declares: what is asked for, or whose requests they are. An account that by its own doing shows
//! the other of the two stays in.

use std::borrow::Cow;

use event::EventTime;
use event::control::SubjectKey;
use event::dossier::{Dossier, DossierMember};
use event::id::{Digest, tenant_digest};
use event::standing::Standing;

use crate::ladder;
use crate::rules::{Kind, Rules, holding, subject_digest};

/// Fewer accounts are no group that could be acted on.
const GROUP: usize = 8;

/// A cluster without those who stand apart.
pub struct Parted<'d> {
    /// What is left to be judged; the whole where people's words explain it.
    pub rest: Cow<'d, Dossier>,
    /// Declared members, which are watched and no more.
    pub declared: Vec<DossierMember>,
    /// Whether too few are left to be a group: what people said explains the cluster.
    pub explained: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    In,
    Exempt,
    Declared,
}

/// Takes those who stand apart out of a dossier.
pub fn part<'d>(rules: &Rules, dossier: &'d Dossier) -> Parted<'d> {
    let whole =
        |explained| Parted { rest: Cow::Borrowed(dossier), declared: Vec::new(), explained };
    if rules.is_empty() {
        return whole(false);
    }
    let place = |member: &DossierMember| place(rules, member, dossier.at);
    let places: Vec<Place> = dossier.members.iter().map(place).collect();
    let left = places.iter().filter(|place| **place == Place::In).count();
    if left == places.len() {
        return whole(false);
    }
    if left < GROUP {
        return whole(true);
    }
    let those = |wanted: Place| {
        let all = dossier.members.iter().zip(&places);
        all.filter(move |(_, place)| **place == wanted).map(|(member, _)| member.clone())
    };
    let rest = Dossier {
        members: those(Place::In).collect(),
        templates: without(dossier, &places),
        ..dossier.clone()
    };
    let declared = those(Place::Declared).collect();
    Parted { rest: Cow::Owned(rest), declared, explained: false }
}

/// The templates as those who stay in use them.
fn without(dossier: &Dossier, places: &[Place]) -> Vec<event::dossier::TemplateUse> {
    let mut templates = dossier.templates.clone();
    let gone = dossier.members.iter().zip(places).filter(|(_, place)| **place != Place::In);
    let flows = gone.filter_map(|(member, _)| member.standing.as_ref());
    for flow in flows.flat_map(|standing| &standing.flows) {
        for one in templates.iter_mut().filter(|one| one.template == flow.template) {
            one.members = one.members.saturating_sub(1);
            one.requests = one.requests.saturating_sub(flow.requests);
        }
    }
    templates
}

fn place(rules: &Rules, member: &DossierMember, at: EventTime) -> Place {
    let tenant: Digest = tenant_digest(member.name.tenant());
    let account = subject_digest(&SubjectKey::Account(member.membership.account));
    let organization =
        member.organization.map(|one| subject_digest(&SubjectKey::Organization(one)));
    let subjects: Vec<_> = [account].into_iter().chain(organization).collect();
    let said = |kind: Kind| holding(rules, tenant, &subjects, kind, at).is_some();
    let seen = member.standing.as_deref();
    match () {
        () if said(Kind::Exempt) => Place::Exempt,
        () if said(Kind::Approved) => Place::In,
        () if covers(said(Kind::Declared), said(Kind::PassingOn), seen) => Place::Declared,
        () => Place::In,
    }
}

/// Whether what was declared, of what is asked for and of passing on, covers what an account does by
/// itself. Whom it is found with is not held against it.
fn covers(asking: bool, passing_on: bool, seen: Option<&Standing>) -> bool {
    let brings_from_others = seen.is_some_and(|seen| seen.orphans >= ladder::VERIFY);
    match (asking, passing_on) {
        (true, true) => true,
        (true, false) => !brings_from_others,
        (false, true) => !seen.is_some_and(harvests),
        (false, false) => false,
    }
}

/// Whether three in ten requests of an account ask in so many words for what trains a copy.
pub fn harvests(seen: &Standing) -> bool {
    seen.harvest_like >= 3 && seen.harvest_like * 10 >= seen.requests * 3
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use event::Nats;
    use event::contract::{Action, Unit};
    use event::control::{Control, Word};
    use event::dossier::{Membership, TemplateUse};
    use event::id::{AccountKey, Name, ObjectKey};
    use event::public::ClusterStatus;
    use event::standing::Flow;
    use step::{Operator, Stamped};

    use super::*;
    use crate::{In, JointLane, JointState, Out};

    const TEMPLATE: ObjectKey = ObjectKey(Digest(77));

    /// So many accounts of a kind in one cluster.
    struct These<'a> {
        accounts: u64,
        declare: &'a [&'a str],
        harvest_like: u64,
        orphans: i64,
    }

    fn member(key: u64, kind: &These) -> DossierMember {
        let name = Name::new("", &format!("a{key}"));
        let account = AccountKey(Digest(key));
        let flow = Flow { template: TEMPLATE, requests: 20, sessions: 9, ..Flow::default() };
        let standing = Standing {
            account,
            name: name.clone(),
            requests: 20,
            harvest_like: kind.harvest_like,
            orphans: Nats::milli(kind.orphans),
            flows: vec![flow],
            ..Standing::default()
        };
        let pooled = Nats::milli(18_420);
        DossierMember {
            name,
            organization: None,
            membership: Membership {
                account,
                attachment: pooled,
                coordination: pooled,
                identity: Nats::ZERO,
                core: true,
            },
            standing: Some(Arc::new(standing)),
        }
    }

    /// Judges one cluster of all these accounts: the act on the cluster, who is named as its member,
    /// and the act on each account, by number.
    fn judge(kinds: &[These]) -> (Option<Action>, usize, Vec<Action>) {
        let (mut state, mut out) = (JointState::default(), Vec::new());
        let mut members = Vec::new();
        let mut apply = |record: In, out: &mut Vec<Out>| {
            let at = EventTime(0);
            JointLane.apply(&mut state, &(), &Stamped { at, clamped: false, record }, out);
        };
        for kind in kinds {
            for _ in 0..kind.accounts {
                let key = members.len() as u64;
                for usage in kind.declare {
                    let subject = SubjectKey::Account(AccountKey(Digest(key)));
                    let usage = (*usage).into();
                    let expires_at = EventTime::MAX;
                    let word = Word::Declared { subject, usage, expires_at };
                    let (id, time, tenant) = (Digest(key), EventTime(0), tenant_digest(""));
                    apply(In::Control(Box::new(Control { id, time, tenant, word })), &mut out);
                }
                members.push(member(key, kind));
            }
        }
        let all = members.len() as u64;
        let (population, surprise) = (all, Nats::milli(4_600));
        let template = TemplateUse {
            template: TEMPLATE,
            members: all,
            requests: all * 20,
            population,
            surprise,
        };
        let dossier = Dossier {
            id: Digest(5),
            at: EventTime(1),
            sequence: 0,
            status: ClusterStatus::Born,
            parent: None,
            changed: true,
            members,
            echoes: all,
            dispersion: None,
            shared: Vec::new(),
            templates: vec![template],
        };
        out.clear();
        apply(In::Dossier(Box::new(dossier)), &mut out);
        read(&out, all)
    }

    fn read(out: &[Out], all: u64) -> (Option<Action>, usize, Vec<Action>) {
        let (mut on_cluster, mut named) = (None, 0);
        let mut acts = vec![Action::Lift; all as usize];
        for one in out {
            match one {
                Out::Cluster(_, cluster) => named = cluster.members.len(),
                Out::Decided(decided) if decided.decision.unit == Unit::Cluster => {
                    on_cluster = Some(decided.decision.action);
                }
                Out::Decided(decided) => {
                    let name = decided.decision.account_id.as_deref().unwrap_or_default();
                    let number: usize = name[1..].parse().expect("a number after the letter");
                    acts[number] = acts[number].max(decided.decision.action);
                }
                Out::Alert(..) | Out::Row(_) => {}
            }
        }
        (on_cluster, named, acts)
    }

    fn all(acts: &[Action], action: Action) -> bool {
        acts.iter().all(|one| *one == action)
    }

    const POOL: These = These { accounts: 12, declare: &[], harvest_like: 18, orphans: 9_000 };

    #[test]
    fn a_gateway_that_declared_itself_is_watched() {
        let keys = These { accounts: 10, declare: &["gateway"], harvest_like: 1, orphans: 20_000 };
        let (cluster, named, acts) = judge(&[keys]);
        assert_eq!((cluster, named), (Some(Action::Observe), 10));
        assert!(all(&acts, Action::Observe));
        let hidden = These { accounts: 10, declare: &[], harvest_like: 1, orphans: 20_000 };
        assert_eq!(judge(&[hidden]).0, Some(Action::Safeguard), "and only because of that");
    }

    #[test]
    fn a_licence_stands_apart_from_a_pool_that_asks_the_same() {
        let licensed = These {
            accounts: 9,
            declare: &["licensed_distillation"],
            harvest_like: 20,
            orphans: 0,
        };
        let (cluster, named, acts) = judge(&[POOL, licensed]);
        assert_eq!((cluster, named), (Some(Action::Safeguard), 12));
        assert!(acts[..12].iter().all(|act| *act >= Action::Safeguard));
        assert!(all(&acts[12..], Action::Observe));
    }

    #[test]
    fn a_declared_use_covers_what_it_declares() {
        let of = |declare, harvest_like, orphans| {
            judge(&[These { accounts: 10, declare, harvest_like, orphans }]).0
        };
        let (watched, safeguarded) = (Some(Action::Observe), Some(Action::Safeguard));
        assert_eq!(of(&["evaluation"], 18, 0), watched);
        assert_eq!(of(&["evaluation"], 18, 9_000), safeguarded, "it carries others' conversations");
        assert_eq!(of(&["reseller"], 2, 9_000), watched);
        assert_eq!(of(&["reseller"], 18, 9_000), safeguarded, "what it carries is a harvest");
        assert_eq!(of(&["reseller", "evaluation"], 18, 9_000), watched, "it declared both");
    }

    #[test]
    fn a_declared_account_is_no_shelter_for_the_others() {
        let one = These { accounts: 1, declare: &["evaluation"], harvest_like: 18, orphans: 0 };
        let (cluster, named, acts) = judge(&[POOL, one]);
        assert_eq!((cluster, named), (Some(Action::Safeguard), 12));
        assert_eq!(acts[12], Action::Observe);
        let stray = These { accounts: 3, declare: &[], harvest_like: 18, orphans: 0 };
        let keys = These { accounts: 10, declare: &["gateway"], harvest_like: 1, orphans: 0 };
        let (cluster, named, acts) = judge(&[keys, stray]);
        assert_eq!((cluster, named), (Some(Action::Observe), 13), "three are no group");
        assert!(all(&acts, Action::Observe));
    }
}
