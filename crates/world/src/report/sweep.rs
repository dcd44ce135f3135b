//! Curves: one parameter of a scenario in several steps, and what is found and lost at each.

use serde::Serialize;

use crate::evaluate::words::{columns, percent};

use super::page::Page;
use super::svg;

/// What came out at one value of the parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepPoint {
    /// The value.
    pub value: f64,
    /// Recall of the accounts of all campaigns.
    pub recall: Option<f64>,
    /// Share of the harvest that leaked.
    pub leaked_share: Option<f64>,
    /// Harvest exchanges that leaked.
    pub leaked: Option<u64>,
    /// Honest accounts asked to verify or more.
    pub above_observe: u64,
}

const HEADER: [&str; 5] = ["value", "recall", "leaked share", "leaked", "honest above observe"];

fn rows(points: &[SweepPoint]) -> Vec<Vec<String>> {
    let row = |point: &SweepPoint| {
        vec![
            point.value.to_string(),
            percent(point.recall),
            percent(point.leaked_share),
            point.leaked.map_or("no data".to_owned(), |leaked| leaked.to_string()),
            point.above_observe.to_string(),
        ]
    };
    points.iter().map(row).collect()
}

/// The points for a terminal.
#[must_use]
pub fn sweep_table(points: &[SweepPoint]) -> String {
    let mut text = String::new();
    columns(&mut text, &HEADER, &rows(points), "no value was given");
    text
}

/// The points as a page with curves.
#[must_use]
pub fn sweep_page(scenario: &str, key: &str, points: &[SweepPoint]) -> String {
    let mut page = Page::new(&format!("{scenario} over {key}"));
    let line = |name: &str, pick: fn(&SweepPoint) -> Option<f64>| {
        let there = points.iter().filter_map(|point| Some((point.value, pick(point)?)));
        (name.to_owned(), there.collect::<Vec<_>>())
    };
    let lines = [line("recall", |point| point.recall), line("leaked", |point| point.leaked_share)];
    if lines.iter().any(|(_, points)| points.len() > 1) {
        page.figure(&svg::curves(&lines, key, "recall and leakage"), "Recall and leakage.");
    }
    page.table(&HEADER, &rows(points), "No value was given.");
    page.finish()
}
