//! Request to enriched event: text becomes keyed sketches, and ends here.
//!
//! An [`Enricher`] turns a canonical event into an [`Enriched`] one. Behind it there is no text and
//! no personal identifier: identifiers are keyed digests, text is a sample of keyed hashes of five
//! words in a row (`text`), addresses are networks (`origin`). It is a pure function of the event,
//! the keys and the configuration; [`Recent`] only saves work.
//!
//! Two texts that fill one template differently share fingerprints; two texts of different people
//! hardly ever do. That, and what a text asks for (`text::cues`), is all that later stages know.

mod account;
mod keys;
mod origin;
mod recent;
mod request;
mod text;
mod wire;

use event::contract::{Body, Event};
use event::enriched::{BlockSketch, Capabilities, Enriched, Fact, RequestFact};
use event::id::{AccountKey, Digest, Name};

pub use keys::{Keys, Purpose};
pub use recent::{Notes, Recent};

use recent::Reduced;
use text::cues::{Cues, Listener};
use text::sample::Sampler;
use text::words::{Sink, Splitter, Word};

/// How text is sampled, in powers of two. Sketches of different configurations can't be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// One in so many fingerprints is kept at the very beginning and end of a block.
    pub rim: u32,
    /// One in so many further in; not fewer than at the rim.
    pub dense: u32,
    /// One in so many in the middle of a long block; not fewer than `dense`.
    pub sparse: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config { rim: 2, dense: 4, sparse: 16 }
    }
}

/// Turns canonical events into enriched ones, under one secret.
#[derive(Clone, Debug)]
pub struct Enricher {
    keys: Keys,
    config: Config,
    splitter: Splitter,
    cues: Cues,
    cache_secret: Vec<u8>,
    /// Of the default tenant, so that most events need not compute it.
    default_salt: u64,
}

/// Blocks of fewer bytes are sketched faster than they are looked up.
const WORTH_REMEMBERING: usize = 192;

impl Enricher {
    /// An enricher. Moduli that are no powers of two are rounded up to one.
    #[must_use]
    pub fn new(keys: &Keys, config: &Config) -> Enricher {
        let power = |modulus: u32| modulus.clamp(1, 1 << 16).next_power_of_two();
        let rim = power(config.rim);
        let dense = power(config.dense).max(rim);
        let config = Config { rim, dense, sparse: power(config.sparse).max(dense) };
        let splitter = Splitter::new(keys.words());
        let moduli = [config.rim, config.dense, config.sparse].map(u32::to_le_bytes).concat();
        Enricher {
            cues: Cues::new(&splitter),
            cache_secret: keys.cache_secret(&moduli),
            default_salt: keys.salt(""),
            keys: keys.clone(),
            config,
            splitter,
        }
    }

    /// The key of an account of a tenant (empty for the default tenant).
    #[must_use]
    pub fn account(&self, tenant: &str, account_id: &str) -> AccountKey {
        AccountKey(self.digest(Purpose::Account, tenant, account_id))
    }

    /// The digest of a text of a tenant for one purpose.
    #[must_use]
    pub fn digest(&self, purpose: Purpose, tenant: &str, text: &str) -> Digest {
        self.keys.digest(purpose, tenant, text.as_bytes())
    }

    /// What is left of an event when text and personal identifiers are gone; nothing for the
    /// records of the control log, which are about no account's behaviour.
    #[must_use]
    pub fn enrich(&self, event: &Event<'_>, recent: &mut Recent) -> Option<Enriched> {
        let tenant = event.tenant.as_deref().unwrap_or_default();
        let (account, fact) = match &event.body {
            Body::Request(request) => {
                let fact = self.request(tenant, request, recent);
                (&request.account_id, Fact::Request(Box::new(fact)))
            }
            Body::Signup(signup) => {
                (&signup.account_id, Fact::Signup(Box::new(self.signup(tenant, signup))))
            }
            Body::Payment(payment) => {
                (&payment.account_id, Fact::Payment(self.payment(tenant, payment)))
            }
            Body::Verification(check) => {
                (&check.account_id, Fact::Verification(self.verification(tenant, check)))
            }
            Body::Enforcement(act) => {
                (&act.account_id, Fact::Enforcement(account::enforcement(act)))
            }
            Body::ModelRelease(_)
            | Body::ClientRelease(_)
            | Body::Feedback(_)
            | Body::Policy(_)
            | Body::Approval(_)
            | Body::Lift(_)
            | Body::Allow(_)
            | Body::Snooze(_)
            | Body::Indicator(_)
            | Body::DeclaredUse(_)
            | Body::Behaviour(_)
            | Body::Clock(_) => return None,
        };
        Some(Enriched {
            id: self.digest(Purpose::Event, tenant, &event.event_id),
            time: event.event_time,
            account: self.account(tenant, account),
            name: Name::new(tenant, account),
            fact,
        })
    }

