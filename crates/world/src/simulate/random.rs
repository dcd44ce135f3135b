//! Chance that is the same on every machine: counter-based draws, and distributions from + - * /.
//!
//! Every draw is a function of the plan's seed and of what it is for, so nothing needs to be
//! remembered to say the same thing twice. The platform's `ln` and `exp` may differ in the last bit
//! between machines, and one bit moves an event; the ones here are series over exact arithmetic.

/// The odd constant of SplitMix64 (Steele, Lea, Flood 2014): 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64's finalizer: a bijection of 64-bit words whose output looks random.
#[must_use]
pub fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// One 64-bit key for a list of words, such as a seed, a purpose and a number.
#[must_use]
pub fn key(parts: &[u64]) -> u64 {
    parts.iter().fold(GOLDEN, |key, &part| mix(key.wrapping_add(GOLDEN) ^ part.rotate_left(17)))
}

/// A fraction in [0, 1) that belongs to a key.
#[must_use]
pub fn unit_of(key: u64) -> f64 {
    (mix(key) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A stream of draws, SplitMix64.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The stream that belongs to a key.
    #[must_use]
    pub fn new(key: u64) -> Rng {
        Rng(key)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A whole number below `bound` (0 if `bound` is 0), by multiply-and-shift.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A whole number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// A fraction in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One item of a list that is not empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// A standard normal draw: twelve 16-bit uniforms summed, which is close enough up to three
    /// deviations and needs no logarithm.
    pub fn normal(&mut self) -> f64 {
        let mut sum = 0u64;
        for _ in 0..3 {
            let bits = self.bits();
            sum += (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
        }
        sum as f64 / 65_536.0 - 6.0
    }

    /// An exponential draw with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -ln(1.0 - self.unit())
    }

    /// A log-normal draw with the given median and spread (sigma of the logarithm).
    pub fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        median * exp(spread * self.normal())
    }
}

const LN_2: f64 = std::f64::consts::LN_2;

/// The natural logarithm of a positive number, good to about 1e-12.
#[must_use]
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as f64 - 1023.0;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    // ln m = 2 artanh((m - 1) / (m + 1)); the argument is at most 1/3.
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    for odd in (0..13).rev() {
        sum = sum * square + 1.0 / f64::from(2 * odd + 1);
    }
    exponent * LN_2 + 2.0 * ratio * sum
}

/// e to the power x for |x| up to 700, good to about 1e-12.
#[must_use]
pub fn exp(x: f64) -> f64 {
    let power = (x / LN_2 + if x < 0.0 { -0.5 } else { 0.5 }) as i64;
    let rest = x - power as f64 * LN_2;
    let mut sum = 1.0;
    for term in (1..15).rev() {
        sum = 1.0 + sum * rest / f64::from(term);
    }
    sum * f64::from_bits(((1023 + power.clamp(-1022, 1023)) as u64) << 52)
}

/// A keyed permutation of `0..size`: four Feistel rounds over the next even number of bits, walked
/// until the value falls inside. It puts a list in random order without holding the list.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    size: u64,
    half: u32,
    key: u64,
}

impl Permutation {
    /// The permutation of `0..size` that belongs to a key.
    #[must_use]
    pub fn new(size: u64, key: u64) -> Permutation {
        let bits = 64 - size.saturating_sub(1).leading_zeros();
        Permutation { size, half: bits.div_ceil(2).max(1), key }
    }

    /// Where `index` (below the size) goes.
    #[must_use]
    pub fn of(&self, index: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let mut value = index;
        loop {
            let (mut left, mut right) = (value >> self.half, value & mask);
            for round in 0..4 {
                let scrambled = mix(self.key ^ mix(right.wrapping_add(round << 32))) & mask;
                (left, right) = (right, left ^ scrambled);
            }
            value = left << self.half | right;
            if value < self.size {
                return value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_agree_with_each_other() {
        for step in 1..400 {
            let x = f64::from(step) * 0.37;
            assert!((exp(ln(x)) / x - 1.0).abs() < 1e-11, "{x}");
        }
        assert!((ln(10.0) - std::f64::consts::LN_10).abs() < 1e-11);
    }

    #[test]
    fn a_permutation_hits_every_place_once() {
        for size in [1u64, 2, 7, 64, 1000] {
            let permutation = Permutation::new(size, 99);
            let mut hit = vec![false; size as usize];
            for index in 0..size {
                hit[permutation.of(index) as usize] = true;
            }
            assert!(hit.iter().all(|&hit| hit), "{size}");
        }
    }

    #[test]
    fn draws_have_their_moments() {
        let mut rng = Rng::new(5);
        let n = 20_000;
        let normal: f64 = (0..n).map(|_| rng.normal()).sum::<f64>() / f64::from(n);
        let exponential: f64 = (0..n).map(|_| rng.exponential()).sum::<f64>() / f64::from(n);
        assert!(normal.abs() < 0.03, "{normal}");
        assert!((exponential - 1.0).abs() < 0.03, "{exponential}");
    }
}
