//! The evaluation as a person wants to read it: aligned columns, plain words.

use std::fmt::Write;

use super::interval::Interval;
use super::misses::Miss;
use super::report::{Campaign, Evaluation, Segment};
use super::validity::Validity;
use super::words::{columns, count, decimal, duration, percent};

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
    let ranked = ranking(evaluation);
    columns(&mut text, &["ranking", "", "95 %"], &ranked, "");
    let validity: Vec<_> = evaluation.validity.iter().map(valid).collect();
    let header = [
        "own evidence of honest accounts",
        "accounts",
        "mean e",
        "95 %",
        "at 6.9 nats",
        "permitted",
    ];
    columns(&mut text, &header, &validity, "no fingerprint of an honest account");
    let misses = evaluation.misses.iter().take(12).map(miss).collect::<Vec<_>>();
    let header = ["missed", "accounts", "their harvest", "why"];
    columns(&mut text, &header, &misses, "no account of a campaign was missed");
    for note in &evaluation.notes {
        writeln!(text, "note: {note}").expect("a string takes everything");
    }
    text
}

fn campaign(campaign: &Campaign) -> Vec<String> {
    let of_planned = match (campaign.planned, campaign.leaked_share) {
        (Some(planned), Some(share)) => format!("{planned} ({})", percent(Some(share))),
        _ => "no data".to_owned(),
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
            _ => "no data".to_owned(),
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

fn miss(miss: &Miss) -> Vec<String> {
    let numbers = [miss.accounts, miss.harvest].map(|number| number.to_string());
    let [accounts, harvest] = numbers;
    vec![miss.campaign.clone(), accounts, harvest, miss.cause.clone()]
}

fn ranking(evaluation: &Evaluation) -> Vec<Vec<String>> {
    let both = |interval: Option<Interval>| {
        let words = |both: Interval| format!("{:.3} to {:.3}", both.low, both.high);
        interval.map_or_else(|| "no data".to_owned(), words)
    };
    let ranking = &evaluation.ranking;
    let mut rows =
        vec![vec!["AUPRC".to_owned(), decimal(ranking.auprc), both(ranking.auprc_interval)]];
    for at in &ranking.recall_at {
        let name = format!("recall at 1 false alarm in {:.0}", 1.0 / at.false_positive_rate);
        rows.push(vec![name, percent(at.recall), both(at.interval)]);
    }
    rows
}

/// One family of own evidence: its mean and how many reach `shape`'s level.
fn valid(family: &Validity) -> Vec<String> {
    let words = |both: Interval| format!("{:.3} to {:.3}", both.low, both.high);
    let at = family.reached.iter().find(|reached| reached.nats >= 6.9);
    vec![
        family.family.clone(),
        family.accounts.to_string(),
        decimal(family.mean_e),
        family.mean_e_interval.map_or_else(|| "no data".to_owned(), words),
        percent(at.and_then(|reached| reached.share)),
        percent(at.map(|reached| reached.permitted)),
    ]
}

/// How many campaigns that moved to a new model were noticed, and the slowest of them.
fn pivots(evaluation: &Evaluation) -> String {
    let moved = |one: &&Campaign| one.pivoted.is_some_and(|exchanges| exchanges > 0);
    let moved: Vec<_> = evaluation.campaigns.iter().filter(moved).collect();
    let delays: Vec<f64> = moved.iter().filter_map(|one| one.pivot_delay_s).collect();
    let slowest = delays.iter().copied().max_by(f64::total_cmp);
    match (moved.len(), slowest) {
        (0, _) => "no data".to_owned(),
        (all, None) => format!("0 of {all}"),
        (all, Some(slowest)) => {
            format!("{} of {all}, the last after {}", delays.len(), duration(slowest))
        }
    }
}

fn by_chance(evaluation: &Evaluation) -> String {
    decimal(evaluation.chance.as_ref().and_then(|chance| chance.linked_per_account_week))
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
        row(
            "cluster B-cubed",
            format!(
                "{} / {}",
                decimal(agreement.b_cubed_precision),
                decimal(agreement.b_cubed_recall)
            ),
        ),
        row("cluster V-measure", decimal(agreement.v_measure)),
        row("demix error", decimal(evaluation.demix_error)),
        row("demix F1, by request", decimal(evaluation.demix_f1)),
        row("pivots noticed", pivots(evaluation)),
        row("linked by chance, per account and week", by_chance(evaluation)),
        row(
            "replacement linked",
            evaluation.replacement_link_time_s.map_or_else(|| "no data".to_owned(), duration),
        ),
    ]
}
