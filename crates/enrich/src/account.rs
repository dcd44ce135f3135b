//! The facts of an account's life that are no requests: sign-up, payment, check, enforcement.

use event::contract::{Client, Enforcement, Payment, Signup, Verification};
use event::enriched::{EnforcementFact, Origin, PaymentFact, SignupFact, VerificationFact};
use event::id::Digest;

use crate::origin::{client, mail_domain, mail_shape, mailbox, network, telling};
use crate::{Enricher, Purpose};

impl Enricher {
    /// The digest of an identifier, if it was given and says something.
    pub(crate) fn known(
        &self,
        purpose: Purpose,
        tenant: &str,
        value: &Option<event::contract::Text<'_>>,
    ) -> Option<Digest> {
        Some(self.digest(purpose, tenant, telling(value.as_deref())?))
    }

    pub(crate) fn origin(&self, tenant: &str, from: Option<&Client<'_>>) -> Origin {
        let Some(from) = from else { return Origin::default() };
        let network = from.ip.as_deref().and_then(network);
        let client = client(from.ja4.as_deref(), from.user_agent.as_deref());
        Origin {
            network: network.map(|bytes| self.keys.digest(Purpose::Network, tenant, &bytes)),
            client: client.map(|shape| self.digest(Purpose::Client, tenant, &shape)),
            device: self.known(Purpose::Device, tenant, &from.device_id),
        }
    }

    pub(crate) fn signup(&self, tenant: &str, signup: &Signup<'_>) -> SignupFact {
        let mailbox = signup.email.as_deref().and_then(mailbox);
        let domain = match &mailbox {
            Some((_, domain)) => Some(domain.clone()),
            None => signup.email_domain.as_deref().and_then(mail_domain),
        };
        let shape = mailbox.map(|(local, domain)| format!("{}@{domain}", mail_shape(local)));
        // Names that people type differ in case.
        let lower = |purpose, value: &Option<event::contract::Text<'_>>| {
            let value = telling(value.as_deref())?.to_lowercase();
            Some(self.digest(purpose, tenant, &value))
        };
        SignupFact {
            organization: self.known(Purpose::Organization, tenant, &signup.organization_id),
            program: lower(Purpose::Program, &signup.program),
            institution: lower(Purpose::Institution, &signup.institution),
            email_domain: domain.map(|domain| self.digest(Purpose::EmailDomain, tenant, &domain)),
            email_shape: shape.map(|shape| self.digest(Purpose::EmailShape, tenant, &shape)),
            referral: self.known(Purpose::Referral, tenant, &signup.referral),
            origin: self.origin(tenant, signup.client.as_ref()),
        }
    }

    pub(crate) fn payment(&self, tenant: &str, payment: &Payment<'_>) -> PaymentFact {
        PaymentFact {
            instrument: self.known(Purpose::Instrument, tenant, &payment.instrument),
            // A payment about whose result nothing is said is one that was made.
            succeeded: payment.result.as_deref().is_none_or(went_well),
        }
    }

    pub(crate) fn verification(&self, tenant: &str, check: &Verification<'_>) -> VerificationFact {
        VerificationFact {
            document: self.known(Purpose::Document, tenant, &check.document_digest),
            // A check about whose result nothing is said has not been passed.
            passed: check.result.as_deref().is_some_and(went_well),
        }
    }
}

/// Whether the act stopped the account altogether.
pub(crate) fn enforcement(act: &Enforcement<'_>) -> EnforcementFact {
    let stopping = ["block", "blocked", "ban", "banned", "suspend", "suspended", "terminate"];
    let stops = act.action.as_deref().is_some_and(|action| is_one_of(action, &stopping));
    let failing = ["failed", "failure", "error", "rejected", "skipped"];
    let failed = act.result.as_deref().is_some_and(|result| is_one_of(result, &failing));
    EnforcementFact { blocked: stops && !failed }
}

fn went_well(result: &str) -> bool {
    let words = ["success", "succeeded", "ok", "paid", "approved", "captured", "settled"];
    is_one_of(result, &words)
        || is_one_of(result, &["pass", "passed", "verified", "accepted", "authorized", "completed"])
}

pub(crate) fn is_one_of(text: &str, words: &[&str]) -> bool {
    let text = text.trim();
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopping_an_account_is_told_from_other_acts() {
        let table = [
            (Some("block"), None, true),
            (Some("Suspend"), Some("ok"), true),
            (Some("ban"), Some("failed"), false),
            (Some("shape"), None, false),
            (Some("lift"), None, false),
            (None, None, false),
        ];
        for (action, result, blocked) in table {
            let act = Enforcement {
                action: action.map(Into::into),
                result: result.map(Into::into),
                ..Enforcement::default()
            };
            assert_eq!(enforcement(&act).blocked, blocked, "{action:?} {result:?}");
        }
    }
}
