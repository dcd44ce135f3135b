//! Queries as points: words and pairs of words, hashed into signs.
//!
//! A query's words are summed as random vectors of ±1 and only the signs are kept. Inner products of such
//! signs tell the angle between bags of words, so their mean is a kernel mean and its distance a maximum
//! mean discrepancy; no model and no floating-point function is needed.

use crate::simulate::random::mix;

use super::seen::hash;

/// Signs of a query.
pub const SIGNS: usize = 128;

/// A query as signs, one bit each.
pub type Point = u128;

/// The point of a query.
#[must_use]
pub fn point(query: &str) -> Point {
    let mut sums = [0i32; SIGNS];
    let mut before = 0u64;
    for word in query.split_whitespace().take(200) {
        let own = hash(word);
        for word in [own, mix(own ^ before.rotate_left(1) ^ 0x9A)] {
            let (low, high) = (mix(word ^ 1), mix(word ^ 2));
            for (place, sum) in sums.iter_mut().enumerate() {
                let half = if place < 64 { low } else { high };
                *sum += if half >> (place % 64) & 1 == 1 { 1 } else { -1 };
            }
        }
        before = own;
    }
    sums.iter().enumerate().fold(0, |bits, (place, &sum)| bits | u128::from(sum > 0) << place)
}

/// Sums of the signs of many points, and how many they are.
#[derive(Clone, Debug)]
pub struct Sums {
    signs: Box<[i32; SIGNS]>,
    /// How many points.
    pub count: u32,
}

impl Default for Sums {
    fn default() -> Sums {
        Sums { signs: Box::new([0; SIGNS]), count: 0 }
    }
}

impl Sums {
    /// Adds a point.
    pub fn add(&mut self, point: Point) {
        self.count += 1;
        for (place, sign) in self.signs.iter_mut().enumerate() {
            *sign += if point >> place & 1 == 1 { 1 } else { -1 };
        }
    }

    /// Adds other sums.
    pub fn join(&mut self, other: &Sums) {
        self.count += other.count;
        for (own, other) in self.signs.iter_mut().zip(other.signs.iter()) {
            *own += other;
        }
    }

    /// The squared distance of the means, without the bias of each one's own spread.
    #[must_use]
    pub fn discrepancy(&self, reference: &Sums) -> f64 {
        let (n, m) = (f64::from(self.count), f64::from(reference.count));
        let (mut own, mut theirs, mut both) = (0.0, 0.0, 0.0);
        for (&a, &b) in self.signs.iter().zip(reference.signs.iter()) {
            let (a, b) = (f64::from(a), f64::from(b));
            own += (a * a - n) / (n * (n - 1.0));
            theirs += (b * b - m) / (m * (m - 1.0));
            both += a * b / (n * m);
        }
        (own + theirs - 2.0 * both) / SIGNS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_queries_are_near() {
        let base = point("write a poem about the sea and the wind in spring");
        let like = point("write a poem about the sea and the wind in autumn");
        let other = point("fix the failing build of this repository before noon");
        assert!((base ^ like).count_ones() < (base ^ other).count_ones());
    }

    #[test]
    fn samples_of_one_source_do_not_differ() {
        let (mut left, mut right) = (Sums::default(), Sums::default());
        for query in 0..400u64 {
            let words = (0..10).map(|n| format!("w{}", mix(query * 31 + n) % 300));
            let text = words.collect::<Vec<_>>().join(" ");
            if query % 2 == 0 { left.add(point(&text)) } else { right.add(point(&text)) }
        }
        assert!(left.discrepancy(&right) < 0.01, "{}", left.discrepancy(&right));
    }
}
