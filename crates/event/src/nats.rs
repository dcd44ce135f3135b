//! Evidence as integers: nats times 2^20, with logarithms from our own arithmetic.
//!
//! The platform's `ln` and `exp` differ between machines in the last bit, and a last bit is enough
//! to make two replays differ. Everything here is integer arithmetic.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Evidence in nats (natural logarithm of an e-value), in units of 2^-20.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nats(pub i64);

const FRACTION_BITS: u32 = 20;
/// ln 2 in units of 2^-20 times 2^12 more, so that its rounding error never shows.
const LN_2: i128 = 2_977_044_472;

impl Nats {
    /// No evidence either way.
    pub const ZERO: Nats = Nats(0);

    /// Whole thousandths of a nat; for constants and configuration.
    #[must_use]
    pub const fn milli(thousandths: i64) -> Nats {
        Nats((thousandths << FRACTION_BITS) / 1_000)
    }

    /// As thousandths of a nat, rounded toward zero; for public records.
    #[must_use]
    pub const fn to_milli(self) -> i64 {
        // Saturates rather than wraps: public numbers may be clipped, never wrong in sign.
        (self.0.saturating_mul(1_000)) / (1 << FRACTION_BITS)
    }

    /// As a decimal number of nats with three digits, for public records.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_milli() as f64 / 1_000.0
    }

    /// Multiplied by a count, saturating.
    #[must_use]
    pub fn times(self, count: i64) -> Nats {
        Nats(self.0.saturating_mul(count))
    }
}

impl Add for Nats {
    type Output = Nats;
    fn add(self, other: Nats) -> Nats {
        Nats(self.0.saturating_add(other.0))
    }
}

impl Sub for Nats {
    type Output = Nats;
    fn sub(self, other: Nats) -> Nats {
        Nats(self.0.saturating_sub(other.0))
    }
}

impl Neg for Nats {
    type Output = Nats;
    fn neg(self) -> Nats {
        Nats(self.0.saturating_neg())
    }
}

impl AddAssign for Nats {
    fn add_assign(&mut self, other: Nats) {
        *self = *self + other;
    }
}

impl Sum for Nats {
    fn sum<I: Iterator<Item = Nats>>(all: I) -> Nats {
        all.fold(Nats::ZERO, Add::add)
    }
}

/// The natural logarithm of a whole number, exact to 2^-20 nats; `ln(0)` is taken as `ln(1)`.
#[must_use]
pub fn ln(value: u64) -> Nats {
    let value = value.max(1);
    // log2 by repeated squaring of the mantissa, one bit of the result a step.
    let whole = 63 - value.leading_zeros();
    let mut mantissa = u128::from(value) << (63 - whole); // in [2^63, 2^64)
    let mut log2 = u64::from(whole);
    for _ in 0..32 {
        mantissa = (mantissa * mantissa) >> 63; // in [2^63, 2^65)
        log2 <<= 1;
        if mantissa >> 64 != 0 {
            log2 |= 1;
            mantissa >>= 1;
        }
    }
    // `log2` has 32 fraction bits, `LN_2` has 32: 64 in all, of which 20 are kept.
    Nats(((i128::from(log2) * LN_2) >> 44) as i64)
}

/// The logarithm of a ratio of whole numbers; a zero counts as one.
#[must_use]
pub fn ln_ratio(numerator: u64, denominator: u64) -> Nats {
    ln(numerator) - ln(denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_agree_with_closed_forms() {
        for (value, expected) in [
            (1_u64, 0.0_f64),
            (2, std::f64::consts::LN_2),
            (10, std::f64::consts::LN_10),
            (1_000_000, 13.815_510_557_964_274),
            (u64::MAX, 44.361_419_555_836_5),
        ] {
            let got = ln(value).0 as f64 / f64::from(1 << FRACTION_BITS);
            assert!((got - expected).abs() < 3e-6, "ln {value} = {got}, not {expected}");
        }
        assert_eq!(ln(0), Nats::ZERO);
        assert_eq!(ln_ratio(8, 8), Nats::ZERO);
        assert!(ln_ratio(1, 8) < Nats::ZERO);
    }

    #[test]
    fn logarithm_is_monotone() {
        let mut last = Nats(-1);
        for value in (1..200_000_u64).step_by(7) {
            let now = ln(value);
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    fn thousandths_survive_the_way_there_and_back() {
        for milli in [-14_900, -1, 0, 2_303, 18_421] {
            assert!((Nats::milli(milli).to_milli() - milli).abs() <= 1);
        }
    }
}
