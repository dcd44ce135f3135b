//! The evaluation as a person wants to read it: aligned columns, plain words.

use std::fmt::Write;

use super::report::{Campaign, Evaluation, Segment};

/// Campaigns, benign accounts by segment, the totals, and what to know about them.
#[must_use]
pub fn table(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    let campaigns = evaluation.campaigns.iter().map(campaign).collect::<Vec<_>>();
    let header = [
        "campaign",
        "accounts found",
        "recall",
        "exchanges leaked",
        "of planned",
        "detected after",
    ];
    columns(&mut text, &header, &campaigns, "no campaign in the truth");
    let segments = evaluation.segments.iter().map(segment).collect::<Vec<_>>();
    let header = [
        "benign segment",
        "accounts",
        "verified or more",
        "shaped or more",
        "blocked",
        "at most (95 %)",
    ];
    columns(&mut text, &header, &segments, "no benign account in the truth");
    columns(&mut text, &["in all", ""], &totals(evaluation), "");
    for note in &evaluation.notes {
        writeln!(text, "note: {note}").expect("a string takes everything");
    }
    text
}

fn campaign(campaign: &Campaign) -> Vec<String> {
    let of_planned = match (campaign.planned, campaign.leaked_share) {
        (Some(planned), Some(share)) => format!("{planned} ({})", percent(Some(share))),
        _ => "unknown".to_owned(),
    };
    vec![
        campaign.name.clone(),
        format!("{} of {}", campaign.found, campaign.accounts),
        percent(campaign.recall),
        count(campaign.leaked),
        of_planned,
        match (campaign.time_to_detection_s, campaign.made) {
            (Some(time), _) => duration(time),
            (None, Some(made)) if made > 0 => "not detected".to_owned(),
            _ => "unknown".to_owned(),
        },
    ]
}

fn segment(segment: &Segment) -> Vec<String> {
    vec![
        segment.name.clone(),
        segment.accounts.to_string(),
        segment.above_observe.to_string(),
        segment.shaped.to_string(),
        segment.blocked.to_string(),
        percent(segment.wilson_high),
    ]
}

fn totals(evaluation: &Evaluation) -> Vec<Vec<String>> {
    let (accounts, benign) = (&evaluation.accounts, &evaluation.benign);
    let agreement = &evaluation.clusters.agreement;
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let blocked_at_most = benign.blocked_interval.map(|interval| interval.high);
    vec![
        row("account precision", percent(accounts.precision)),
        row(
            "account recall",
            format!("{} ({} of {})", percent(accounts.recall), accounts.found, accounts.attack),
        ),
        row(
            "benign blocked",
            format!(
                "{} of {} (at most {})",
                benign.blocked,
                benign.accounts,
                percent(blocked_at_most)
            ),
        ),
        row("cluster ARI", decimal(agreement.ari)),
        row("cluster purity", decimal(agreement.purity)),
        row("cluster V-measure", decimal(agreement.v_measure)),
        row("demix error", decimal(evaluation.demix_error)),
        row(
            "replacement linked",
            evaluation.replacement_link_time_s.map_or_else(|| "unknown".to_owned(), duration),
        ),
    ]
}

/// Appends rows under a header, the first column left, the others right aligned.
fn columns(text: &mut String, header: &[&str], rows: &[Vec<String>], empty: &str) {
    if rows.is_empty() {
        writeln!(text, "{empty}\n").expect("a string takes everything");
        return;
    }
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let lines = || std::iter::once(&header).chain(rows);
    let widths: Vec<usize> = (0..header.len())
        .map(|column| lines().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines() {
        let mut out = format!("{:<1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            write!(out, "  {cell:>width$}").expect("a string takes everything");
        }
        writeln!(text, "{}", out.trim_end()).expect("a string takes everything");
    }
    text.push('\n');
}

fn count(value: Option<u64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
}

fn decimal(value: Option<f64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"))
}

/// A share as percent, with as many decimals as one near nothing or all needs.
fn percent(value: Option<f64>) -> String {
    let Some(value) = value else { return "unknown".to_owned() };
    let percent = value * 100.0;
    let plain = percent == 0.0 || percent == 100.0 || (0.1..99.95).contains(&percent);
    if plain {
        format!("{percent:.1} %")
    } else if percent >= 0.001 {
        format!("{percent:.4} %")
    } else {
        format!("{percent:.1e} %")
    }
}

/// A duration in its two largest units.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as i64;
    match whole {
        ..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {} min", whole / 3_600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86_400, whole / 3_600 % 24),
    }
}
