//! The Wilson score interval of a share: honest where nothing, or everything, was counted.

use serde::{Deserialize, Serialize};

/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A 95 % interval of a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The 95 % interval of the share behind `hits` of `trials`; none where nothing was tried.
#[must_use]
pub fn wilson(hits: u64, trials: u64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let (n, share) = (trials as f64, hits as f64 / trials as f64);
    let scale = 1.0 + Z * Z / n;
    let centre = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends one bound is exact; rounding would put it a hair beside.
    let low = if hits == 0 { 0.0 } else { (centre - half) / scale };
    let high = if hits == trials { 1.0 } else { (centre + half) / scale };
    Some(Interval { low, high })
}

/// The share itself; none where nothing was tried.
#[must_use]
pub fn share(hits: u64, trials: u64) -> Option<f64> {
    (trials > 0).then(|| hits as f64 / trials as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hit_bounds_the_share_by_z_squared_over_n_plus_z_squared() {
        let interval = wilson(0, 384_000).expect("trials");
        assert_eq!(interval.low, 0.0);
        assert!((interval.high - 3.841_458_82 / 384_003.841_458_82).abs() < 1e-12);
        assert_eq!(wilson(5, 5).expect("trials").high, 1.0);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn a_hand_computed_case() {
        // 2 of 10: centre .2 + 3.8415/20 = .39207, half 1.96 * sqrt(.016 + .0096036) = .31361,
        // scale 1.38415.
        let interval = wilson(2, 10).expect("trials");
        assert!((interval.low - 0.056_68).abs() < 1e-4, "{interval:?}");
        assert!((interval.high - 0.509_84).abs() < 1e-4, "{interval:?}");
    }
}
