//! The enriched event: what is left of a canonical event when text and personal identifiers are
//! gone. Record of the topic `events`, keyed by account.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{AccountKey, Digest, Name};
use crate::time::EventTime;

/// An event of one account, without text and without personal identifiers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enriched {
    /// Digest of the event id.
    pub id: Digest,
    /// When it happened, by the platform's clock.
    pub time: EventTime,
    /// Whose it is.
    pub account: AccountKey,
    /// The account as the platform names it.
    pub name: Name,
    /// What happened.
    pub fact: Fact,
}

/// What happened to or by an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact {
    /// It called a model.
    Request(Box<RequestFact>),
    /// It was opened.
    Signup(Box<SignupFact>),
    /// It paid, or tried to.
    Payment(PaymentFact),
    /// An identity check ended.
    Verification(VerificationFact),
    /// Something was done to it.
    Enforcement(EnforcementFact),
}

/// One block of a prompt, reduced.
///
/// Blocks are the system prompt, the tools offered, the first and the last user turn: never their
/// concatenation, since what is shared and what varies live in different blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSketch {
    /// Keyed digest of the whole canonical text.
    pub exact: Digest,
    /// Words in it.
    pub words: u32,
    /// Sampled fingerprints: keyed hashes of five consecutive words, of which only a fixed share of
    /// the hash space is kept, and of those at most 32, the smallest, in ascending order.
    pub fingerprints: Vec<Digest>,
}

/// Which capability a request asks for, as bits. Several may be set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capabilities(pub u16);

/// The capabilities in bit order, as they are named in public records.
pub const CAPABILITIES: [&str; 12] = [
    "reasoning_elicitation",
    "rubric_grading",
    "safe_rewriting",
    "task_generation",
    "trace_cleaning",
    "agentic_tools",
    "coding",
    "data_analysis",
    "computer_use",
    "vision",
    "structured_output",
    "translation",
];

impl Capabilities {
    /// The bits of capabilities whose answers are training material as such: reasoning elicitation,
    /// rubric grading, safe rewriting, task generation and trace cleaning.
    pub const HARVEST: Capabilities = Capabilities(0b1_1111);

    /// Whether any of `others` is among these.
    #[must_use]
    pub fn any(self, others: Capabilities) -> bool {
        self.0 & others.0 != 0
    }

    /// The same with bit `index` set.
    #[must_use]
    pub fn with(self, index: usize) -> Capabilities {
        Capabilities(self.0 | 1 << index)
    }
}

/// One call of a model, reduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestFact {
    /// The model that was asked for.
    pub model: Arc<str>,
    /// The organisation's digest.
    pub organization: Option<Digest>,
    /// The key's id as the platform names it (a decision may have to name it).
    pub api_key: Option<Arc<str>>,
    /// The account's own user.
    pub end_user: Option<Digest>,
    /// The way in (`api`, `app`, `cloud:<name>`, …).
    pub channel: Option<Digest>,
    /// The conversation or client session.
    pub session: Option<Digest>,
    /// Tokens read.
    pub input_tokens: u32,
    /// Tokens written.
    pub output_tokens: u32,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: u32,
    /// HTTP status; 0 if it was not given.
    pub status: u16,
    /// Whether the platform refused.
    pub refused: bool,
    /// Whether the output limit was asked to its full and used up, or a batch interface was used.
    pub batch: bool,
    /// Turns in the conversation as sent.
    pub turns: u16,
    /// What is asked for.
    pub capabilities: Capabilities,
    /// The system prompt.
    pub system: BlockSketch,
    /// The tools offered.
    pub tools: BlockSketch,
    /// The first user turn, if there are several.
    pub first: BlockSketch,
    /// The last user turn.
    pub last: BlockSketch,
    /// Artifacts the platform minted in this exchange.
    pub minted: Vec<Digest>,
    /// Artifacts the caller sent back.
    pub referenced: Vec<Digest>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a request or a sign-up came from, as digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The network: /24 of IPv4, /48 of IPv6.
    pub network: Option<Digest>,
    /// The client's shape: JA4 and user agent together.
    pub client: Option<Digest>,
    /// The device.
    pub device: Option<Digest>,
}

/// A sign-up, reduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignupFact {
    /// The organisation's digest.
    pub organization: Option<Digest>,
    /// The programme's digest, unless it is `none`.
    pub program: Option<Digest>,
    /// The institution's digest.
    pub institution: Option<Digest>,
    /// The mail domain's digest.
    pub email_domain: Option<Digest>,
    /// The shape of the mail's local part (letters, digits, marks as classes), with its domain.
    pub email_shape: Option<Digest>,
    /// The referral's digest.
    pub referral: Option<Digest>,
    /// Where it came from.
    pub origin: Origin,
}

/// A payment, reduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PaymentFact {
    /// The instrument's digest.
    pub instrument: Option<Digest>,
    /// Whether the money moved.
    pub succeeded: bool,
}

/// An identity check, reduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerificationFact {
    /// The document's digest.
    pub document: Option<Digest>,
    /// Whether it was passed.
    pub passed: bool,
}

/// What was done to an account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnforcementFact {
    /// Whether it stopped the account altogether.
    pub blocked: bool,
}
