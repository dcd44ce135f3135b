//! What the campaign task keeps of accounts, links, templates and clusters.

use std::sync::Arc;

use event::Nats;
use event::dossier::Membership;
use event::id::{AccountKey, Digest, Name, ObjectKey};
use event::public::ClusterStatus;
use event::sighting::{Layer, Sighted};
use event::standing::Standing;
use serde::{Deserialize, Serialize};
use step::{Bucket, Keyed, One};

use crate::pending::Pending;
use crate::sample::Sample;

/// An account that a link or a standing named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Its name.
    pub name: Name,
    /// Its organisation.
    pub organization: Option<Digest>,
    /// How it stands, as last heard.
    pub standing: Option<Arc<Standing>>,
    /// Bucket in which it was last heard of.
    pub last: Bucket,
    /// Its cluster.
    pub cluster: Option<Digest>,
    /// Accounts it has an echo with; at most [`Known::PARTNERS`], the first ones.
    pub partners: Vec<AccountKey>,
    /// Objects of identity it shares; at most [`Known::OBJECTS`], the first ones.
    pub objects: Vec<ObjectKey>,
    /// Whether the account task was asked for its standings.
    pub watched: bool,
}

impl Known {
    /// Echo partners kept: links per account are capped, or a hub would cost its square.
    pub const PARTNERS: usize = 64;
    /// Shared objects kept.
    pub const OBJECTS: usize = 16;

    /// Whom it stands for: accounts of one organisation are one party.
    #[must_use]
    pub fn party(&self, account: AccountKey) -> (bool, Digest) {
        self.organization.map_or((false, account.0), |organization| (true, organization))
    }

    /// Whether its party is known: an account that never made a request has not said whether it
    /// belongs to an organisation.
    #[must_use]
    pub fn has_party(&self) -> bool {
        self.organization.is_some() || self.standing.is_some()
    }

    /// Takes the names of a link.
    pub fn introduce(&mut self, sighted: &Sighted, bucket: Bucket) {
        if self.name == Name::default() {
            self.name = sighted.name.clone();
        }
        self.organization = sighted.organization.or(self.organization);
        self.last = self.last.max(bucket);
    }
}

/// Artifacts that passed between two accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// Distinct sessions in which one came back, as low halves; at most [`Echo::SESSIONS`].
    pub sessions: Vec<u32>,
    /// Latest bucket.
    pub last: Bucket,
}

impl Echo {
    /// Sessions told apart; more say nothing more.
    pub const SESSIONS: usize = 4;
}

/// An object of identity that accounts share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What kind of thing it is.
    pub layer: Layer,
    /// How surprising it is that one more account shares it by chance.
    pub surprise: Nats,
    /// Who shares it, by key.
    pub accounts: Vec<AccountKey>,
    /// Latest bucket.
    pub last: Bucket,
}

/// A text that many accounts carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Its fingerprints, by key; at most [`Template::PRINTS`].
    pub prints: Vec<ObjectKey>,
    /// Whose data.
    pub tenant: Digest,
    /// Accounts that carry it, as the object task estimates.
    pub population: u64,
    /// How surprising one more would be by chance.
    pub surprise: Nats,
    /// The sample of the widest fingerprint.
    pub sample: Sample,
    /// The template it turned out to be the same as.
    pub merged_into: Option<ObjectKey>,
    /// Whether its accounts were last seen to be run as one.
    pub pooled: bool,
}

impl Template {
    /// Fingerprints kept of a template; a request needs one of them to be on it.
    pub const PRINTS: usize = 64;
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Number of records published of it.
    pub sequence: u64,
    /// What became of it.
    pub status: ClusterStatus,
    /// The cluster it split from.
    pub parent: Option<Digest>,
    /// The bucket it was born in.
    pub born: Bucket,
    /// Who belongs to it, by key.
    pub members: Vec<Membership>,
    /// How alike the shares of work are, in thousandths, where that tied it together.
    pub dispersion: Option<u64>,
    /// Pairs of members between which artifacts passed, at the last rebuild.
    pub echoes: u64,
    /// Templates that hardly anybody else carries, by key.
    pub exclusive: Vec<ObjectKey>,
    /// Members when it was last published.
    pub told: u64,
}