    /// The sketch of one block of text, as a request's blocks are sketched.
    #[must_use]
    pub fn sketch_block(&self, tenant: &str, text: &str) -> BlockSketch {
        self.reduce(self.salt(tenant), &[text]).sketch
    }

    /// What a single block of text asks for.
    #[must_use]
    pub fn capabilities(&self, text: &str) -> Capabilities {
        self.reduce(self.default_salt, &[text]).signals.capabilities()
    }

    /// The sketches and capabilities of a request as text, to travel in place of its content.
    #[must_use]
    pub fn encode_sketch(&self, fact: &RequestFact) -> String {
        wire::encode(self.key_check(), fact)
    }

    /// What only the secret says, and not the secret: two enrichers with the same one sketch alike.
    #[must_use]
    pub fn key_check(&self) -> Digest {
        self.digest(Purpose::KeyCheck, "", "")
    }

    fn salt(&self, tenant: &str) -> u64 {
        if tenant.is_empty() { self.default_salt } else { self.keys.salt(tenant) }
    }

    /// The reduced block of which `pieces` are the parts, from the recent ones if it is there.
    fn block(&self, salt: u64, pieces: &[&str], recent: &mut Recent) -> Reduced {
        if pieces.iter().map(|piece| piece.len()).sum::<usize>() < WORTH_REMEMBERING {
            return self.reduce(salt, pieces);
        }
        let digest = self.cache_digest(salt, pieces);
        if let Some(reduced) = recent.get(digest) {
            return reduced;
        }
        let reduced = self.reduce(salt, pieces);
        recent.put(digest, &reduced);
        reduced
    }

    fn cache_digest(&self, salt: u64, pieces: &[&str]) -> u128 {
        let digest =
            |bytes: &[u8]| xxhash_rust::xxh3::xxh3_128_with_secret(bytes, &self.cache_secret);
        let mut all = digest(&salt.to_le_bytes());
        for piece in pieces {
            let pair = [all.to_le_bytes(), digest(piece.as_bytes()).to_le_bytes()];
            all = digest(pair.as_flattened());
        }
        all
    }

    fn reduce(&self, salt: u64, pieces: &[&str]) -> Reduced {
        let [_, multiplier] = self.keys.words();
        let mut reader = Reader {
            sampler: Sampler::new(multiplier, &self.config),
            listener: Listener::new(&self.cues),
        };
        for piece in pieces {
            self.splitter.split(piece, &mut reader);
        }
        let sample = reader.sampler.finish();
        if sample.words == 0 {
            return Reduced::default();
        }
        let key = |hash: &u64| self.keys.digest_number(Purpose::Fingerprint, salt, *hash);
        let mut fingerprints: Vec<Digest> = sample.fingerprints.iter().map(key).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        let exact = self.keys.digest_number(Purpose::Block, salt, sample.exact);
        let sketch = BlockSketch { exact, words: sample.words, fingerprints };
        Reduced { sketch, signals: reader.listener.finish() }
    }
}

/// Whoever listens to the words of a block.
struct Reader<'a> {
    sampler: Sampler,
    listener: Listener<'a>,
}

impl Sink for Reader<'_> {
    fn words(&mut self, words: &[Word]) {
        self.listener.words(words);
        self.sampler.words(words);
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;
