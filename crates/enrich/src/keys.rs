//! The secret, and what is derived from it: one subkey per purpose, so that equal texts of different
//! purposes have unrelated digests.

use std::hash::Hasher;

use event::id::Digest;
use sha2::{Digest as _, Sha256};
use siphasher::sip::SipHasher13;

/// What a digest is of. Digests of different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say what is digested")]
pub enum Purpose {
    Event,
    Account,
    Organization,
    EndUser,
    Channel,
    /// A conversation or client session.
    Session,
    Network,
    Client,
    Device,
    Program,
    Institution,
    EmailDomain,
    EmailShape,
    Referral,
    Instrument,
    Document,
    /// What a platform minted and a caller may send back.
    Artifact,
    /// A whole block of text in canonical form.
    Block,
    /// Five words in a row.
    Fingerprint,
    /// A prefix block's hash that stands for text that was not sent.
    ContentHash,
    /// Tells sketches made under another secret from our own.
    KeyCheck,
}

const PURPOSES: usize = Purpose::KeyCheck as usize + 1;

/// The keys of one secret.
///
/// Digests under different secrets can't be compared, so a change of secret is a new `version`
/// and, downstream, a new beginning.
#[derive(Clone)]
pub struct Keys {
    /// Which of the installation's secrets this is; a label, not part of the derivation.
    pub version: u32,
    subkeys: [(u64, u64); PURPOSES],
    words: [u64; 2],
    cache: [u8; 32],
}

// A secret must not get into a log because somebody printed the configuration.
impl std::fmt::Debug for Keys {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Keys").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Keys {
    /// The keys of a secret, which should be 32 random bytes. Its version is 1.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Keys {
        let mut subkeys = [(0, 0); PURPOSES];
        for (index, subkey) in subkeys.iter_mut().enumerate() {
            let bytes = expand(secret, b"digest", index as u32);
            *subkey = (word(&bytes, 0), word(&bytes, 8));
        }
        let bytes = expand(secret, b"words", 0);
        Keys {
            version: 1,
            subkeys,
            // The multiplier is odd, so that multiplying loses nothing.
            words: [word(&bytes, 0), word(&bytes, 8) | 1],
            cache: expand(secret, b"cache", 0),
        }
    }

    /// The same keys under another version label.
    #[must_use]
    pub fn with_version(self, version: u32) -> Keys {
        Keys { version, ..self }
    }

    /// The digest of `bytes` of one tenant for one purpose.
    pub(crate) fn digest(&self, purpose: Purpose, tenant: &str, bytes: &[u8]) -> Digest {
        let mut hasher = self.hasher(purpose);
        // The length keeps tenant and text apart.
        hasher.write_u64(tenant.len() as u64);
        hasher.write(tenant.as_bytes());
        hasher.write(bytes);
        Digest(hasher.finish())
    }

    /// The digest of a number under a tenant's salt.
    pub(crate) fn digest_number(&self, purpose: Purpose, salt: u64, number: u64) -> Digest {
        let mut hasher = self.hasher(purpose);
        hasher.write_u64(salt);
        hasher.write_u64(number);
        Digest(hasher.finish())
    }

    /// What stands for a tenant in [`Keys::digest_number`].
    pub(crate) fn salt(&self, tenant: &str) -> u64 {
        self.digest(Purpose::Block, tenant, b"salt").0
    }

    /// Start value and odd multiplier of the hash of single words.
    pub(crate) fn words(&self) -> [u64; 2] {
        self.words
    }

    /// Secret bytes for the digests of the cache, which depend on the configuration as well.
    pub(crate) fn cache_secret(&self, config: &[u8]) -> Vec<u8> {
        let mut seed = self.cache.to_vec();
        seed.extend_from_slice(config);
        (0..6).flat_map(|part| expand(&seed, b"cache secret", part)).collect()
    }

    fn hasher(&self, purpose: Purpose) -> SipHasher13 {
        let (first, second) = self.subkeys[purpose as usize];
        SipHasher13::new_with_keys(first, second)
    }
}

/// 32 bytes for a label and an index, which tell nothing of each other.
fn expand(secret: &[u8], label: &[u8], index: u32) -> [u8; 32] {
    // Hashed once first, so that the secret's length can't shift anything.
    let inner = Sha256::digest(secret);
    let mut hash = Sha256::new();
    hash.update(inner);
    hash.update(b"iolaus enrich ");
    hash.update(label);
    hash.update(index.to_le_bytes());
    hash.finalize().into()
}

fn word(bytes: &[u8; 32], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_tenants_and_secrets_do_not_meet() {
        let (ours, other) = (Keys::derive(b"one"), Keys::derive(b"two"));
        let digests = [
            ours.digest(Purpose::Account, "", b"ab"),
            ours.digest(Purpose::Device, "", b"ab"),
            ours.digest(Purpose::Account, "a", b"b"),
            ours.digest(Purpose::Account, "ab", b""),
            other.digest(Purpose::Account, "", b"ab"),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{index}");
        }
        assert_eq!(digests[0], Keys::derive(b"one").digest(Purpose::Account, "", b"ab"));
    }

    #[test]
    fn printing_keys_tells_no_secret() {
        assert_eq!(format!("{:?}", Keys::derive(b"x").with_version(3)), "Keys { version: 3, .. }");
    }
}
