//! Where an event comes in: what is about an account goes on enriched, what steers goes to the
//! control log, reduced as well. No text gets past here.

use enrich::{Enricher, Purpose, Recent};
use event::EventTime;
use event::contract::{Act, Action, BEHAVIOUR, Body, Event, Mode, ReleaseKind, Subject, Unit};
use event::control::{Control, SubjectKey, Word};
use event::enriched::Enriched;
use event::id::{Digest, tenant_digest};
use serde::{Deserialize, Serialize};

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Taken {
    /// It is about an account.
    Account(Box<Enriched>),
    /// It steers.
    Control(Box<Control>),
    /// Time went on, and nothing else.
    Clock(EventTime),
}

impl Taken {
    /// When it happened.
    #[must_use]
    pub fn time(&self) -> EventTime {
        match self {
            Taken::Account(enriched) => enriched.time,
            Taken::Control(control) => control.time,
            Taken::Clock(time) => *time,
        }
    }

    /// The behaviour that a record asks for and this program does not know.
    #[must_use]
    pub fn beyond(&self) -> Option<u64> {
        match self {
            Taken::Control(control) => match control.word {
                Word::Behaviour { version } => Some(version).filter(|one| *one > BEHAVIOUR),
                _ => None,
            },
            Taken::Account(_) | Taken::Clock(_) => None,
        }
    }
}

/// Takes events in.
#[derive(Clone, Debug)]
pub struct Intake {
    enricher: Enricher,
}

impl Intake {
    /// An intake with this enricher.
    #[must_use]
    pub fn new(enricher: Enricher) -> Intake {
        Intake { enricher }
    }

    /// What only the secret of the sketches says, and not the secret.
    #[must_use]
    pub fn key_check(&self) -> Digest {
        self.enricher.key_check()
    }

    /// Takes one event in.
    #[must_use]
    pub fn take(&self, event: &Event<'_>, recent: &mut Recent) -> Taken {
        match self.enricher.enrich(event, recent) {
            Some(enriched) => Taken::Account(Box::new(enriched)),
            None if matches!(event.body, Body::Clock(_)) => Taken::Clock(event.event_time),
            None => Taken::Control(Box::new(self.control(event))),
        }
    }

    fn control(&self, event: &Event<'_>) -> Control {
        let tenant = event.tenant.as_deref().unwrap_or_default();
        Control {
            id: self.enricher.digest(Purpose::Event, tenant, &event.event_id),
            time: event.event_time,
            tenant: tenant_digest(tenant),
            word: self.word(tenant, &event.body),
        }
    }

    fn word(&self, tenant: &str, body: &Body<'_>) -> Word {
        match body {
            Body::ModelRelease(release) => {
                let model: Box<str> = release.model.as_ref().into();
                match release.kind {
                    ReleaseKind::Release => Word::ModelReleased { model },
                    _ => Word::ModelChanged { model },
                }
            }
            Body::ClientRelease(release) => {
                let mut fingerprints: Vec<_> = release
                    .injected_texts
                    .iter()
                    .flat_map(|text| self.enricher.sketch_block(tenant, text).fingerprints)
                    .collect();
                fingerprints.sort_unstable();
                fingerprints.dedup();
                Word::ClientReleased { fingerprints }
            }
            Body::Feedback(feedback) => {
                let subject = Subject {
                    account_id: feedback.account_id.clone(),
                    cluster_id: feedback.cluster_id.clone(),
                    ..Subject::default()
                };
                let label = feedback.label.as_deref().unwrap_or_default();
                match self.subject(tenant, &subject) {
                    Some(subject) => Word::Feedback {
                        subject,
                        clears: matches!(label, "benign" | "appeal_upheld" | "false_positive"),
                        because: because(&feedback.author, &feedback.reason),
                    },
                    None => Word::Indicator,
                }
            }
            Body::Policy(policy) => Word::Policy {
                subject: self.subject(tenant, &policy.subject),
                mode: policy.mode.unwrap_or(Mode::Enforce),
                max_action: policy.max_action.unwrap_or(Action::Block),
                expires_at: policy.expires_at.unwrap_or(EventTime::MAX),
                because: because(&policy.author, &policy.reason),
            },
            Body::Approval(act) => self.act(tenant, act, |subject, expires_at, because| {
                let action = act.action.unwrap_or(Action::Block);
                Word::Approval { subject, action, expires_at, because }
            }),
            Body::Lift(act) => {
                self.act(tenant, act, |subject, _, because| Word::Lift { subject, because })
            }
            Body::Allow(act) | Body::Snooze(act) => {
                self.act(tenant, act, |subject, expires_at, because| Word::Exempt {
                    subject,
                    expires_at,
                    because,
                })
            }
            Body::DeclaredUse(declared) => {
                let subject = Subject {
                    account_id: declared.account_id.clone(),
                    organization_id: declared.organization_id.clone(),
                    ..Subject::default()
                };
                match self.subject(tenant, &subject) {
                    Some(subject) => Word::Declared {
                        subject,
                        usage: declared.usage.as_deref().unwrap_or("unspecified").into(),
                        expires_at: declared.expires_at.unwrap_or(EventTime::MAX),
                    },
                    None => Word::Indicator,
                }
            }
            Body::Behaviour(behaviour) => {
                Word::Behaviour { version: behaviour.version.unwrap_or_default() }
            }
            // Whatever is about an account was enriched; what is left is noted and acts on nothing.
            _ => Word::Indicator,
        }
    }

    fn act(
        &self,
        tenant: &str,
        act: &Act<'_>,
        word: impl FnOnce(SubjectKey, EventTime, Box<str>) -> Word,
    ) -> Word {
        match self.subject(tenant, &act.subject) {
            Some(subject) => word(
                subject,
                act.expires_at.unwrap_or(EventTime::MAX),
                because(&act.author, &act.reason),
            ),
            None => Word::Indicator,
        }
    }

    /// The unit a subject names: the one it says, else the first id that is there.
    fn subject(&self, tenant: &str, subject: &Subject<'_>) -> Option<SubjectKey> {
        let account = || {
            let id = subject.account_id.as_deref()?;
            Some(SubjectKey::Account(self.enricher.account(tenant, id)))
        };
        let organization = || {
            let id = subject.organization_id.as_deref()?;
            Some(SubjectKey::Organization(self.enricher.digest(Purpose::Organization, tenant, id)))
        };
        let named = |unit: Unit, id: &Option<event::contract::Text<'_>>| {
            Some(SubjectKey::Named(unit, id.as_deref()?.into()))
        };
        let of = |unit: Unit| match unit {
            Unit::Account => account(),
            Unit::Organization => organization(),
            Unit::ApiKey => named(unit, &subject.api_key_id),
            Unit::Flow => named(unit, &subject.flow_id),
            Unit::Cluster => named(unit, &subject.cluster_id),
        };
        let order = [Unit::Flow, Unit::ApiKey, Unit::Account, Unit::Cluster, Unit::Organization];
        subject.unit.and_then(of).or_else(|| order.into_iter().find_map(of))
    }
}

fn because(
    author: &Option<event::contract::Text<'_>>,
    reason: &Option<event::contract::Text<'_>>,
) -> Box<str> {
    let author = author.as_deref().unwrap_or("somebody");
    let reason = reason.as_deref().unwrap_or("no reason given");
    format!("{author}: {reason}").into()
}
