//! The account lane: one account's own evidence, at fixed levels, spending no shared budget.

use event::EventTime;
use event::contract::{Action, Mode, Unit};
use event::id::{AccountKey, Digest};
use event::observation::Observation;
use event::public::{Decision, Family, Lane, Reason};
use serde::{Deserialize, Serialize};
use step::{Keyed, Operator, Stamped};

use crate::rules::{RuleTable, rule_for_account};
use crate::{Decided, evidence, ladder};

/// What was decided last about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// The act.
    pub action: Action,
    /// Until when.
    pub expires_at: EventTime,
    /// Decisions so far.
    pub decisions: u64,
}

/// What the account lane keeps, per slot.
#[derive(Clone, Debug, Default)]
pub struct AccountState {
    /// The last decision on each account that ever had one.
    pub last: Keyed<AccountKey, Last>,
}

step::persist_tables!(AccountState { 0 => last });

/// The account lane.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountLane;

impl Operator for AccountLane {
    type State = AccountState;
    type Tables = RuleTable;
    type In = Observation;
    type Out = Decided;

    fn apply(
        &self,
        state: &mut AccountState,
        rules: &RuleTable,
        record: &Stamped<Observation>,
        out: &mut Vec<Decided>,
    ) {
        let (seen, at) = (&record.record, record.at);
        let Some(action) = ladder::own(seen.content, seen.orphans) else { return };
        let tenant = seen.name.tenant_digest();
        let rule = rule_for_account(rules, tenant, (seen.account, seen.organization), at);
        let action = rule.map_or(action, |rule| action.min(rule.max_action));
        let mode = rule.map_or(Mode::Enforce, |rule| rule.mode);
        let last = state.last.get(seen.account).copied();
        if action == Action::Lift || !is_news(last, action, at) {
            return;
        }
        let expires_at = at.plus(ladder::lasts(action));
        let decisions = last.map_or(0, |last| last.decisions);
        let last = Last { action, expires_at, decisions: decisions + 1 };
        state.last.insert(seen.account, last);
        out.push(decided(seen, at, action, mode, expires_at, decisions));
    }
}

/// Stronger than what holds, or due for renewal: what holds has less than half its time left. A
/// weaker act waits until the stronger one has run out.
pub fn is_news(last: Option<Last>, action: Action, at: EventTime) -> bool {
    let Some(last) = last.filter(|last| last.expires_at > at) else { return true };
    let left = last.expires_at.since(at);
    action > last.action || (action == last.action && left * 2 < ladder::lasts(action))
}

/// An id from content: the same decision has the same id in every replay.
pub fn decision_id(subject: Digest, at: EventTime, action: Action, decisions: u64) -> Box<str> {
    let mixed = subject.0.rotate_left(23)
        ^ (at.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (decisions << 8 | action as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    format!("d-{mixed:016x}").into()
}

fn decided(
    seen: &Observation,
    at: EventTime,
    action: Action,
    mode: Mode,
    expires_at: EventTime,
    decisions: u64,
) -> Decided {
    let nats = seen.content.max(seen.orphans);
    let id = seen.name.id();
    Decided {
        as_of: seen.as_of,
        key: format!("{}:account:account:{id}", seen.name.tenant()),
        sequence: decisions,
        decision: Decision {
            decision_id: decision_id(seen.account.0, at, action, decisions),
            event_time: at,
            expires_at: Some(expires_at),
            tenant: seen.name.tenant().into(),
            lane: Lane::Account,
            unit: Unit::Account,
            account_id: Some(id.into()),
            api_key_id: None,
            cluster_id: None,
            flow_id: None,
            action,
            mode,
            nats: nats.to_f64(),
            reasons: reasons(seen),
            benign_if: evidence::benign_if(action).into(),
        },
    }
}

fn reasons(seen: &Observation) -> Vec<Reason> {
    let share = |count: u64| count * 100 / seen.requests.max(1);
    let (words, chains) = (share(seen.harvest_like), share(seen.chained));
    let mut reasons = Vec::new();
    if seen.content >= ladder::OBSERVE {
        reasons.push((
            seen.content,
            Reason {
                code: "harvest_like_requests".into(),
                family: Family::Content,
                nats: seen.content.to_f64(),
                value: format!("{words} % and {chains} % of {} requests", seen.requests).into(),
                normal: "together at most 15 %".into(),
                text: format!(
                    "Of the account's {} requests {words} % ask for what trains a copy and {chains} \
                     % walk one prompt with changing slots; of ordinary accounts' independent \
                     requests at most 15 % do either.",
                    seen.requests
                )
                .into(),
            },
        ));
    }
    if seen.orphans >= ladder::OBSERVE {
        reasons.push((
            seen.orphans,
            Reason {
                code: "conversations_from_elsewhere".into(),
                family: Family::Coordination,
                nats: seen.orphans.to_f64(),
                value: format!("in {} sessions", seen.sessions).into(),
                normal: "at most 5 % of conversations".into(),
                text: format!(
                    "Conversations arrive in the middle, with answers this account never got \
                     ({} sessions so far); ordinarily at most one in twenty does.",
                    seen.sessions
                )
                .into(),
            },
        ));
    }
    reasons.sort_by_key(|one: &(event::Nats, Reason)| std::cmp::Reverse(one.0));
    reasons.into_iter().map(|(_, reason)| reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::Nats;
    use event::id::Name;
    use event::time::HOUR;

    fn run(levels: &[(i64, i64, i64)]) -> Vec<(i64, Action)> {
        let mut state = AccountState::default();
        let mut out = Vec::new();
        for (hour, content, orphans) in levels {
            let record = Observation {
                account: AccountKey(Digest(1)),
                name: Name::new("", "a"),
                organization: None,
                as_of: EventTime(hour * HOUR),
                requests: 10,
                harvest_like: 9,
                chained: 0,
                sessions: 10,
                content: Nats::milli(*content),
                orphans: Nats::milli(*orphans),
            };
            let at = EventTime(hour * HOUR);
            let stamped = Stamped { at, clamped: false, record };
            AccountLane.apply(&mut state, &RuleTable::default(), &stamped, &mut out);
        }
        out.iter().map(|one| (one.decision.event_time.0 / HOUR, one.decision.action)).collect()
    }

    #[test]
    fn a_decision_is_written_when_it_rises_and_before_it_runs_out() {
        assert_eq!(
            run(&[(0, 1_000, 0), (1, 3_000, 0), (2, 20_000, 0), (20, 20_000, 0), (30, 20_000, 0)]),
            [(1, Action::Observe), (30, Action::Observe)]
        );
        assert_eq!(
            run(&[(0, 9_000, 5_000), (1, 9_000, 7_000), (2, 9_000, 5_000), (60, 9_000, 5_000)]),
            [(0, Action::Verify), (1, Action::Shape), (60, Action::Verify)]
        );
    }
}
