//! How well a partition into clusters agrees with the true one: ARI, purity, V-measure.
//!
//! Each item is a pair (class, cluster). Who is in no cluster, and who belongs to no campaign, gets
//! a class or cluster of its own from the caller: independent users are not one group.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Agreement of clusters with campaigns; null where there is nothing to agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Adjusted Rand index: 0 is chance, 1 the same partition.
    pub ari: Option<f64>,
    /// Share of clustered accounts that belong to the commonest campaign of their cluster.
    pub purity: Option<f64>,
    /// Harmonic mean of homogeneity and completeness.
    pub v_measure: Option<f64>,
    /// Does each cluster hold one campaign only?
    pub homogeneity: Option<f64>,
    /// Is each campaign in one cluster only?
    pub completeness: Option<f64>,
    /// How alike those are whom an account is clustered with, on average over accounts (B-cubed).
    pub b_cubed_precision: Option<f64>,
    /// How many of those who are alike an account is clustered with, likewise.
    pub b_cubed_recall: Option<f64>,
}

/// Counts of a partition pair: cells, rows (classes), columns (clusters).
struct Table {
    cells: BTreeMap<(u32, u32), u64>,
    classes: BTreeMap<u32, u64>,
    clusters: BTreeMap<u32, u64>,
    items: u64,
}

impl Table {
    fn new(items: &[(u32, u32)]) -> Table {
        let mut table = Table {
            cells: BTreeMap::new(),
            classes: BTreeMap::new(),
            clusters: BTreeMap::new(),
            items: items.len() as u64,
        };
        for &(class, cluster) in items {
            *table.cells.entry((class, cluster)).or_default() += 1;
            *table.classes.entry(class).or_default() += 1;
            *table.clusters.entry(cluster).or_default() += 1;
        }
        table
    }
}

/// Adjusted Rand index. None where no two items are together in either partition.
#[must_use]
pub fn adjusted_rand_index(items: &[(u32, u32)]) -> Option<f64> {
    let table = Table::new(items);
    let pairs = |counts: &mut dyn Iterator<Item = &u64>| -> f64 {
        counts.map(|&n| n as f64 * (n as f64 - 1.0) / 2.0).sum()
    };
    let together = pairs(&mut table.cells.values());
    let (classes, clusters) =
        (pairs(&mut table.classes.values()), pairs(&mut table.clusters.values()));
    let all = table.items as f64 * (table.items as f64 - 1.0) / 2.0;
    if classes + clusters == 0.0 {
        return None;
    }
    let (expected, largest) = (classes * clusters / all, (classes + clusters) / 2.0);
    // One group of everybody on both sides: chance can't do worse, but it is the same partition.
    Some(if largest == expected { 1.0 } else { (together - expected) / (largest - expected) })
}

/// B-cubed precision and recall. None without items.
#[must_use]
pub fn b_cubed(items: &[(u32, u32)]) -> Option<(f64, f64)> {
    let table = Table::new(items);
    let (mut precision, mut recall) = (0.0, 0.0);
    for (&(class, cluster), &count) in &table.cells {
        let square = count as f64 * count as f64;
        precision += square / table.clusters[&cluster] as f64;
        recall += square / table.classes[&class] as f64;
    }
    let n = table.items as f64;
    (table.items > 0).then(|| (precision / n, recall / n))
}

/// Share of items in the commonest class of their cluster. None without items.
#[must_use]
pub fn purity(items: &[(u32, u32)]) -> Option<f64> {
    let table = Table::new(items);
    let mut commonest: BTreeMap<u32, u64> = BTreeMap::new();
    for (&(_, cluster), &count) in &table.cells {
        let best = commonest.entry(cluster).or_default();
        *best = count.max(*best);
    }
    (table.items > 0).then(|| commonest.values().sum::<u64>() as f64 / table.items as f64)
}

