//! The data contract: the canonical events a platform sends in, as they are written in JSON.
//!
//! Only what is not an `Option` is required. Text is borrowed from the line it was read from, since
//! it ends in `enrich` a microsecond later. Reading and validation are in `intake`; this page is
//! only the shape.

use std::borrow::Cow;

use serde::Serialize;

use crate::time::EventTime;

/// Text that borrows from the input line where it can.
pub type Text<'a> = Cow<'a, str>;

/// One canonical event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event<'a> {
    /// Unique id of the event; equal ids of one account within the window are duplicates.
    pub event_id: Text<'a>,
    /// When it happened, by the platform's clock.
    #[serde(with = "crate::rfc3339")]
    pub event_time: EventTime,
    /// Whose data this is; absent means the one default tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Text<'a>>,
    /// What happened. In JSON its fields stand beside those above, named by `type`.
    #[serde(flatten)]
    pub body: Body<'a>,
}

/// What happened, by `type`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body<'a> {
    /// One call of a model, written when its response ended.
    Request(Box<Request<'a>>),
    /// An account was opened.
    Signup(Box<Signup<'a>>),
    /// An account paid, or tried to.
    Payment(Box<Payment<'a>>),
    /// An identity check ended.
    Verification(Verification<'a>),
    /// A model appeared, went, or changed its price or safeguards.
    ModelRelease(ModelRelease<'a>),
    /// A client was updated; its new texts are no campaign.
    ClientRelease(ClientRelease<'a>),
    /// A person's or a system's verdict on an account or cluster.
    Feedback(Feedback<'a>),
    /// What was in fact done to an account.
    Enforcement(Enforcement<'a>),
    /// A rule for what the automatic decisions may do.
    Policy(Policy<'a>),
    /// A person lets a held decision pass.
    Approval(Act<'a>),
    /// A person ends a decision.
    Lift(Act<'a>),
    /// A person exempts a unit.
    Allow(Act<'a>),
    /// A person silences a unit for a while.
    Snooze(Act<'a>),
    /// An indicator from a partner.
    Indicator(Indicator<'a>),
    /// What an account or organisation said it does.
    DeclaredUse(DeclaredUse<'a>),
    /// From here on decisions are made as this release of the program first made them.
    Behaviour(Behaviour<'a>),
    /// Nothing happened: time went on.
    Clock(Clock),
}

/// One call of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Request<'a> {
    /// The billing account.
    pub account_id: Text<'a>,
    /// The model that was asked for.
    pub model: Text<'a>,
    /// The organisation the account belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Text<'a>>,
    /// The key that was used (an id or hash, never the secret).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<Text<'a>>,
    /// The account's own user, as the account named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user_id: Option<Text<'a>>,
    /// `api`, `app`, `ide`, `cloud:<name>`, `aggregator:<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text<'a>>,
    /// `chat`, `embeddings`, …; absent means chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Text<'a>>,
    /// The conversation, as the platform names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Text<'a>>,
    /// Whether the response was streamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Whether it came through the batch interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<bool>,
    /// Tokens read, cached ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Tokens read from the prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// Tokens written to the prompt cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Tokens of reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_output_tokens: Option<u64>,
    /// The caller's limit on the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// How many answers were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice_count: Option<u64>,
    /// Whether log-probabilities were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// The effort that was asked for (`low`, `medium`, `high`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Text<'a>>,
    /// HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Why the response ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<Text<'a>>,
    /// Why it was refused, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal_category: Option<Text<'a>>,
    /// From request to last byte, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client<'a>>,
    /// The system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<Text<'a>>,
    /// The conversation as it was sent, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn<'a>>,
    /// Names of the tools offered, or their schemas as compact JSON text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Text<'a>>,
    /// `text`, `image`, `audio`, `video`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modalities: Vec<Text<'a>>,
    /// The model's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Text<'a>>,
    /// Ids or signatures the platform made in this exchange (opaque).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub minted_artifacts: Vec<Text<'a>>,
    /// Ids or signatures the caller sent back (opaque).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub referenced_artifacts: Vec<Text<'a>>,
    /// In place of content: what `iolaus sketch` printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Text<'a>>,
    /// In place of content: hashes of the prompt's prefix blocks, first block first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content_hashes: Vec<Text<'a>>,
}

/// One turn of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Turn<'a> {
    /// `user`, `assistant`, `tool`, `system`.
    pub role: Text<'a>,
    /// What was said.
    pub text: Text<'a>,
}

/// The client and network a request or sign-up came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the platform's own and say what they are")]
pub struct Client<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ja4: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Text<'a>>,
}

/// An account was opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the platform's own and say what they are")]
pub struct Signup<'a> {
    pub account_id: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Text<'a>>,
    /// `none`, `education`, `security_research`, `startup`, `free_credit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub institution: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_domain: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_digest: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_country: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_digest: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Text<'a>>,
    /// How long the form took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client<'a>>,
}

/// An account paid, or tried to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the platform's own and say what they are")]
pub struct Payment<'a> {
    pub account_id: Text<'a>,
    /// Opaque token of the card or wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<Text<'a>>,
    /// `credit`, `debit`, `prepaid`, `virtual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funding: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_country: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_micros: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Text<'a>>,
}

/// An identity check ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the platform's own and say what they are")]
pub struct Verification<'a> {
    pub account_id: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_digest: Option<Text<'a>>,
}

/// What happened to a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub enum ReleaseKind {
    #[default]
    Release,
    Deprecation,
    SafeguardChange,
    PriceChange,
}

/// The newest behaviour that this program knows. A behaviour is what follows from an input, byte for byte:
/// a release that changes any of it has the next number, and keeps to the former until a record of the
/// control log names its own, so that instances of both can work side by side.
pub const BEHAVIOUR: u64 = 1;

/// Decisions are made from here on as behaviour `version` makes them. Written by whoever upgrades, once
/// every instance knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Behaviour<'a> {
    /// Which; counts from 1. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Who decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
}

/// Nothing happened, and this partition's time went on to `event_time`: written where a partition is
/// silent, so that nobody waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Clock {}

/// A model appeared, went, or changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelRelease<'a> {
    /// The model.
    pub model: Text<'a>,
    /// What happened to it; absent means released.
    pub kind: ReleaseKind,
}

/// A client was updated.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClientRelease<'a> {
    /// Who makes the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Text<'a>>,
    /// Its new version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Text<'a>>,
    /// Texts the new version adds to every request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injected_texts: Vec<Text<'a>>,
}

/// A verdict on an account or cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Feedback<'a> {
    /// The account it is about, or
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Text<'a>>,
    /// the cluster it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<Text<'a>>,
    /// `confirmed`, `benign`, `appeal_upheld`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// What was in fact done to an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Enforcement<'a> {
    /// The account.
    pub account_id: Text<'a>,
    /// What was done (`block`, `shape`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Text<'a>>,
    /// How it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Text<'a>>,
}

/// What a decision or an act is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub enum Unit {
    Account,
    ApiKey,
    Organization,
    Flow,
    Cluster,
}

/// The graduated acts, weakest first; `Lift` ends one.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub enum Action {
    Lift,
    Observe,
    Verify,
    Shape,
    Safeguard,
    RotateKey,
    Block,
}

/// Whether decisions are acted on or only written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub enum Mode {
    Shadow,
    Enforce,
}

/// The unit an act is about. Absent `unit` is read off the first id that is there;
/// a policy without any subject holds for everybody of its tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub struct Subject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<Text<'a>>,
}

/// A rule for what automatic decisions may do to a subject.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Policy<'a> {
    /// Whom it is about; nobody named means everybody of the tenant.
    #[serde(flatten)]
    pub subject: Subject<'a>,
    /// Whether decisions are enforced or only written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The strongest act that may be decided without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_action: Option<Action>,
    /// Who made the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    /// Until when.
    #[serde(with = "crate::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<EventTime>,
}

/// A person's act on a subject: approval, lift, allow or snooze.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Act<'a> {
    /// Whom it is about; at least one id is required.
    #[serde(flatten)]
    pub subject: Subject<'a>,
    /// For an approval: the act that may now happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Who acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    /// Until when.
    #[serde(with = "crate::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<EventTime>,
}

/// An indicator from a partner.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Indicator<'a> {
    /// Who sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Text<'a>>,
    /// The STIX bundle or object, as compact JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stix: Option<Text<'a>>,
}

/// What an account or organisation said it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the names are the contract's own and say what they are")]
pub struct DeclaredUse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<Text<'a>>,
    /// `reseller`, `evaluation`, `education`, `licensed_distillation`, …
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<Text<'a>>,
    #[serde(with = "crate::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<EventTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
}
