//! What is kept of shared objects, per slot, with the bound of every table.

use std::sync::Arc;

use event::Nats;
use event::id::{AccountKey, Digest, ObjectKey};
use event::sighting::{Layer, Sighted, Stratum};
use serde::{Deserialize, Serialize};
use step::decay::decayed;
use step::{Bucket, Keyed, ln_ratio};

use crate::sample::Sample;

/// An artifact the platform minted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// For whom; of several claims the smallest.
    pub minter: Option<Arc<Sighted>>,
    /// Latest bucket in which it was minted or came back.
    pub last: Bucket,
    /// Other accounts that sent it back, as low halves of their keys.
    pub bearers: Vec<u32>,
}

/// An object with more than one account, or of a layer where each account counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// What kind of thing it is.
    pub layer: Layer,
    /// Whose data.
    pub tenant: Digest,
    /// Who shares it.
    pub sample: Sample,
    /// The first account, until a second one makes both worth naming (not for text).
    pub first: Option<Arc<Sighted>>,
    /// Accounts named so far, as low halves of their keys (not for text).
    pub named: Vec<u32>,
    /// How many accounts the campaign task was last told of.
    pub told: u64,
    /// Latest bucket in which it was touched.
    pub last: Bucket,
}

/// What is kept per slot.
#[derive(Clone, Debug, Default)]
pub struct SlotState {
    /// Artifacts. Bound: `artifacts_max`, oldest out, and a time to live.
    pub artifacts: Keyed<ObjectKey, Artifact>,
    /// Text with one account so far. Bound: `singles_max`, oldest out.
    pub singles: Keyed<ObjectKey, (AccountKey, Bucket)>,
    /// Everything else that is shared. Bound: `shared_max`, oldest out.
    pub shared: Keyed<ObjectKey, Shared>,
}

step::persist_tables!(SlotState { 0 => artifacts, 1 => singles, 2 => shared });

impl SlotState {
    /// Looks for whatever is known of an object; see [`Keyed::foresee`].
    pub fn foresee(&self, object: ObjectKey, layer: Layer) {
        match layer {
            Layer::Artifact => {
                self.artifacts.foresee(object);
            }
            Layer::Text => {
                self.shared.foresee(object);
                self.singles.foresee(object);
            }
            _ => {
                self.shared.foresee(object);
            }
        }
    }
}

/// The ground the nulls stand on: touches per stratum, decayed with a half-life of a day.
///
/// The same in every partition, since the closings of buckets carry the totals everywhere.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    totals: Keyed<Stratum, (Bucket, u64)>,
    day: i64,
}

impl Ground {
    /// A ground whose day has this many buckets.
    #[must_use]
    pub fn new(bucket_width: i64) -> Ground {
        Ground { totals: Keyed::default(), day: (event::time::DAY / bucket_width).max(1) }
    }

    /// Adds what a closing said of `bucket`.
    pub fn add(&mut self, bucket: Bucket, stratum: Stratum, touches: u64) {
        let day = self.day;
        let row = self.totals.entry(stratum, || (bucket, 0));
        // In units of 2^-8, so that decay does not eat small counts.
        row.1 = decayed(row.1, bucket.0 - row.0.0, day) + (touches << 8);
        row.0 = row.0.max(bucket);
    }

    /// Touches of the layer that are expected to look like those around `bucket`.
    #[must_use]
    pub fn touches(&self, tenant: Digest, layer: Layer, bucket: Bucket, width: i64) -> u64 {
        let hour = match layer {
            Layer::Text | Layer::Network => bucket.end(width).plus(-1).hour_of_day() as u8,
            _ => Stratum::ALL_DAY,
        };
        self.totals
            .get(Stratum { tenant, layer, hour })
            .map_or(0, |(at, sum)| decayed(*sum, bucket.0 - at.0, self.day) >> 8)
    }

    /// How surprising it is that one more account touches an object that `sharing` accounts touch,
    /// if accounts touched objects in proportion to how often each is touched in the stratum
    /// (the Chung-Lu null): ln(touches of the layer / touches of the object), at least nothing.
    #[must_use]
    pub fn surprise(
        &self,
        tenant: Digest,
        layer: Layer,
        bucket: Bucket,
        width: i64,
        sharing: u64,
    ) -> Nats {
        ln_ratio(self.touches(tenant, layer, bucket, width), sharing).max(Nats::ZERO)
    }
}

impl step::Persist for Ground {
    fn take_changes(&mut self, out: &mut Vec<step::Change>) {
        self.totals.take_changes(0, out);
    }

    fn restore(
        &mut self,
        _table: step::TableId,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), step::Corrupt> {
        self.totals.restore(key, value)
    }

    fn all_rows(&self, out: &mut step::Rows) {
        self.totals.all_rows(0, out);
    }
}