/// Homogeneity, completeness and their harmonic mean. None without items.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a figure for people, rounded; nothing is decided by it"
)]
pub fn v_measure(items: &[(u32, u32)]) -> Option<(f64, f64, f64)> {
    if items.is_empty() {
        return None;
    }
    let table = Table::new(items);
    let n = table.items as f64;
    let entropy = |counts: &BTreeMap<u32, u64>| -> f64 {
        counts.values().map(|&c| -(c as f64 / n) * (c as f64 / n).ln()).sum()
    };
    let (of_classes, of_clusters) = (entropy(&table.classes), entropy(&table.clusters));
    let (mut classes_given, mut clusters_given) = (0.0, 0.0);
    for (&(class, cluster), &count) in &table.cells {
        let (joint, count) = (count as f64 / n, count as f64);
        classes_given -= joint * (count / table.clusters[&cluster] as f64).ln();
        clusters_given -= joint * (count / table.classes[&class] as f64).ln();
    }
    let kept = |given: f64, whole: f64| if whole == 0.0 { 1.0 } else { 1.0 - given / whole };
    let (homogeneity, completeness) =
        (kept(classes_given, of_classes), kept(clusters_given, of_clusters));
    let sum = homogeneity + completeness;
    let v = if sum == 0.0 { 0.0 } else { 2.0 * homogeneity * completeness / sum };
    Some((round(homogeneity), round(completeness), round(v)))
}

/// Nine decimals: the platforms' logarithms differ in the last bits, a result should not.
fn round(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes of three, split 3 + 0 and 1 + 2 over two clusters.
    const CASE: [(u32, u32); 6] = [(0, 0), (0, 0), (0, 0), (1, 0), (1, 1), (1, 1)];

    fn near(value: Option<f64>, expected: f64) {
        let value = value.expect("support");
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the same figure by another way")]
    fn hand_computed_case() {
        // Pairs together in both 3 + 1 = 4; by class 3 + 3 = 6; by cluster 6 + 1 = 7; of 15.
        // Expected 6 * 7 / 15 = 2.8, largest 6.5: (4 - 2.8) / (6.5 - 2.8).
        near(adjusted_rand_index(&CASE), 1.2 / 3.7);
        near(purity(&CASE), 5.0 / 6.0);
        // Clusters: four items (3 + 1) and two; classes: three (3) and three (1 + 2).
        let (precision, recall) = b_cubed(&CASE).expect("support");
        near(Some(precision), (9.0 / 4.0 + 1.0 / 4.0 + 4.0 / 2.0) / 6.0);
        near(Some(recall), (9.0 / 3.0 + 1.0 / 3.0 + 4.0 / 3.0) / 6.0);
        // H(class) = ln 2. H(class | cluster) = 4/6 * H(3/4, 1/4). H(cluster) = H(2/3, 1/3),
        // H(cluster | class) = 1/2 * H(1/3, 2/3).
        let h = |p: f64| -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
        let homogeneity = 1.0 - 4.0 / 6.0 * h(0.75) / h(0.5);
        let completeness = 1.0 - 0.5 * h(1.0 / 3.0) / h(1.0 / 3.0);
        let (got_h, got_c, got_v) = v_measure(&CASE).expect("support");
        near(Some(got_h), homogeneity);
        near(Some(got_c), completeness);
        near(Some(got_v), 2.0 * homogeneity * completeness / (homogeneity + completeness));
    }

    #[test]
    fn the_same_partition_is_perfect_and_the_names_do_not_matter() {
        let same = [(0, 7), (0, 7), (1, 3), (1, 3), (2, 9)];
        near(adjusted_rand_index(&same), 1.0);
        near(purity(&same), 1.0);
        assert_eq!(v_measure(&same), Some((1.0, 1.0, 1.0)));
        near(adjusted_rand_index(&[(0, 0), (0, 0), (0, 0)]), 1.0);
    }

    #[test]
    fn finding_nothing_is_chance_and_worse_than_chance_is_negative() {
        near(adjusted_rand_index(&[(0, 0), (0, 1), (0, 2), (0, 3)]), 0.0);
        // Every cluster takes one of each class.
        let crossed = [(0, 0), (0, 1), (1, 0), (1, 1)];
        near(adjusted_rand_index(&crossed), -0.5);
        assert_eq!(v_measure(&crossed), Some((0.0, 0.0, 0.0)));
    }

    #[test]
    fn nothing_to_agree_on_is_null() {
        assert_eq!(adjusted_rand_index(&[]), None);
        assert_eq!(adjusted_rand_index(&[(0, 0), (1, 1)]), None);
        assert_eq!(purity(&[]), None);
        assert_eq!(v_measure(&[]), None);
    }
}
