//! The ladder: how much evidence each act takes. All levels of decisions are on this page.
//!
//! Levels are nats: 2.3 is ten to one, 4.6 a hundred to one, 6.9 a thousand, 9.2 ten thousand, 14.9
//! three million to one (a running test over 30 days at one false alarm in 100,000 accounts).

use event::Nats;
use event::contract::Action;
use event::time::{DAY, HOUR};

use crate::evidence::Evidence;

/// Ten to one.
pub const OBSERVE: Nats = Nats::milli(2_300);
/// A hundred to one.
pub const VERIFY: Nats = Nats::milli(4_600);
/// A thousand to one.
pub const SHAPE: Nats = Nats::milli(6_900);
/// Ten thousand to one.
pub const SAFEGUARD: Nats = Nats::milli(9_200);
/// Three million to one.
pub const BLOCK: Nats = Nats::milli(14_900);

/// What an account's own evidence allows: content and origins never stand in for each other, since
/// whole honest businesses (judges, translators, evaluations) look like harvests by content alone.
#[must_use]
pub fn own(content: Nats, orphans: Nats) -> Option<Action> {
    let (least, most) = (content.min(orphans), content.max(orphans));
    match () {
        () if least >= SHAPE => Some(Action::Shape),
        () if least >= VERIFY => Some(Action::Verify),
        () if most >= OBSERVE => Some(Action::Observe),
        () => None,
    }
}

/// What a cluster's evidence allows. Beyond observing it takes two families. A template that the
/// members share is content only beside coordination: that accounts tied by a card or a schedule
/// share a text is how every team works. Where only identity or the schedule ties them, the content
/// must be a harvest in so many words.
#[must_use]
pub fn joint(evidence: &Evidence) -> Option<Action> {
    let Evidence { coordination, identity, harvest_words: words, .. } = *evidence;
    let content = if evidence.echoes { evidence.content() } else { words };
    let combined = evidence.combined();
    let pooled = coordination >= SHAPE && content >= VERIFY;
    let paid_together = identity >= VERIFY && words >= SAFEGUARD;
    let resold = coordination >= SAFEGUARD && identity >= VERIFY;
    match () {
        () if combined >= SAFEGUARD && coordination >= SHAPE && content >= SHAPE => {
            Some(Action::Safeguard)
        }
        () if combined >= SHAPE && (pooled || paid_together) => Some(Action::Shape),
        () if combined >= VERIFY && (resold || (identity >= VERIFY && words >= VERIFY)) => {
            Some(Action::Verify)
        }
        () if combined >= OBSERVE => Some(Action::Observe),
        () => None,
    }
}

/// How long an act lasts unless it is renewed.
#[must_use]
pub fn lasts(action: Action) -> i64 {
    match action {
        Action::Lift => 0,
        Action::Observe | Action::Shape | Action::Safeguard => 48 * HOUR,
        Action::Verify | Action::RotateKey => 3 * DAY,
        Action::Block => 30 * DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(milli: i64) -> Nats {
        Nats::milli(milli)
    }

    #[test]
    fn content_alone_is_only_watched() {
        assert_eq!(own(n(30_000), n(0)), Some(Action::Observe));
        assert_eq!(own(n(5_000), n(5_000)), Some(Action::Verify));
        assert_eq!(own(n(30_000), n(7_000)), Some(Action::Shape));
        assert_eq!(own(n(1_000), n(1_000)), None);
    }

    #[test]
    fn a_cluster_needs_the_harvest_beside_the_pool() {
        let judge = |words, template, coordination, identity, echoes| {
            joint(&Evidence {
                harvest_words: n(words),
                shared_template: n(template),
                coordination: n(coordination),
                identity: n(identity),
                echoes,
                reasons: Vec::new(),
            })
        };
        assert_eq!(judge(20_000, 0, 18_000, 0, true), Some(Action::Safeguard));
        assert_eq!(judge(0, 20_000, 18_000, 0, true), Some(Action::Safeguard));
        assert_eq!(judge(0, 20_000, 9_200, 0, false), Some(Action::Observe), "a schedule alone");
        assert_eq!(judge(20_000, 0, 9_200, 0, false), Some(Action::Safeguard));
        assert_eq!(judge(20_000, 0, 0, 6_000, false), Some(Action::Shape), "cards and a harvest");
        assert_eq!(judge(0, 20_000, 0, 6_000, false), Some(Action::Observe), "a team's template");
        assert_eq!(judge(0, 0, 18_000, 0, true), Some(Action::Observe), "a pool, no harvest");
        assert_eq!(judge(0, 0, 18_000, 6_000, true), Some(Action::Verify), "a reseller's pool");
        assert_eq!(judge(30_000, 30_000, 0, 0, false), Some(Action::Observe), "content alone");
        assert_eq!(judge(0, 0, 0, 0, false), None);
    }
}
