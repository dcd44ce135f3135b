//! Two runs beside each other: what the second catches more, and whom it touches more.

use std::collections::BTreeMap;

use crate::evaluate::words::{columns, decimal, duration, percent};
use crate::evaluate::{Campaign, Evaluation, Segment};

use super::page::Page;

type Rows = Vec<Vec<String>>;

/// The comparison as a table for a terminal.
#[must_use]
pub fn compare_table(a: &Evaluation, b: &Evaluation) -> String {
    let mut text = String::new();
    columns(&mut text, &CAMPAIGN, &campaigns(a, b), "no campaign in either");
    columns(&mut text, &SEGMENT, &segments(a, b), "no honest account in either");
    columns(&mut text, &WHOLE, &whole(a, b), "");
    text
}

/// The comparison as a page.
#[must_use]
pub fn compare_page(names: [&str; 2], a: &Evaluation, b: &Evaluation) -> String {
    let mut page = Page::new(&format!("A: {}  B: {}", names[0], names[1]));
    page.heading("What B catches more");
    page.table(&CAMPAIGN, &campaigns(a, b), "There is no campaign in either.");
    page.heading("Whom B touches more");
    page.table(&SEGMENT, &segments(a, b), "There is no honest account in either.");
    page.heading("In all");
    page.table(&WHOLE, &whole(a, b), "");
    page.finish()
}

const CAMPAIGN: [&str; 7] = ["campaign", "recall A", "B", "leaked A", "B", "detected after A", "B"];
const SEGMENT: [&str; 6] =
    ["honest segment", "accounts", "verified or more A", "B", "shaped or more A", "B"];
const WHOLE: [&str; 4] = ["in all", "A", "B", "change"];

/// Both sides by name; one may be missing.
fn paired<'e, T>(
    a: &'e [T],
    b: &'e [T],
    name: fn(&T) -> &str,
) -> BTreeMap<&'e str, [Option<&'e T>; 2]> {
    let mut pairs: BTreeMap<&str, [Option<&T>; 2]> = BTreeMap::new();
    for (side, list) in [a, b].into_iter().enumerate() {
        for one in list {
            pairs.entry(name(one)).or_default()[side] = Some(one);
        }
    }
    pairs
}

fn campaigns(a: &Evaluation, b: &Evaluation) -> Rows {
    let pairs = paired(&a.campaigns, &b.campaigns, |one| &one.name);
    let rows = pairs.into_iter().map(|(name, [a, b])| {
        let recall = |one: Option<&Campaign>| percent(one.and_then(|one| one.recall));
        let leaked = |one: Option<&Campaign>| percent(one.and_then(|one| one.leaked_share));
        let after = |one: Option<&Campaign>| {
            let time = one.and_then(|one| one.time_to_detection_s);
            time.map_or_else(|| "not detected".to_owned(), duration)
        };
        let name = name.to_owned();
        vec![name, recall(a), recall(b), leaked(a), leaked(b), after(a), after(b)]
    });
    rows.collect()
}

fn segments(a: &Evaluation, b: &Evaluation) -> Rows {
    let pairs = paired(&a.segments, &b.segments, |one| &one.name);
    let rows = pairs.into_iter().map(|(name, [a, b])| {
        let count = |one: Option<&Segment>, pick: fn(&Segment) -> u64| {
            one.map_or_else(|| "no data".to_owned(), |one| pick(one).to_string())
        };
        let verified = |one: &Segment| one.above_observe;
        let shaped = |one: &Segment| one.shaped;
        vec![
            name.to_owned(),
            count(b.or(a), |one| one.accounts),
            count(a, verified),
            count(b, verified),
            count(a, shaped),
            count(b, shaped),
        ]
    });
    rows.collect()
}

fn whole(a: &Evaluation, b: &Evaluation) -> Rows {
    let row = |name: &str, pick: fn(&Evaluation) -> Option<f64>| {
        let (left, right) = (pick(a), pick(b));
        let change = left
            .zip(right)
            .map_or("no data".to_owned(), |(left, right)| format!("{:+.4}", right - left));
        vec![name.to_owned(), decimal(left), decimal(right), change]
    };
    vec![
        row("account recall", |one| one.accounts.recall),
        row("account precision", |one| one.accounts.precision),
        row("AUPRC", |one| one.ranking.auprc),
        row("cluster ARI", |one| one.clusters.agreement.ari),
        row("cluster purity", |one| one.clusters.agreement.purity),
        row("B-cubed recall", |one| one.clusters.agreement.b_cubed_recall),
        row("error of the share of harvest", |one| one.demix_error),
        row("telling harvest apart, F1", |one| one.demix_f1),
    ]
}
