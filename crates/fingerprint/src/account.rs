//! What is kept of one account, with the bound of every list.

use std::sync::Arc;

use arrayvec::ArrayVec;
use event::id::{AccountKey, Digest, Name};
use event::sighting::Sighted;
use event::standing::{Flow, ModelUse};
use event::{EventTime, Nats};
use serde::{Deserialize, Serialize};

/// No account's record is larger than this as stored: every list below has a bound.
pub const ACCOUNT_BYTES_MAX: usize = 4_096;

/// Event ids remembered, for duplicates.
pub const RECENT_IDS: usize = 32;
/// Templates kept, least used out.
pub const FLOWS: usize = 8;
/// Models kept, least used out.
pub const MODELS: usize = 8;
/// Networks, clients, devices kept, oldest out.
pub const ORIGINS: usize = 8;
/// Text fingerprints lately sighted, oldest out.
pub const TEXT_SEEN: usize = 48;
/// Artifacts lately minted for the account, oldest out.
pub const MINTED: usize = 64;
/// Prompts that chains are looked for in, oldest out.
pub const PROMPTS: usize = 8;
/// Conversations lately seen, oldest out.
pub const SESSIONS: usize = 6;

/// The low half of a digest: enough to recognise what one account did lately.
pub type Tag = u32;

/// The tag of a digest.
#[must_use]
pub fn tag(digest: Digest) -> Tag {
    (digest.0 >> 32) as Tag
}

/// A memory of at most `N` tags, newest last. They lie in the account itself: a request asks most of
/// its memories, and each elsewhere would be another wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ring<const N: usize>(ArrayVec<Tag, N>);

impl<const N: usize> Ring<N> {
    /// Whether `tag` is remembered.
    #[must_use]
    pub fn holds(&self, tag: Tag) -> bool {
        // In eights without an early end, which the processor compares at once.
        let eights = self.0.chunks(8);
        let any = |tags: &[Tag]| tags.iter().fold(false, |found, other| found | (*other == tag));
        eights.into_iter().any(any)
    }

    /// Remembers `tag`, forgetting the oldest if there is no room. Returns whether it is new.
    pub fn note(&mut self, tag: Tag) -> bool {
        if self.holds(tag) {
            return false;
        }
        if self.0.is_full() {
            self.0.remove(0);
        }
        self.0.push(tag);
        true
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// One prompt as chains need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The whole text.
    pub exact: Tag,
    /// Its smallest fingerprints, at most eight.
    pub fingerprints: ArrayVec<Tag, 8>,
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: Name,
    /// Its organisation.
    pub organization: Option<Digest>,
    /// Records so far, of any kind.
    pub records: u64,
    /// First record.
    pub first_seen: EventTime,
    /// Latest effective time.
    pub last_seen: EventTime,
    /// Whether its sign-up was seen.
    pub signed_up: bool,
    /// Records that came too late to keep their time.
    pub clamped: u64,
    /// Ids of its latest records with their times. Bound: [`RECENT_IDS`] and the dedup window.
    pub recent_ids: Vec<(Digest, EventTime)>,
    /// Requests so far.
    pub requests: u64,
    /// Time of the latest request.
    pub last_request: EventTime,
    /// Requests decayed with a half-life of a day, in units of 2^-16, as of `last_request`.
    pub recent: u64,
    /// Sessions so far.
    pub sessions: u64,
    /// Conversations lately seen. Bound: [`SESSIONS`].
    pub open_sessions: Ring<SESSIONS>,
    /// Tokens read and written.
    pub tokens: [u64; 2],
    /// Requests that are near-copies of a recent one.
    pub chained: u64,
    /// Requests that ask in words for what trains a copy.
    pub harvest_like: u64,
    /// Requests by capability.
    pub capabilities: [u32; 12],
    /// Requests by hour of the day.
    pub hours: [u32; 24],
    /// Pauses by power of two of seconds.
    pub pauses: [u32; 16],
    /// Requests by model. Bound: [`MODELS`].
    pub models: Vec<ModelUse>,
    /// Keys in use. Bound: [`ORIGINS`].
    pub keys: Ring<ORIGINS>,
    /// Networks. Bound: [`ORIGINS`].
    pub networks: Ring<ORIGINS>,
    /// Clients. Bound: [`ORIGINS`].
    pub clients: Ring<ORIGINS>,
    /// Devices. Bound: [`ORIGINS`].
    pub devices: Ring<ORIGINS>,
    /// Payment instruments and registration traits sighted. Bound: [`ORIGINS`].
    pub identity: Ring<ORIGINS>,
    /// Text fingerprints sighted lately. Bound: [`TEXT_SEEN`].
    pub text_seen: Ring<TEXT_SEEN>,
    /// Artifacts minted for it lately. Bound: [`MINTED`].
    pub minted: Ring<MINTED>,
    /// Its latest prompts. Bound: [`PROMPTS`].
    pub prompts: ArrayVec<Prompt, PROMPTS>,
    /// Templates it walks. Bound: [`FLOWS`].
    pub flows: Vec<Flow>,
    /// Own evidence from content.
    pub content: Nats,
    /// Own evidence from conversations that began elsewhere.
    pub orphans: Nats,
    /// When the platform blocked it.
    pub blocked_at: Option<EventTime>,
    /// Whether the account lane has been told of it.
    pub noted: bool,
    /// Requests when its fingerprint was last published.
    pub published: u64,
    /// Fingerprints published.
    pub publications: u64,
    /// The account as sightings introduce it, made once: millions of objects refer to it. Made again
    /// where it is missing, so it is no part of what is stored.
    #[serde(skip)]
    pub sighted: Option<Arc<Sighted>>,
}

impl Account {
    /// The account as sightings introduce it.
    pub fn introduced(&mut self, account: AccountKey) -> Arc<Sighted> {
        let organization = self.organization;
        let known = self.sighted.take().filter(|known| known.organization == organization);
        let make = || Arc::new(Sighted { account, name: self.name.clone(), organization });
        let sighted = known.unwrap_or_else(make);
        self.sighted = Some(Arc::clone(&sighted));
        sighted
    }

    /// Looks at what a request asks for, so that it lies near the processor when the request comes.
    pub fn foresee(&self) {
        let seen = self.text_seen.holds(0) | self.minted.holds(0) | self.networks.holds(0);
        let prompts = self.prompts.iter().any(|prompt| prompt.exact == 0);
        let ids = self.recent_ids.iter().any(|(id, _)| id.0 == 0);
        let counters = u64::from(self.hours[0]) + u64::from(self.pauses[0]) + self.requests;
        let lists =
            self.models.first().map_or(0, |used| used.model.bytes().next().map_or(0, u64::from))
                + self.flows.first().map_or(0, |flow| flow.requests);
        std::hint::black_box((seen, prompts, ids, counters, lists));
    }
}
