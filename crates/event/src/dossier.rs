//! The dossier of a cluster: all that `decide` needs to judge it, as counts beside what is normal.
//! Passed from `cluster` to `decide` inside the campaign task.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{AccountKey, Digest, Name, ObjectKey};
use crate::public::ClusterStatus;
use crate::sighting::Layer;
use crate::standing::{Flow, Standing};
use crate::{EventTime, Nats};

/// A cluster as it stands at the close of a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// Its id.
    pub id: Digest,
    /// Close of the bucket.
    pub at: EventTime,
    /// Records of it published before.
    pub sequence: u64,
    /// What became of it.
    pub status: ClusterStatus,
    /// The cluster it merged into (if it did) or split from.
    pub parent: Option<Digest>,
    /// Whether the set of members or their ties changed since the last dossier.
    pub changed: bool,
    /// Who belongs to it, by key.
    pub members: Vec<DossierMember>,
    /// Pairs of members between which artifacts passed.
    pub echoes: u64,
    /// How alike the shares of work are, in thousandths.
    pub dispersion: Option<u64>,
    /// Things of identity that several members share: layer, things, members on them.
    pub shared: Vec<(Layer, u64, u64)>,
    /// Templates that members walk, most members first.
    pub templates: Vec<TemplateUse>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DossierMember {
    /// Its name.
    pub name: Name,
    /// Its organisation.
    pub organization: Option<Digest>,
    /// What ties it to the others.
    pub membership: Membership,
    /// How it stands, if it was heard.
    pub standing: Option<Arc<Standing>>,
}

impl DossierMember {
    /// Its flow on the most used of the given templates.
    #[must_use]
    pub fn flow_on(&self, templates: &[TemplateUse]) -> Option<&Flow> {
        let flows = &self.standing.as_ref()?.flows;
        flows.iter().find(|flow| templates.iter().any(|one| one.template == flow.template))
    }
}

/// How a cluster uses one template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateUse {
    /// The template.
    pub template: ObjectKey,
    /// Members on it.
    pub members: u64,
    /// Their requests on it.
    pub requests: u64,
    /// Accounts on it in all, as estimated.
    pub population: u64,
    /// How surprising one more account on it would be by chance.
    pub surprise: Nats,
}

impl TemplateUse {
    /// Whether it is what the cluster is about: at least eight members carry it, and three in ten.
    #[must_use]
    pub fn is_common(&self, members: u64) -> bool {
        self.members >= 8 && self.members * 10 >= members * 3
    }

    /// Whether hardly anybody outside carries it: at least four fifths of its accounts are members,
    /// and enough of them that the first to pick up a public phrase don't count as its owners.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.members >= 20 && self.members * 5 >= self.population * 4
    }
}

/// A member of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The account.
    pub account: AccountKey,
    /// What ties it to the others.
    pub attachment: Nats,
    /// Of that, what pooling alone produces: echoes and rotation.
    pub coordination: Nats,
    /// Of that, what payment, device and sign-up say.
    pub identity: Nats,
    /// Whether it was in the exact rebuild, not only attached since.
    pub core: bool,
}
