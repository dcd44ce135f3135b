//! Sightings of buckets that are not complete yet: a set per bucket, read in canonical order, whole or in
//! pieces.

use std::sync::Arc;
use std::vec::IntoIter;

use event::id::ObjectKey;
use event::sighting::{Layer, Sighted, SightingBlock, Touch};
use serde::{Deserialize, Serialize};
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

/// One of the pieces into which the objects of a bucket are divided, evenly, by their digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    number: u32,
    of: u32,
}

impl Piece {
    /// The first of so many.
    #[must_use]
    pub fn first(of: u32) -> Piece {
        Piece { number: 0, of: of.max(1) }
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Option<Piece> {
        let number = self.number + 1;
        (number < self.of).then_some(Piece { number, ..self })
    }

    /// The upper half of a digest says where between the first and the last object it stands; slots are
    /// told by its lower half.
    fn holds(self, object: ObjectKey) -> bool {
        ((object.0.0 >> 32) * u64::from(self.of)) >> 32 == u64::from(self.number)
    }
}

/// A touch with its object first, as rows are sorted.
type Row = (ObjectKey, Layer, Touch, Arc<Sighted>);

/// A piece of a bucket object by object, in order.
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

    fn blocks_of(&self, bucket: Bucket) -> impl Iterator<Item = &SightingBlock> {
        self.blocks.unordered().filter(move |(key, _)| key.0 == bucket).map(|(_, block)| block)
    }

    /// How many touches came in `bucket`, repeats included.
    #[must_use]
    pub fn touches(&self, bucket: Bucket) -> usize {
        self.blocks_of(bucket).map(|block| block.sightings.len()).sum()
    }

    /// A piece of `bucket`, by object and content: how it came in no longer shows.
    #[must_use]
    pub fn read(&self, bucket: Bucket, piece: Piece) -> ReadOut {
        let mut rows: Vec<Row> = Vec::new();
        for block in self.blocks_of(bucket) {
            for seen in block.sightings.iter().filter(|seen| piece.holds(seen.object)) {
                if let Some(by) = block.accounts.get(seen.by as usize) {
                    rows.push((seen.object, seen.layer, seen.touch, Arc::clone(by)));
                }
            }
        }
        rows.sort_unstable();
        rows.dedup();
        ReadOut { rows: rows.into_iter() }
    }

    /// Forgets `bucket`, once it was read.
    pub fn forget(&mut self, bucket: Bucket) {
        self.blocks.retain(|key, _| key.0 != bucket);
    }

    /// The first bucket before `end` with anything in it.
    #[must_use]
    pub fn first_before(&self, end: Bucket) -> Option<Bucket> {
        self.blocks.unordered().map(|(key, _)| key.0).filter(|bucket| *bucket < end).min()
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

    fn read(gather: &Gather, bucket: i64, piece: Piece) -> Vec<Gathered> {
        let mut rows = gather.read(Bucket(bucket), piece);
        let mut gathered = Gathered::default();
        let next = || rows.next(&mut gathered).then(|| gathered.clone());
        std::iter::from_fn(next).collect()
    }

    fn whole(gather: &Gather, bucket: i64) -> Vec<Gathered> {
        read(gather, bucket, Piece::first(1))
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
            assert_eq!(whole(&restored, 1).len(), 3);
        }
    }

    #[test]
    fn how_blocks_were_cut_and_ordered_does_not_show() {
        let expected = {
            let mut gather = Gather::default();
            gather.add(Bucket(1), block(&[7, 8, 9], &[(1, 0), (1, 1), (2, 2), (1, 0)]));
            whole(&gather, 1)
        };
        let mut gather = Gather::default();
        gather.add(Bucket(1), block(&[9], &[(2, 0)]));
        gather.add(Bucket(2), block(&[9], &[(5, 0)]));
        gather.add(Bucket(1), block(&[8, 7], &[(1, 0), (1, 1)]));
        assert_eq!(gather.first_before(Bucket(3)), Some(Bucket(1)));
        assert_eq!(whole(&gather, 1), expected);
        assert_eq!(expected.len(), 2);
        assert_eq!(expected[0].touches.len(), 2);
        gather.forget(Bucket(1));
        assert_eq!(gather.first_before(Bucket(3)), Some(Bucket(2)));
    }

    #[test]
    fn pieces_make_the_whole_in_its_order() {
        let mut gather = Gather::default();
        let objects: Vec<(u64, u32)> =
            (0..500_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15), (n % 3) as u32)).collect();
        gather.add(Bucket(1), block(&[7, 8, 9], &objects));
        gather.add(Bucket(1), block(&[6], &[(0, 0), (u64::MAX, 0)]));
        let all = whole(&gather, 1);
        assert_eq!((all.len(), gather.touches(Bucket(1))), (501, 502));
        for of in [2, 7, 64] {
            let pieces = std::iter::successors(Some(Piece::first(of)), |piece| piece.next());
            let pieces: Vec<Vec<Gathered>> = pieces.map(|piece| read(&gather, 1, piece)).collect();
            assert_eq!(pieces.len(), of as usize);
            assert!(pieces.iter().all(|piece| piece.len() < 1_000 / of as usize), "{of}");
            assert_eq!(pieces.concat(), all);
        }
    }
}
