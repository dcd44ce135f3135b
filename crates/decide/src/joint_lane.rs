//! The joint lane: what clusters, their flows and their keys deserve.
//!
//! The unit of action is the flow: what a member does on the cluster's templates. Its bystanders
//! and the account's other requests are left alone; a key that was stolen is rotated, not its owner
//! blocked; an account is blocked only on its own evidence beside the cluster's.

use event::EventTime;
use event::contract::{Action, Mode, Unit};
use event::control::{Control, SubjectKey, Word};
use event::dossier::{Dossier, DossierMember};
use event::id::{AccountKey, Digest};
use event::public::{Alert, Cluster, ClusterStatus, Decision, Lane, Member};
use event::table::Entry;
use event::time::DAY;
use serde::{Deserialize, Serialize};
use step::{Keyed, Operator, Stamped};

use crate::account_lane::{Last, decision_id, is_news};
use crate::apart;
use crate::evidence::{self, Evidence, weigh};
use crate::rules::{self, Rules, bound, subject_digest};
use crate::{Decided, ladder};

/// What the joint lane reads, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum In {
    /// An act of a person.
    Control(Box<Control>),
    /// A cluster to judge.
    Dossier(Box<Dossier>),
}

/// What was last said of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The strongest act so far.
    pub strongest: Option<Action>,
    /// Alerts so far.
    pub alerts: u64,
    /// Records so far.
    pub records: u64,
}

/// A unit that decisions are made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Target {
    /// A cluster.
    Cluster(Digest),
    /// What an account does for a cluster.
    Flow(AccountKey),
    /// An account.
    Account(AccountKey),
    /// A key of an account.
    Key(AccountKey),
}

/// What a decision that still stands is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    tenant: Box<str>,
    unit: Unit,
    account_id: Option<Box<str>>,
    api_key_id: Option<Box<str>>,
    cluster_id: Option<Box<str>>,
    flow_id: Option<Box<str>>,
    mode: Mode,
}

impl Lasting {
    fn of(decision: &Decision) -> Lasting {
        Lasting {
            tenant: decision.tenant.clone(),
            unit: decision.unit,
            account_id: decision.account_id.clone(),
            api_key_id: decision.api_key_id.clone(),
            cluster_id: decision.cluster_id.clone(),
            flow_id: decision.flow_id.clone(),
            mode: decision.mode,
        }
    }
}

/// What the joint lane keeps.
#[derive(Clone, Debug, Default)]
pub struct JointState {
    /// Rules people made.
    pub rules: Rules,
    /// The last decision on each target.
    pub last: Keyed<Target, Last>,
    /// What the last decision on each target was about, so that a person can lift it.
    pub standing: Keyed<Target, Lasting>,
    /// What was said of each cluster.
    pub told: Keyed<Digest, Told>,
}

step::persist_tables!(JointState { 0 => rules, 1 => last, 2 => standing, 3 => told });

/// What the joint lane causes.
#[derive(Clone, Debug, PartialEq)]
pub enum Out {
    /// A decision.
    Decided(Box<Decided>),
    /// A cluster as it stands, with its number.
    Cluster(u64, Box<Cluster>),
    /// Something for a person, with its number.
    Alert(u64, Box<Alert>),
    /// For the account lane.
    Row(Entry),
}

/// The joint lane.
#[derive(Clone, Copy, Debug, Default)]
pub struct JointLane;

impl Operator for JointLane {
    type State = JointState;
    type Tables = ();
    type In = In;
    type Out = Out;

    fn apply(&self, state: &mut JointState, _: &(), record: &Stamped<In>, out: &mut Vec<Out>) {
        match &record.record {
            In::Control(control) => obey(state, control, record.at, out),
            In::Dossier(dossier) => judge(state, dossier, out),
        }
    }
}

fn obey(state: &mut JointState, control: &Control, at: EventTime, out: &mut Vec<Out>) {
    out.extend(rules::file(&mut state.rules, control.tenant, at, &control.word).map(Out::Row));
    let (subject, because) = match &control.word {
        Word::Lift { subject, because }
        | Word::Exempt { subject, because, .. }
        | Word::Feedback { subject, because, clears: true } => (subject, because),
        _ => return,
    };
    for target in state.standing.keys() {
        if concerns(state, target, subject) {
            lift(state, target, at, because, out);
        }
    }
}

