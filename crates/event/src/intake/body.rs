//! The fields of every type of event: which name is read how, and which ones are required.
//!
//! What a caller of the platform can choose freely (`end_user_id`, `conversation_id`, the client)
//! is text and never checked as an id: or a control character in it would keep a call out of sight.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, MapAccess};

use super::record::{Choice, Object, Record, Value};
use super::reject::Reason;
use super::value::{Entry, Place, Reader};
use crate::contract::{
    Act, Action, Behaviour, Body, Client, ClientRelease, DeclaredUse, Enforcement, Feedback,
    Indicator, Mode, ModelRelease, Payment, Policy, ReleaseKind, Request, Signup, Subject, Text,
    Turn, Unit, Verification,
};

/// Takes the value of the field `key` of a body, or skips it.
pub(super) fn field<'de, A: MapAccess<'de>>(
    body: &mut Body<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match body {
        Body::Request(body) => request(body, key, value),
        Body::Signup(body) => signup(body, key, value),
        Body::Payment(body) => payment(body, key, value),
        Body::Verification(body) => verification(body, key, value),
        Body::ModelRelease(body) => model_release(body, key, value),
        Body::ClientRelease(body) => client_release(body, key, value),
        Body::Feedback(body) => feedback(body, key, value),
        Body::Enforcement(body) => enforcement(body, key, value),
        Body::Policy(body) => policy(body, key, value),
        Body::Approval(body) | Body::Lift(body) | Body::Allow(body) | Body::Snooze(body) => {
            act(body, key, value)
        }
        Body::Indicator(body) => indicator(body, key, value),
        Body::DeclaredUse(body) => declared_use(body, key, value),
        Body::Behaviour(body) => behaviour(body, key, value),
        Body::Clock(_) => value.skip(),
    }
}

/// Says which required field of a body is missing.
pub(super) fn finish<E: Error>(body: &Body<'_>, place: Place<'_>) -> Result<(), E> {
    let required = |field: &str, value: &str| {
        if value.is_empty() { Err(place.context.missing(field)) } else { Ok(()) }
    };
    let one_of = |there: bool, fields: &str| {
        if there { Ok(()) } else { Err(place.context.missing(fields)) }
    };
    match body {
        Body::Request(body) => {
            required("account_id", &body.account_id)?;
            required("model", &body.model)
        }
        Body::Signup(body) => required("account_id", &body.account_id),
        Body::Payment(body) => required("account_id", &body.account_id),
        Body::Verification(body) => required("account_id", &body.account_id),
        Body::Enforcement(body) => required("account_id", &body.account_id),
        Body::ModelRelease(body) => required("model", &body.model),
        Body::Feedback(body) => one_of(
            body.account_id.is_some() || body.cluster_id.is_some(),
            "account_id or cluster_id",
        ),
        Body::DeclaredUse(body) => one_of(
            body.account_id.is_some() || body.organization_id.is_some(),
            "account_id or organization_id",
        ),
        Body::Approval(body) | Body::Lift(body) | Body::Allow(body) | Body::Snooze(body) => {
            finish_subject(&body.subject, place)
        }
        Body::Behaviour(body) => one_of(body.version.is_some_and(|one| one > 0), "version"),
        // A rule without a subject holds for everybody; the others require nothing.
        Body::Policy(_) | Body::ClientRelease(_) | Body::Indicator(_) | Body::Clock(_) => Ok(()),
    }
}

/// An act names its subject, and if it says which unit that is, it names that unit.
fn finish_subject<E: Error>(subject: &Subject<'_>, place: Place<'_>) -> Result<(), E> {
    let ids = [
        (Unit::Account, "account_id", subject.account_id.is_some()),
        (Unit::ApiKey, "api_key_id", subject.api_key_id.is_some()),
        (Unit::Organization, "organization_id", subject.organization_id.is_some()),
        (Unit::Flow, "flow_id", subject.flow_id.is_some()),
        (Unit::Cluster, "cluster_id", subject.cluster_id.is_some()),
    ];
    if !ids.iter().any(|&(_, _, there)| there) {
        let names = ids.map(|(_, name, _)| name).join(", ");
        let detail = format!("required: at least one of {names}");
        return Err(place.context.refuse(Reason::MissingField, detail));
    }
    match ids.iter().find(|&&(unit, _, there)| subject.unit == Some(unit) && !there) {
        Some((_, name, _)) => Err(place.context.missing(name)),
        None => Ok(()),
    }
}

