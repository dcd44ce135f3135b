//! Names and digests: what stands for whom on the internal topics.
//!
//! Inside the pipeline accounts, organisations and shared objects are 64-bit keyed digests: small,
//! ordered the same everywhere, meaningless without the key. Names travel beside them only where a
//! public record will need them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A keyed 64-bit digest of anything that is only ever compared for equality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u64);

/// The digest of a tenant and account id.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct AccountKey(pub Digest);

/// The digest of a shared object: its tenant, its layer and its identity.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ObjectKey(pub Digest);

// As eight bytes, and in Avro terms a `long`: a random digest as a varint would take ten.
impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.to_le_bytes().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <[u8; 8]>::deserialize(from).map(|bytes| Digest(u64::from_le_bytes(bytes)))
    }
}

/// An account as the platform names it, qualified by its tenant.
///
/// The one default tenant has the empty name, so that most names are the platform's id alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

/// Stands between tenant and id; the intake refuses it inside either.
const SEPARATOR: char = '\u{1f}';

impl Name {
    /// The qualified name of `id` in `tenant` (empty for the default tenant).
    #[must_use]
    pub fn new(tenant: &str, id: &str) -> Name {
        if tenant.is_empty() {
            Name(id.into())
        } else {
            Name(format!("{tenant}{SEPARATOR}{id}").into())
        }
    }

    /// The tenant's name; empty for the default tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        self.0.split_once(SEPARATOR).map_or("", |(tenant, _)| tenant)
    }

    /// The platform's own id, without the tenant.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once(SEPARATOR).map_or(&self.0, |(_, id)| id)
    }

    /// The tenant as a digest. Tenants are named by the operator, so no key is needed (FNV-1a, 64
    /// bits, with the default tenant at zero).
    #[must_use]
    pub fn tenant_digest(&self) -> Digest {
        tenant_digest(self.tenant())
    }

    /// Tenant and id in one string that no other tenant and id share.
    #[must_use]
    pub fn qualified(&self) -> &str {
        &self.0
    }
}

/// The digest of a tenant's name; see [`Name::tenant_digest`].
#[must_use]
pub fn tenant_digest(tenant: &str) -> Digest {
    let seed = if tenant.is_empty() { 0 } else { 0xcbf2_9ce4_8422_2325 };
    Digest(
        tenant
            .bytes()
            .fold(seed, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)),
    )
}
