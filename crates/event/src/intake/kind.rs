//! The `type` of an event, apart from what is in it.

use crate::contract::{Act, Body};

/// The `type` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "they are the variants of `Body`, and documented there")]
pub enum Kind {
    Request,
    Signup,
    Payment,
    Verification,
    ModelRelease,
    ClientRelease,
    Feedback,
    Enforcement,
    Policy,
    Approval,
    Lift,
    Allow,
    Snooze,
    Indicator,
    DeclaredUse,
    Behaviour,
    Clock,
}

impl Kind {
    /// Every type, in the order of the contract.
    pub const ALL: [Kind; 17] = [
        Kind::Request,
        Kind::Signup,
        Kind::Payment,
        Kind::Verification,
        Kind::ModelRelease,
        Kind::ClientRelease,
        Kind::Feedback,
        Kind::Enforcement,
        Kind::Policy,
        Kind::Approval,
        Kind::Lift,
        Kind::Allow,
        Kind::Snooze,
        Kind::Indicator,
        Kind::DeclaredUse,
        Kind::Behaviour,
        Kind::Clock,
    ];

    /// The name as it stands in `type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Request => "request",
            Kind::Signup => "signup",
            Kind::Payment => "payment",
            Kind::Verification => "verification",
            Kind::ModelRelease => "model_release",
            Kind::ClientRelease => "client_release",
            Kind::Feedback => "feedback",
            Kind::Enforcement => "enforcement",
            Kind::Policy => "policy",
            Kind::Approval => "approval",
            Kind::Lift => "lift",
            Kind::Allow => "allow",
            Kind::Snooze => "snooze",
            Kind::Indicator => "indicator",
            Kind::DeclaredUse => "declared_use",
            Kind::Behaviour => "behaviour",
            Kind::Clock => "clock",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A body of this type with nothing in it.
    pub(super) fn blank<'a>(self) -> Body<'a> {
        match self {
            Kind::Request => Body::Request(Box::default()),
            Kind::Signup => Body::Signup(Box::default()),
            Kind::Payment => Body::Payment(Box::default()),
            Kind::Verification => Body::Verification(Default::default()),
            Kind::ModelRelease => Body::ModelRelease(Default::default()),
            Kind::ClientRelease => Body::ClientRelease(Default::default()),
            Kind::Feedback => Body::Feedback(Default::default()),
            Kind::Enforcement => Body::Enforcement(Default::default()),
            Kind::Policy => Body::Policy(Default::default()),
            Kind::Approval => Body::Approval(Act::default()),
            Kind::Lift => Body::Lift(Act::default()),
            Kind::Allow => Body::Allow(Act::default()),
            Kind::Snooze => Body::Snooze(Act::default()),
            Kind::Indicator => Body::Indicator(Default::default()),
            Kind::DeclaredUse => Body::DeclaredUse(Default::default()),
            Kind::Behaviour => Body::Behaviour(Default::default()),
            Kind::Clock => Body::Clock(Default::default()),
        }
    }
}

impl Body<'_> {
    /// The `type` of this body.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Body::Request(_) => Kind::Request,
            Body::Signup(_) => Kind::Signup,
            Body::Payment(_) => Kind::Payment,
            Body::Verification(_) => Kind::Verification,
            Body::ModelRelease(_) => Kind::ModelRelease,
            Body::ClientRelease(_) => Kind::ClientRelease,
            Body::Feedback(_) => Kind::Feedback,
            Body::Enforcement(_) => Kind::Enforcement,
            Body::Policy(_) => Kind::Policy,
            Body::Approval(_) => Kind::Approval,
            Body::Lift(_) => Kind::Lift,
            Body::Allow(_) => Kind::Allow,
            Body::Snooze(_) => Kind::Snooze,
            Body::Indicator(_) => Kind::Indicator,
            Body::DeclaredUse(_) => Kind::DeclaredUse,
            Body::Behaviour(_) => Kind::Behaviour,
            Body::Clock(_) => Kind::Clock,
        }
    }
}