impl Cluster {
    /// Whether it still stands.
    #[must_use]
    pub fn lives(&self) -> bool {
        matches!(self.status, ClusterStatus::Born | ClusterStatus::Changed)
    }
}

/// All that the cluster stage keeps.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Open buckets.
    pub pending: Pending,
    /// Accounts that links or standings named.
    pub accounts: Keyed<AccountKey, Known>,
    /// Echoes, by smaller and greater account.
    pub echoes: Keyed<(AccountKey, AccountKey), Echo>,
    /// Objects of identity.
    pub objects: Keyed<ObjectKey, Object>,
    /// Templates, by their first fingerprint.
    pub templates: Keyed<ObjectKey, Template>,
    /// The template of each fingerprint.
    pub prints: Keyed<ObjectKey, ObjectKey>,
    /// Clusters, the ended ones too: an id is never used again.
    pub clusters: Keyed<Digest, Cluster>,
    /// The last bucket that was closed.
    pub closed: One<Bucket>,
}

/// First table of what is not the pending buckets.
const OWN: u8 = 8;

impl step::Persist for State {
    fn take_changes(&mut self, out: &mut Vec<step::Change>) {
        self.pending.take_changes(out);
        self.accounts.take_changes(OWN, out);
        self.echoes.take_changes(OWN + 1, out);
        self.objects.take_changes(OWN + 2, out);
        self.templates.take_changes(OWN + 3, out);
        self.prints.take_changes(OWN + 4, out);
        self.clusters.take_changes(OWN + 5, out);
        self.closed.take_changes(OWN + 6, out);
    }

    fn restore(
        &mut self,
        table: step::TableId,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), step::Corrupt> {
        match table.checked_sub(OWN) {
            None => self.pending.restore(table, key, value),
            Some(0) => self.accounts.restore(key, value),
            Some(1) => self.echoes.restore(key, value),
            Some(2) => self.objects.restore(key, value),
            Some(3) => self.templates.restore(key, value),
            Some(4) => self.prints.restore(key, value),
            Some(5) => self.clusters.restore(key, value),
            Some(_) => self.closed.restore(key, value),
        }
    }

    fn all_rows(&self, out: &mut step::Rows) {
        self.pending.all_rows(out);
        self.accounts.all_rows(OWN, out);
        self.echoes.all_rows(OWN + 1, out);
        self.objects.all_rows(OWN + 2, out);
        self.templates.all_rows(OWN + 3, out);
        self.prints.all_rows(OWN + 4, out);
        self.clusters.all_rows(OWN + 5, out);
        self.closed.all_rows(OWN + 6, out);
    }
}

impl State {
    /// Looks for an account and how it stands; see [`Keyed::foresee`].
    pub fn foresee(&self, account: AccountKey) {
        let standing = self.accounts.foresee(account).and_then(|known| known.standing.as_ref());
        std::hint::black_box(standing.map_or(0, |standing| standing.flows.len()));
    }

    /// The template that `template` is the same as by now.
    #[must_use]
    pub fn resolve(&self, template: ObjectKey) -> ObjectKey {
        let mut at = template;
        while let Some(next) = self.templates.get(at).and_then(|known| known.merged_into) {
            at = next;
        }
        at
    }

    /// Stops noting which rows change: for runs that keep no changelog.
    pub fn untracked(&mut self) {
        self.pending.untracked();
        self.accounts.untracked();
        self.echoes.untracked();
        self.objects.untracked();
        self.templates.untracked();
        self.prints.untracked();
        self.clusters.untracked();
        self.closed.untracked();
    }
}
