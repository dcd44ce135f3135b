//! Which groups of rows a layer has, in memory: "never" is certain, "perhaps" costs a read.
//!
//! A Bloom filter in blocks of 256 bits (eight words of 32, one bit set in each), so that a question
//! touches one line of the processor's cache. A layer never changes, so its filter has the size
//! that its groups need and nothing is ever taken out.

/// Bits of a group: measured false positives are about 1 in 500.
const BITS_PER_GROUP: usize = 14;

const BLOCK_BITS: usize = 256;

/// Odd, so that the eight bits of a group are unlike (the numbers of Parquet's filter).
const SALTS: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

/// A filter over hashes of groups.
#[derive(Debug)]
pub(crate) struct Filter {
    blocks: Box<[[u32; 8]]>,
}

impl Filter {
    /// A filter with room for `groups`.
    pub fn new(groups: usize) -> Filter {
        let blocks = (groups * BITS_PER_GROUP).div_ceil(BLOCK_BITS).max(1);
        Filter { blocks: vec![[0; 8]; blocks].into() }
    }

    /// The filter that was written down as `bytes`; `None` if they are no filter's.
    pub fn read(bytes: &[u8]) -> Option<Filter> {
        let (blocks, rest) = bytes.as_chunks::<{ BLOCK_BITS / 8 }>();
        let word = |block: &[u8; BLOCK_BITS / 8], at: usize| {
            u32::from_le_bytes(std::array::from_fn(|byte| block[at * 4 + byte]))
        };
        let block = |block| std::array::from_fn(|at| word(block, at));
        let filter = Filter { blocks: blocks.iter().map(block).collect() };
        (rest.is_empty() && !filter.blocks.is_empty()).then_some(filter)
    }

    /// Writes it down.
    pub fn write(&self, to: &mut Vec<u8>) {
        self.blocks.iter().flatten().for_each(|word| to.extend(word.to_le_bytes()));
    }

    /// Notes a group.
    pub fn insert(&mut self, hash: u64) {
        let block = self.block(hash);
        for (word, salt) in self.blocks[block].iter_mut().zip(SALTS) {
            *word |= bit(hash, salt);
        }
    }

    /// Whether the group may have been noted; `false` is certain.
    pub fn maybe_has(&self, hash: u64) -> bool {
        let words = self.blocks[self.block(hash)].iter().zip(SALTS);
        words.fold(true, |all, (word, salt)| all & (word & bit(hash, salt) != 0))
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.blocks)
    }

    /// Pages are chosen by the upper bits of a hash, the block by the middle, bits by the lower.
    fn block(&self, hash: u64) -> usize {
        let middle = u128::from(hash.rotate_left(20));
        ((middle * self.blocks.len() as u128) >> 64) as usize
    }
}

fn bit(hash: u64, salt: u32) -> u32 {
    1 << ((hash as u32).wrapping_mul(salt) >> 27)
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn what_was_noted_is_known_and_little_else() {
        for groups in [1_u64, 10, 1_000, 50_000] {
            let mut filter = Filter::new(groups as usize);
            let hash = |number: u64| xxh3_64(&number.to_le_bytes());
            (0..groups).for_each(|number| filter.insert(hash(number)));
            assert!((0..groups).all(|number| filter.maybe_has(hash(number))));
            let wrong = (groups..groups + 100_000).filter(|number| filter.maybe_has(hash(*number)));
            assert!(wrong.count() < 800, "{groups} groups: more than 0.8 % false positives");
            let mut bytes = Vec::new();
            filter.write(&mut bytes);
            assert!(Filter::read(&bytes).is_some_and(|read| read.blocks == filter.blocks));
            assert!(Filter::read(&bytes[1..]).is_none());
        }
    }
}