fn request<'de, A: MapAccess<'de>>(
    to: &mut Request<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.own_id(&mut to.account_id),
        "model" => value.own_id(&mut to.model),
        "organization_id" => value.id(&mut to.organization_id),
        "api_key_id" => value.id(&mut to.api_key_id),
        "end_user_id" => value.one(&mut to.end_user_id),
        "channel" => value.one(&mut to.channel),
        "operation" => value.one(&mut to.operation),
        "conversation_id" => value.one(&mut to.conversation_id),
        "stream" => value.one(&mut to.stream),
        "batch" => value.one(&mut to.batch),
        "input_tokens" => value.one(&mut to.input_tokens),
        "output_tokens" => value.one(&mut to.output_tokens),
        "cache_read_input_tokens" => value.one(&mut to.cache_read_input_tokens),
        "cache_creation_input_tokens" => value.one(&mut to.cache_creation_input_tokens),
        "reasoning_output_tokens" => value.one(&mut to.reasoning_output_tokens),
        "max_tokens" => value.one(&mut to.max_tokens),
        "temperature" => value.one(&mut to.temperature),
        "top_p" => value.one(&mut to.top_p),
        "choice_count" => value.one(&mut to.choice_count),
        "logprobs" => value.one(&mut to.logprobs),
        "reasoning_effort" => value.one(&mut to.reasoning_effort),
        "status_code" => value.one(&mut to.status_code),
        "finish_reason" => value.one(&mut to.finish_reason),
        "refusal_category" => value.one(&mut to.refusal_category),
        "latency_ms" => value.one(&mut to.latency_ms),
        "client" => value.record(&mut to.client),
        "system" => value.one(&mut to.system),
        "turns" => value.list(&mut to.turns),
        "tools" => value.texts_or_objects(&mut to.tools),
        "modalities" => value.list(&mut to.modalities),
        "response" => value.one(&mut to.response),
        "minted_artifacts" => value.list(&mut to.minted_artifacts),
        "referenced_artifacts" => value.list(&mut to.referenced_artifacts),
        "sketch" => value.one(&mut to.sketch),
        "content_hashes" => value.list(&mut to.content_hashes),
        _ => value.skip(),
    }
}

fn signup<'de, A: MapAccess<'de>>(
    to: &mut Signup<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.own_id(&mut to.account_id),
        "organization_id" => value.id(&mut to.organization_id),
        "program" => value.one(&mut to.program),
        "institution" => value.one(&mut to.institution),
        "email" => value.one(&mut to.email),
        "email_domain" => value.one(&mut to.email_domain),
        "email_digest" => value.one(&mut to.email_digest),
        "phone_country" => value.one(&mut to.phone_country),
        "phone_digest" => value.one(&mut to.phone_digest),
        "referral" => value.one(&mut to.referral),
        "form_ms" => value.one(&mut to.form_ms),
        "client" => value.record(&mut to.client),
        _ => value.skip(),
    }
}

fn payment<'de, A: MapAccess<'de>>(
    to: &mut Payment<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.own_id(&mut to.account_id),
        "instrument" => value.one(&mut to.instrument),
        "bin" => value.one(&mut to.bin),
        "funding" => value.one(&mut to.funding),
        "issuer_country" => value.one(&mut to.issuer_country),
        "amount_micros" => value.one(&mut to.amount_micros),
        "currency" => value.one(&mut to.currency),
        "result" => value.one(&mut to.result),
        _ => value.skip(),
    }
}

fn verification<'de, A: MapAccess<'de>>(
    to: &mut Verification<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.own_id(&mut to.account_id),
        "kind" => value.one(&mut to.kind),
        "result" => value.one(&mut to.result),
        "document_digest" => value.one(&mut to.document_digest),
        _ => value.skip(),
    }
}

fn model_release<'de, A: MapAccess<'de>>(
    to: &mut ModelRelease<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "model" => value.own_id(&mut to.model),
        "kind" => {
            // `release` is what absence means: it is no value that another one would contradict.
            let mut kind = (to.kind != ReleaseKind::default()).then_some(to.kind);
            value.choice(&mut kind)?;
            to.kind = kind.unwrap_or_default();
            Ok(())
        }
        _ => value.skip(),
    }
}

fn client_release<'de, A: MapAccess<'de>>(
    to: &mut ClientRelease<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "vendor" => value.one(&mut to.vendor),
        "version" => value.one(&mut to.version),
        "injected_texts" => value.list(&mut to.injected_texts),
        _ => value.skip(),
    }
}

fn feedback<'de, A: MapAccess<'de>>(
    to: &mut Feedback<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.id(&mut to.account_id),
        "cluster_id" => value.id(&mut to.cluster_id),
        "label" => value.one(&mut to.label),
        "author" => value.one(&mut to.author),
        "reason" => value.one(&mut to.reason),
        _ => value.skip(),
    }
}

fn enforcement<'de, A: MapAccess<'de>>(
    to: &mut Enforcement<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.own_id(&mut to.account_id),
        "action" => value.one(&mut to.action),
        "result" => value.one(&mut to.result),
        _ => value.skip(),
    }
}

