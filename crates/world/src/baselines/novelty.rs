//! After PRADA (Juuti and others 2019): the distances of a benign account's queries to its earlier ones
//! are spread like a normal variable; those of generated queries are not.
//!
//! The test is that of Shapiro and Francia: the correlation of the sorted distances with normal scores.

use crate::simulate::random::ln;

use super::embed::Point;
use super::seen::Seen;
use super::{Baseline, Standpoint};

/// Queries of an account that are kept, and the fewest that are judged.
const KEPT: usize = 60;
const FEWEST: usize = 12;

/// The first queries of each account.
pub struct Novelty {
    accounts: Vec<Vec<Point>>,
    any: bool,
}

impl Novelty {
    /// For so many accounts.
    #[must_use]
    pub fn new(accounts: usize) -> Novelty {
        Novelty { accounts: vec![Vec::new(); accounts], any: false }
    }
}

impl Baseline for Novelty {
    fn name(&self) -> &'static str {
        "PRADA-like"
    }

    fn about(&self) -> &'static str {
        "how far the distances between the account's queries are from normal"
    }

    fn take(&mut self, account: u32, seen: &Seen) {
        let kept = &mut self.accounts[account as usize];
        if kept.len() >= KEPT {
            return;
        }
        let Some(point) = seen.point() else { return };
        kept.push(point);
        self.any = true;
    }

    fn scores(self: Box<Self>, _: &[Standpoint]) -> Option<Vec<f64>> {
        self.any.then(|| self.accounts.iter().map(|points| departure(points)).collect())
    }
}

/// One minus the statistic; 0 where there are too few queries.
fn departure(points: &[Point]) -> f64 {
    let nearest = |(place, own): (usize, &Point)| {
        points[..place].iter().map(|other| (own ^ other).count_ones()).min()
    };
    let mut distances: Vec<f64> =
        points.iter().enumerate().filter_map(nearest).map(f64::from).collect();
    if distances.len() < FEWEST {
        return 0.0;
    }
    distances.sort_by(f64::total_cmp);
    let n = distances.len() as f64;
    let mean = distances.iter().sum::<f64>() / n;
    let (mut both, mut own, mut scores) = (0.0, 0.0, 0.0);
    for (place, distance) in distances.iter().enumerate() {
        let score = normal_score((place as f64 + 1.0 - 0.375) / (n + 0.25));
        both += score * (distance - mean);
        own += (distance - mean) * (distance - mean);
        scores += score * score;
    }
    // All distances alike: as far from normal as can be.
    if own == 0.0 { 1.0 } else { 1.0 - both * both / (own * scores) }
}

/// The normal quantile, good to a thousandth: half logarithms and a small correction.
fn normal_score(share: f64) -> f64 {
    let tail = share.min(1.0 - share);
    let root = (-2.0 * ln(tail)).sqrt();
    let up = 2.515_517 + root * (0.802_853 + root * 0.010_328);
    let down = 1.0 + root * (1.432_788 + root * (0.189_269 + root * 0.001_308));
    let value = root - up / down;
    if share < 0.5 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_scores_are_those_of_the_tables() {
        assert!((normal_score(0.975) - 1.96).abs() < 2e-3);
        assert!((normal_score(0.5)).abs() < 1e-3);
        assert!((normal_score(0.05) + 1.645).abs() < 2e-3);
    }

    #[test]
    fn the_same_query_over_and_over_is_not_normal() {
        assert!(departure(&[7; 30]) > 0.99);
        assert_eq!(departure(&[7; 5]), 0.0);
    }
}