/// Whether an act on `subject` reaches the decision on `target`.
fn concerns(state: &JointState, target: Target, subject: &SubjectKey) -> bool {
    let Some(decision) = state.standing.get(target) else { return false };
    let is = |id: &Option<Box<str>>, named: &str| id.as_deref() == Some(named);
    match (subject, target) {
        (
            SubjectKey::Account(account),
            Target::Flow(one) | Target::Account(one) | Target::Key(one),
        ) => *account == one,
        (SubjectKey::Named(Unit::Cluster, id), _) => is(&decision.cluster_id, id),
        (SubjectKey::Named(Unit::Flow, id), _) => is(&decision.flow_id, id),
        (SubjectKey::Named(Unit::ApiKey, id), _) => is(&decision.api_key_id, id),
        _ => false,
    }
}

fn lift(state: &mut JointState, target: Target, at: EventTime, because: &str, out: &mut Vec<Out>) {
    let Some(lasting) = state.standing.remove(target) else { return };
    let decisions = state.last.get(target).map_or(0, |last| last.decisions);
    // The evidence stays, so the act would come back at once; an exemption is what keeps it away.
    // Until the lifted act would have ended, the same level is no news.
    if let Some(last) = state.last.get_mut(target) {
        last.decisions += 1;
    }
    let decision = Decision {
        decision_id: decision_id(subject_of(target), at, Action::Lift, decisions),
        event_time: at,
        expires_at: None,
        tenant: lasting.tenant,
        lane: Lane::Joint,
        unit: lasting.unit,
        account_id: lasting.account_id,
        api_key_id: lasting.api_key_id,
        cluster_id: lasting.cluster_id,
        flow_id: lasting.flow_id,
        action: Action::Lift,
        mode: lasting.mode,
        nats: 0.0,
        reasons: Vec::new(),
        benign_if: because.into(),
    };
    let key = key_of(&decision);
    out.push(Out::Decided(Box::new(Decided { as_of: at, key, sequence: decisions, decision })));
}

fn judge(state: &mut JointState, whole: &Dossier, out: &mut Vec<Out>) {
    let parted = apart::part(&state.rules, whole);
    let dossier = &*parted.rest;
    let evidence = weigh(dossier);
    let most = if parted.explained { Action::Observe } else { Action::Block };
    let action = ladder::joint(&evidence).map(|action| action.min(most));
    let cluster_id = public_id(dossier.id);
    let tenant = dossier.members.first().map_or("", |member| member.name.tenant()).to_owned();
    let mut told = state.told.get(dossier.id).cloned().unwrap_or_default();
    let escalates = action > told.strongest;
    if dossier.changed || escalates {
        let record = describe(dossier, &evidence, &cluster_id, &tenant);
        out.push(Out::Cluster(told.records, Box::new(record)));
        told.records += 1;
    }
    if let (true, Some(action)) = (escalates && action >= Some(Action::Verify), action) {
        let alert = alert(dossier, &evidence, &cluster_id, &tenant, action, told.strongest);
        out.push(Out::Alert(told.alerts, Box::new(alert)));
        told.alerts += 1;
    }
    told.strongest = told.strongest.max(action);
    state.told.insert(dossier.id, told);
    let Some(action) = action.filter(|_| lives(dossier)) else { return };
    let scene = Scene { dossier, evidence: &evidence, cluster_id, tenant };
    scene.decide_cluster(state, action, out);
    for member in &dossier.members {
        scene.decide_member(state, member, action, out);
    }
    for member in &parted.declared {
        scene.decide_flow(state, member, Action::Observe, out);
    }
}

fn lives(dossier: &Dossier) -> bool {
    matches!(dossier.status, ClusterStatus::Born | ClusterStatus::Changed)
}

fn public_id(cluster: Digest) -> Box<str> {
    format!("c-{:016x}", cluster.0).into()
}

fn subject_of(target: Target) -> Digest {
    match target {
        Target::Cluster(cluster) => cluster,
        Target::Flow(account) => Digest(account.0.0 ^ 1),
        Target::Account(account) => Digest(account.0.0 ^ 2),
        Target::Key(account) => Digest(account.0.0 ^ 3),
    }
}

fn key_of(decision: &Decision) -> String {
    let (unit, id) = match decision.unit {
        Unit::Cluster => ("cluster", &decision.cluster_id),
        Unit::Flow => ("flow", &decision.flow_id),
        Unit::ApiKey => ("api_key", &decision.api_key_id),
        Unit::Account | Unit::Organization => ("account", &decision.account_id),
    };
    format!("{}:joint:{unit}:{}", decision.tenant, id.as_deref().unwrap_or_default())
}