fn policy<'de, A: MapAccess<'de>>(
    to: &mut Policy<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "mode" => value.choice(&mut to.mode),
        "max_action" => value.choice(&mut to.max_action),
        "author" => value.one(&mut to.author),
        "reason" => value.one(&mut to.reason),
        "expires_at" => value.time(&mut to.expires_at),
        _ => subject(&mut to.subject, key, value),
    }
}

fn act<'de, A: MapAccess<'de>>(
    to: &mut Act<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "action" => value.choice(&mut to.action),
        "author" => value.one(&mut to.author),
        "reason" => value.one(&mut to.reason),
        "expires_at" => value.time(&mut to.expires_at),
        _ => subject(&mut to.subject, key, value),
    }
}

fn subject<'de, A: MapAccess<'de>>(
    to: &mut Subject<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "unit" => value.choice(&mut to.unit),
        "account_id" => value.id(&mut to.account_id),
        "api_key_id" => value.id(&mut to.api_key_id),
        "organization_id" => value.id(&mut to.organization_id),
        "flow_id" => value.id(&mut to.flow_id),
        "cluster_id" => value.id(&mut to.cluster_id),
        _ => value.skip(),
    }
}

fn indicator<'de, A: MapAccess<'de>>(
    to: &mut Indicator<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "origin" => value.one(&mut to.origin),
        "stix" => value.text_or_object(&mut to.stix),
        _ => value.skip(),
    }
}

fn declared_use<'de, A: MapAccess<'de>>(
    to: &mut DeclaredUse<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "account_id" => value.id(&mut to.account_id),
        "organization_id" => value.id(&mut to.organization_id),
        "use" => value.one(&mut to.usage),
        "expires_at" => value.time(&mut to.expires_at),
        "author" => value.one(&mut to.author),
        _ => value.skip(),
    }
}

fn behaviour<'de, A: MapAccess<'de>>(
    to: &mut Behaviour<'de>,
    key: &str,
    value: Value<'_, 'de, A>,
) -> Result<(), A::Error> {
    match key {
        "version" => value.one(&mut to.version),
        "author" => value.one(&mut to.author),
        _ => value.skip(),
    }
}

impl<'de> Record<'de> for Client<'de> {
    type Whole = Self;

    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, 'de, A>,
    ) -> Result<(), A::Error> {
        match key {
            "ip" => value.one(&mut self.ip),
            "country" => value.one(&mut self.country),
            "asn" => value.one(&mut self.asn),
            "user_agent" => value.one(&mut self.user_agent),
            "ja4" => value.one(&mut self.ja4),
            "sdk" => value.one(&mut self.sdk),
            "device_id" => value.one(&mut self.device_id),
            "session_id" => value.one(&mut self.session_id),
            "os" => value.one(&mut self.os),
            "timezone" => value.one(&mut self.timezone),
            _ => value.skip(),
        }
    }

    fn finish<E: Error>(self, _: Place<'_>) -> Result<Self, E> {
        Ok(self)
    }
}

/// A turn that is being read: its text may be empty, so absence needs its own sign.
#[derive(Default)]
struct TurnFields<'de> {
    role: Option<Text<'de>>,
    text: Option<Text<'de>>,
}

impl<'de> Record<'de> for TurnFields<'de> {
    type Whole = Turn<'de>;

    fn field<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Value<'_, 'de, A>,
    ) -> Result<(), A::Error> {
        match key {
            "role" => value.one(&mut self.role),
            "text" => value.one(&mut self.text),
            _ => value.skip(),
        }
    }

    fn finish<E: Error>(self, place: Place<'_>) -> Result<Turn<'de>, E> {
        let role = self.role.ok_or_else(|| place.context.missing("role"))?;
        let text = self.text.ok_or_else(|| place.context.missing("text"))?;
        Ok(Turn { role, text })
    }
}

impl<'de> Entry<'de> for Turn<'de> {
    fn seed(place: Place<'_>) -> impl DeserializeSeed<'de, Value = Option<Self>> {
        Reader(Object::<TurnFields>(place.inside(), PhantomData))
    }
}

impl Choice for ReleaseKind {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("release", ReleaseKind::Release),
        ("deprecation", ReleaseKind::Deprecation),
        ("safeguard_change", ReleaseKind::SafeguardChange),
        ("price_change", ReleaseKind::PriceChange),
    ];
}

impl Choice for Unit {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("account", Unit::Account),
        ("api_key", Unit::ApiKey),
        ("organization", Unit::Organization),
        ("flow", Unit::Flow),
        ("cluster", Unit::Cluster),
    ];
}

impl Choice for Action {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("observe", Action::Observe),
        ("verify", Action::Verify),
        ("shape", Action::Shape),
        ("safeguard", Action::Safeguard),
        ("rotate_key", Action::RotateKey),
        ("block", Action::Block),
        ("lift", Action::Lift),
    ];
}

impl Choice for Mode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("shadow", Mode::Shadow), ("enforce", Mode::Enforce)];
}
