//! Sets that grow together.

/// Disjoint sets over numbers.
pub struct UnionFind {
    parent: Vec<u32>,
}

impl UnionFind {
    /// Everybody alone.
    #[must_use]
    pub fn new(size: usize) -> UnionFind {
        UnionFind { parent: (0..size as u32).collect() }
    }

    /// The head of the set of `one`.
    pub fn head(&mut self, mut one: u32) -> u32 {
        while self.parent[one as usize] != one {
            let above = self.parent[self.parent[one as usize] as usize];
            self.parent[one as usize] = above;
            one = above;
        }
        one
    }

    /// Puts two sets together.
    pub fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.head(one), self.head(other));
        self.parent[one.max(other) as usize] = one.min(other);
    }

    /// The size of everybody's set.
    pub fn sizes(&mut self) -> Vec<u32> {
        let mut count = vec![0; self.parent.len()];
        let heads: Vec<u32> = (0..self.parent.len() as u32).map(|one| self.head(one)).collect();
        heads.iter().for_each(|head| count[*head as usize] += 1);
        heads.into_iter().map(|head| count[head as usize]).collect()
    }
}