/// A cluster being judged.
struct Scene<'a> {
    dossier: &'a Dossier,
    evidence: &'a Evidence,
    cluster_id: Box<str>,
    tenant: String,
}

impl Scene<'_> {
    fn decide_cluster(&self, state: &mut JointState, action: Action, out: &mut Vec<Out>) {
        let cluster = SubjectKey::Named(Unit::Cluster, self.cluster_id.clone());
        self.decide(state, Target::Cluster(self.dossier.id), &[cluster], action, out, |_| {});
    }

    /// A member's flow follows the cluster if the member takes part in what the cluster is about;
    /// otherwise it is a bystander and only watched.
    fn decide_member(
        &self,
        state: &mut JointState,
        member: &DossierMember,
        action: Action,
        out: &mut Vec<Out>,
    ) {
        let (account, name) = (member.membership.account, member.name.id());
        let subjects = self.subjects(member);
        if let Some(key) = self.stolen_key(member).filter(|_| action >= Action::Shape) {
            self.decide(
                state,
                Target::Key(account),
                &subjects,
                Action::RotateKey,
                out,
                |decision| {
                    decision.unit = Unit::ApiKey;
                    decision.api_key_id = Some(key.into());
                    decision.account_id = Some(name.into());
                },
            );
            return;
        }
        let flow_action = if self.takes_part(member) { action } else { Action::Observe };
        self.decide_flow(state, member, flow_action, out);
        if action >= Action::Safeguard && earns_block(member) {
            let target = Target::Account(account);
            self.decide(state, target, &subjects, Action::Block, out, |decision| {
                decision.unit = Unit::Account;
                decision.account_id = Some(name.into());
            });
        }
    }

    fn decide_flow(
        &self,
        state: &mut JointState,
        member: &DossierMember,
        action: Action,
        out: &mut Vec<Out>,
    ) {
        let account = member.membership.account;
        let flow_id = format!("f-{:016x}-{:016x}", self.dossier.id.0, account.0.0);
        let (target, subjects) = (Target::Flow(account), self.subjects(member));
        self.decide(state, target, &subjects, action, out, |decision| {
            decision.unit = Unit::Flow;
            decision.flow_id = Some(flow_id.into());
            decision.account_id = Some(member.name.id().into());
        });
    }

    /// What people may have spoken of to mean a member: itself, its organisation, the cluster.
    fn subjects(&self, member: &DossierMember) -> Vec<SubjectKey> {
        let organization = member.organization.map(SubjectKey::Organization);
        [SubjectKey::Account(member.membership.account)]
            .into_iter()
            .chain(organization)
            .chain([SubjectKey::Named(Unit::Cluster, self.cluster_id.clone())])
            .collect()
    }

    fn takes_part(&self, member: &DossierMember) -> bool {
        let Some(standing) = &member.standing else { return false };
        let on_template = member
            .flow_on(&self.dossier.templates)
            .is_some_and(|flow| flow.requests >= 2 && self.is_the_clusters(flow.template));
        on_template || apart::harvests(standing)
    }

    fn is_the_clusters(&self, template: event::id::ObjectKey) -> bool {
        let members = self.dossier.members.len() as u64;
        let its = |one: &event::dossier::TemplateUse| one.is_exclusive() || one.is_common(members);
        self.dossier.templates.iter().any(|one| one.template == template && its(one))
    }

    /// The cluster's flow is the smaller part of an account that was there before the cluster and
    /// has several keys: its key was taken, and the account is a victim.
    fn stolen_key<'m>(&self, member: &'m DossierMember) -> Option<&'m str> {
        let standing = member.standing.as_ref()?;
        let flow = member.flow_on(&self.dossier.templates)?;
        let minority = flow.requests * 2 < standing.requests;
        let older = flow.since.since(standing.first_seen) >= DAY;
        let key = flow.api_key.as_deref()?;
        (standing.keys >= 2 && minority && older && self.is_the_clusters(flow.template))
            .then_some(key)
    }

    fn decide(
        &self,
        state: &mut JointState,
        target: Target,
        subjects: &[SubjectKey],
        wanted: Action,
        out: &mut Vec<Out>,
        about: impl FnOnce(&mut Decision),
    ) {
        let at = self.dossier.at;
        let tenant = event::id::tenant_digest(&self.tenant);
        let keys: Vec<_> = subjects.iter().map(subject_digest).collect();
        let bound = bound(&state.rules, tenant, &keys, at);
        let action = wanted.min(bound.max_action);
        let last = state.last.get(target).copied();
        if action == Action::Lift || !is_news(last, action, at) {
            return;
        }
        let decisions = last.map_or(0, |last| last.decisions);
        let expires_at = at.plus(ladder::lasts(action));
        state.last.insert(target, Last { action, expires_at, decisions: decisions + 1 });
        let mut decision = self.record(target, action, bound.mode, expires_at, decisions);
        about(&mut decision);
        state.standing.insert(target, Lasting::of(&decision));
        let decided = Decided { as_of: at, key: key_of(&decision), sequence: decisions, decision };
        out.push(Out::Decided(Box::new(decided)));
    }

    fn record(
        &self,
        target: Target,
        action: Action,
        mode: Mode,
        expires_at: EventTime,
        decisions: u64,
    ) -> Decision {
        Decision {
            decision_id: decision_id(subject_of(target), self.dossier.at, action, decisions),
            event_time: self.dossier.at,
            expires_at: Some(expires_at),
            tenant: self.tenant.as_str().into(),
            lane: Lane::Joint,
            unit: Unit::Cluster,
            account_id: None,
            api_key_id: None,
            cluster_id: Some(self.cluster_id.clone()),
            flow_id: None,
            action,
            mode,
            nats: self.evidence.combined().to_f64(),
            reasons: self.evidence.reasons.clone(),
            benign_if: evidence::benign_if(action).into(),
        }
    }
}

