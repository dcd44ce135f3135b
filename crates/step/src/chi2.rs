//! How unusually equal a set of counts is: the lower tail of the chi-squared distribution.

/// The dispersion of `counts` against `shares` (what each would have if all were served alike):
/// chi-squared per degree of freedom, in thousandths. `None` with fewer than two counts or nothing
/// expected.
///
/// About 1000 for independent assignment at random, near 0 for strict rotation, several thousands
/// for independent people.
#[must_use]
pub fn dispersion_milli(counts: &[u64], shares: &[u64]) -> Option<u64> {
    let total: u128 = counts.iter().map(|count| u128::from(*count)).sum();
    let weight: u128 = shares.iter().map(|share| u128::from(*share)).sum();
    if counts.len() < 2 || counts.len() != shares.len() || total == 0 || weight == 0 {
        return None;
    }
    // (n − e)² / e with e = total × share / weight, in units of 2^-20 so that no float is needed.
    let chi2: u128 = counts
        .iter()
        .zip(shares)
        .filter(|(_, share)| **share > 0)
        .map(|(count, share)| {
            let expected = ((total * u128::from(*share)) << 20) / weight;
            let gap = (u128::from(*count) << 20).abs_diff(expected);
            gap * gap / expected.max(1)
        })
        .sum();
    Some(((chi2 * 1_000 / (counts.len() as u128 - 1)) >> 20) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_is_near_nought_and_people_are_far_above_one() {
        let alike = [1; 8];
        assert_eq!(dispersion_milli(&[10; 8], &alike), Some(0));
        assert!(dispersion_milli(&[10, 11, 10, 9, 10, 10, 11, 9], &alike).unwrap() < 100);
        assert!(dispersion_milli(&[1, 50, 3, 9, 120, 2, 0, 15], &alike).unwrap() > 10_000);
    }

    #[test]
    fn follows_the_closed_form() {
        // Counts 8 and 12, both expected 10: chi² = 0.4 + 0.4 with one degree of freedom.
        assert_eq!(dispersion_milli(&[8, 12], &[1, 1]), Some(799));
    }

    #[test]
    fn needs_something_to_compare() {
        assert_eq!(dispersion_milli(&[], &[]), None);
        assert_eq!(dispersion_milli(&[3], &[1]), None);
        assert_eq!(dispersion_milli(&[0, 0], &[1, 1]), None);
    }
}
