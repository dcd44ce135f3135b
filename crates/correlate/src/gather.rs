//! Sightings of buckets that are not complete yet: a set per bucket, read out in canonical order.

use std::sync::Arc;
use std::vec::IntoIter;

use event::id::ObjectKey;
use event::sighting::{Layer, Sighted, SightingBlock, Touch};
use step::{Bucket, Keyed};

/// What a partition has received and not read out.
#[derive(Clone, Debug, Default)]
pub struct Gather {
    /// Blocks as they came. Bound: the sightings of the buckets that are open, which lateness and
    /// the slowest upstream partition limit.
    blocks: Keyed<(Bucket, u64), SightingBlock>,
    /// Numbers the blocks; only distinctness matters.
    next: u64,
}

/// All that one bucket brought of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The object.
    pub object: ObjectKey,
    /// What kind of thing it is.
    pub layer: Layer,
    /// Who touched it and how: sorted, without repeats.
    pub touches: Vec<(Touch, Arc<Sighted>)>,
}

/// A touch with its object first, as rows are sorted.
type Row = (ObjectKey, Layer, Touch, Arc<Sighted>);

/// A bucket object by object, in order.
///
/// Not an iterator: most objects have one touch, and a list of its own for each would cost more
/// than what is learnt from it.
#[derive(Debug)]
pub struct ReadOut {
    rows: IntoIter<Row>,
}

impl ReadOut {
    /// Puts the next object in place of `last`, whose room is used again; false at the end.
    pub fn next(&mut self, last: &mut Gathered) -> bool {
        last.touches.clear();
        let Some((object, layer, touch, by)) = self.rows.next() else { return false };
        (last.object, last.layer) = (object, layer);
        last.touches.push((touch, by));
        let same = |row: &Row| row.0 == object && row.1 == layer;
        while self.rows.as_slice().first().is_some_and(same) {
            last.touches.extend(self.rows.next().map(|(_, _, touch, by)| (touch, by)));
        }
        true
    }

    /// How many touches are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rows.len()
    }

    /// The objects of the next so many touches.
    pub fn upcoming(&self, touches: usize) -> impl Iterator<Item = (ObjectKey, Layer)> {
        self.rows.as_slice().iter().take(touches).map(|row| (row.0, row.1))
    }
}

impl Gather {
    /// Adds a block.
    pub fn add(&mut self, bucket: Bucket, block: SightingBlock) {
        if self.blocks.is_empty() {
            self.next = 0;
        }
        self.blocks.insert((bucket, self.next), block);
        self.next += 1;
    }

    /// Takes out `bucket`, by object and content: how it came in no longer shows.
    pub fn read_out(&mut self, bucket: Bucket) -> ReadOut {
        let keys = self.blocks.keys().into_iter().filter(|key| key.0 == bucket);
        let blocks: Vec<SightingBlock> = keys
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|key| self.blocks.remove(key))
            .collect();
        let mut rows: Vec<Row> = blocks
            .iter()
            .flat_map(|block| {
                block.sightings.iter().filter_map(|seen| {
                    let by = block.accounts.get(seen.by as usize)?;
                    Some((seen.object, seen.layer, seen.touch, Arc::clone(by)))
                })
            })
            .collect();
        rows.sort_unstable();
        rows.dedup();
        ReadOut { rows: rows.into_iter() }
    }

    /// Buckets before `end` with anything in them, in order.
    #[must_use]
    pub fn open_before(&self, end: Bucket) -> Vec<Bucket> {
        let mut buckets: Vec<Bucket> = self
            .blocks
            .keys()
            .into_iter()
            .map(|key| key.0)
            .filter(|bucket| *bucket < end)
            .collect();
        buckets.dedup();
        buckets
    }
}

impl step::Persist for Gather {
    fn take_changes(&mut self, out: &mut Vec<step::Change>) {
        self.blocks.take_changes(0, out);
    }

    fn restore(
        &mut self,
        _table: step::TableId,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), step::Corrupt> {
        self.blocks.restore(key, value)?;
        let (_, number) = step::decode::<(Bucket, u64)>(key)?;
        self.next = self.next.max(number + 1);
        Ok(())
    }

    fn all_rows(&self, out: &mut step::Rows) {
        self.blocks.all_rows(0, out);
    }
}

impl Default for Gathered {
    fn default() -> Gathered {
        Gathered { object: ObjectKey::default(), layer: Layer::Artifact, touches: Vec::new() }
    }
}

impl Gather {
    /// Stops noting which rows change: for runs that keep no changelog.
    pub fn untracked(&mut self) {
        self.blocks.untracked();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::id::{AccountKey, Digest};
    use event::sighting::Sighting;
    use step::Persist;

    fn block(accounts: &[u64], sightings: &[(u64, u32)]) -> SightingBlock {
        SightingBlock {
            accounts: accounts
                .iter()
                .map(|key| {
                    Arc::new(Sighted {
                        account: AccountKey(Digest(*key)),
                        name: event::id::Name::default(),
                        organization: None,
                    })
                })
                .collect(),
            sightings: sightings
                .iter()
                .map(|(object, by)| Sighting {
                    object: ObjectKey(Digest(*object)),
                    layer: Layer::Text,
                    touch: Touch::Use,
                    by: *by,
                })
                .collect(),
        }
    }

    fn read_out(gather: &mut Gather, bucket: i64) -> Vec<Gathered> {
        let mut rows = gather.read_out(Bucket(bucket));
        let mut gathered = Gathered::default();
        let next = || rows.next(&mut gathered).then(|| gathered.clone());
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_restored_one_overwrites_nothing() {
        let mut gather = Gather::default();
        for (bucket, account) in [(2, 1), (1, 2), (2, 3), (1, 4)] {
            gather.add(Bucket(bucket), block(&[account], &[(account, 0)]));
        }
        let mut rows = Vec::new();
        gather.take_changes(&mut rows);
        // The newest number is in the older bucket, and comes back first or last.
        for order in [false, true] {
            let mut restored = Gather::default();
            let mut rows = rows.clone();
            if order {
                rows.reverse();
            }
            for (table, key, value) in &rows {
                restored.restore(*table, key, value.as_deref()).expect("it was written just now");
            }
            restored.add(Bucket(1), block(&[9], &[(9, 0)]));
            assert_eq!(read_out(&mut restored, 1).len(), 3);
        }
    }

    #[test]
    fn how_blocks_were_cut_and_ordered_does_not_show() {
        let whole = {
            let mut gather = Gather::default();
            gather.add(Bucket(1), block(&[7, 8, 9], &[(1, 0), (1, 1), (2, 2), (1, 0)]));
            read_out(&mut gather, 1)
        };
        let mut gather = Gather::default();
        gather.add(Bucket(1), block(&[9], &[(2, 0)]));
        gather.add(Bucket(2), block(&[9], &[(5, 0)]));
        gather.add(Bucket(1), block(&[8, 7], &[(1, 0), (1, 1)]));
        assert_eq!(gather.open_before(Bucket(3)), [Bucket(1), Bucket(2)]);
        assert_eq!(read_out(&mut gather, 1), whole);
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0].touches.len(), 2);
        assert_eq!(gather.open_before(Bucket(3)), [Bucket(2)]);
    }
}