/// Guilt by association never blocks: the account's own running test must stand at three million to
/// one, and coordination must tie it to the core by itself.
fn earns_block(member: &DossierMember) -> bool {
    let own = member.standing.as_ref().is_some_and(|standing| standing.content >= ladder::BLOCK);
    own && member.membership.core && member.membership.coordination >= ladder::SAFEGUARD
}

fn describe(dossier: &Dossier, evidence: &Evidence, cluster_id: &str, tenant: &str) -> Cluster {
    let standings = || dossier.members.iter().filter_map(|member| member.standing.as_ref());
    let count = dossier.members.len() as u64;
    let own = dossier.templates.iter().filter(|one| one.is_exclusive() || one.is_common(count));
    let mut members: Vec<Member> = dossier
        .members
        .iter()
        .map(|member| Member {
            account_id: member.name.id().into(),
            // Whole thousandths: full weight at two echoes' worth.
            weight: (member.membership.attachment.to_milli() * 1_000 / 18_420).min(1_000) as f64
                / 1_000.0,
        })
        .collect();
    members.sort_by(|one, other| one.account_id.cmp(&other.account_id));
    let parent = dossier.parent.map(public_id);
    let merged = dossier.status == ClusterStatus::Merged;
    Cluster {
        cluster_id: cluster_id.into(),
        event_time: dossier.at,
        tenant: tenant.into(),
        status: dossier.status,
        merged_into: parent.clone().filter(|_| merged),
        parent: parent.filter(|_| !merged),
        first_seen: standings().map(|one| one.first_seen).min().unwrap_or(dossier.at),
        requests: standings().map(|one| one.requests).sum(),
        template_requests: own.clone().map(|one| one.requests).sum(),
        templates: own.map(|one| format!("t-{:016x}", one.template.0.0).into()).collect(),
        distillation: evidence.distillation(),
        resale: evidence.resale(),
        reasons: evidence.reasons.clone(),
        members,
    }
}

fn alert(
    dossier: &Dossier,
    evidence: &Evidence,
    cluster_id: &str,
    tenant: &str,
    action: Action,
    before: Option<Action>,
) -> Alert {
    let kind = if before >= Some(Action::Verify) { "escalation" } else { "campaign" };
    let accounts = dossier.members.len() as u64;
    let because = evidence.reasons.first().map_or("", |reason| &*reason.text);
    Alert {
        alert_id: decision_id(Digest(!dossier.id.0), dossier.at, action, 0),
        event_time: dossier.at,
        tenant: tenant.into(),
        kind: kind.into(),
        cluster_id: cluster_id.into(),
        accounts,
        action,
        summary: format!("{accounts} accounts act as one. {because}").into(),
        reasons: evidence.reasons.clone(),
    }
}
