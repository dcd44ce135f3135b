//! The parts of the report, in the order a reader wants them.

use crate::baselines::Standing;
use crate::evaluate::words::{decimal, duration, percent};
use crate::evaluate::{Campaign, Evaluation, Interval};

use super::page::Page;
use super::svg;

/// The numbers that matter most.
pub fn headline(page: &mut Page, evaluation: &Evaluation) {
    let (accounts, benign) = (&evaluation.accounts, &evaluation.benign);
    let planned: u64 = evaluation.campaigns.iter().filter_map(|one| one.planned).sum();
    let leaked: u64 = evaluation.campaigns.iter().filter_map(|one| one.leaked).sum();
    let leak = (planned > 0).then(|| leaked as f64 / planned as f64);
    let loop_words = if evaluation.feedback { "with reactions" } else { "open loop" };
    page.cards(&[
        (
            percent(accounts.recall),
            format!("of {} accounts of operations found", accounts.attack),
            accounts.recall.map(|recall| recall >= 0.95),
        ),
        (percent(accounts.precision), "precision of what was shaped".to_owned(), None),
        (percent(leak), format!("of {planned} harvest exchanges leaked, {loop_words}"), None),
        (
            benign.blocked.to_string(),
            format!("of {} honest accounts blocked", benign.accounts),
            Some(benign.blocked == 0),
        ),
        (
            benign.above_observe.to_string(),
            "honest accounts asked to verify or more".to_owned(),
            Some(benign.above_observe == 0),
        ),
    ]);
}

fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "no data".to_owned(),
        |both| format!("{:.1} – {:.1}", both.low * 100.0, both.high * 100.0),
    )
}

fn found_after(campaign: &Campaign) -> String {
    match (campaign.time_to_detection_s, campaign.made) {
        (Some(time), _) => duration(time),
        (None, Some(made)) if made > 0 => "not detected".to_owned(),
        _ => "no data".to_owned(),
    }
}

/// Each campaign.
pub fn campaigns(page: &mut Page, evaluation: &Evaluation) {
    page.heading("Campaigns");
    page.paragraph(
        "An account is found when an act of shape or more held it, its flow or its cluster while \
         its campaign ran. Harvest leaks until a safeguard holds what carries it.",
    );
    let row = |one: &Campaign| {
        let verdicts: Vec<String> =
            one.verdicts.iter().map(|(words, accounts)| format!("{accounts} {words}")).collect();
        vec![
            one.name.clone(),
            format!("{} of {}", one.found, one.accounts),
            percent(one.recall),
            interval(one.recall_interval),
            percent(one.leaked_share),
            one.leaked_per_account.map_or("no data".to_owned(), |leaked| format!("{leaked:.1}")),
            found_after(one),
            one.replacement_link_time_s.map_or("no data".to_owned(), duration),
            format!("¶{}", verdicts.join("; ")),
        ]
    };
    let header = [
        "campaign",
        "found",
        "recall",
        "95 %",
        "leaked",
        "per account",
        "detected after",
        "replacement linked",
        "its accounts' clusters",
    ];
    let rows: Vec<_> = evaluation.campaigns.iter().map(row).collect();
    page.table(&header, &rows, "There is no campaign in the truth.");
    let bars: Vec<_> = evaluation
        .campaigns
        .iter()
        .filter_map(|one| {
            let both = one.recall_interval?;
            Some((one.name.clone(), one.recall?, both.low, both.high))
        })
        .collect();
    if !bars.is_empty() {
        page.figure(
            &svg::shares(&bars, "recall by campaign"),
            "Recall of accounts, with intervals.",
        );
    }
}

/// The hours of each campaign.
pub fn timelines(page: &mut Page, evaluation: &Evaluation) {
    let shown = || evaluation.campaigns.iter().filter(|one| !one.timeline.is_empty());
    if shown().next().is_none() {
        return;
    }
    page.heading("Harvest by the hour");
    page.paragraph("Red leaked, green was made while a safeguard held.");
    for one in shown() {
        let caption = format!(
            "{}: {} made, {} leaked, detected after {}",
            one.name,
            one.made.unwrap_or(0),
            one.leaked.unwrap_or(0),
            found_after(one)
        );
        page.figure(&svg::timeline(&one.timeline, &caption), &caption);
    }
}

/// Who was touched without reason.
pub fn segments(page: &mut Page, evaluation: &Evaluation) {
    page.heading("Honest accounts");
    page.paragraph("The last column is what the true share may be at most, at 95 %.");
    let rows: Vec<_> = evaluation
        .segments
        .iter()
        .map(|one| {
            vec![
                one.name.clone(),
                one.accounts.to_string(),
                one.above_observe.to_string(),
                one.shaped.to_string(),
                one.blocked.to_string(),
                percent(one.wilson_high),
            ]
        })
        .collect();
    let header =
        ["segment", "accounts", "verified or more", "shaped or more", "blocked", "at most"];
    page.table(&header, &rows, "There is no honest account in the truth.");
    let harmed: Vec<_> = evaluation
        .harmed
        .iter()
        .map(|one| {
            let act = format!("{:?}", one.action).to_lowercase();
            vec![one.account_id.clone(), one.segment.clone(), act, format!("{:.1}", one.nats)]
        })
        .collect();
    if !harmed.is_empty() {
        page.table(&["worst", "segment", "act", "evidence, nats"], &harmed, "");
    }
}

/// How clusters agree, and how evidence ranks.
pub fn clusters(page: &mut Page, evaluation: &Evaluation) {
    page.heading("Clusters and ranking");
    let agreement = &evaluation.clusters.agreement;
    let mut rows = vec![
        vec!["adjusted Rand index".to_owned(), decimal(agreement.ari), String::new()],
        vec!["purity".to_owned(), decimal(agreement.purity), String::new()],
        vec!["V-measure".to_owned(), decimal(agreement.v_measure), String::new()],
        vec!["B-cubed precision".to_owned(), decimal(agreement.b_cubed_precision), String::new()],
        vec!["B-cubed recall".to_owned(), decimal(agreement.b_cubed_recall), String::new()],
        vec![
            "error of the share of harvest".to_owned(),
            decimal(evaluation.demix_error),
            String::new(),
        ],
        vec![
            "telling harvest apart, F1 by request".to_owned(),
            decimal(evaluation.demix_f1),
            String::new(),
        ],
        vec![
            "area under precision and recall".to_owned(),
            decimal(evaluation.ranking.auprc),
            interval(evaluation.ranking.auprc_interval),
        ],
    ];
    for at in &evaluation.ranking.recall_at {
        rows.push(vec![
            format!("recall at a false alarm in {:.0}", 1.0 / at.false_positive_rate),
            percent(at.recall),
            interval(at.interval),
        ]);
    }
    page.table(&["measure", "value", "95 %"], &rows, "");
}

/// What simpler methods reach on the same stream.
pub fn baselines(page: &mut Page, standings: &[Standing]) {
    if standings.is_empty() {
        return;
    }
    page.heading("Simpler methods on the same stream");
    page.paragraph(
        "Each scores accounts; its level is where it flags no more honest accounts than the rate \
         allows. A dash says that there are too few honest accounts to tell.",
    );
    let rows: Vec<_> = standings
        .iter()
        .map(|one| {
            let mut row = vec![one.name.clone(), decimal(one.ranking.auprc)];
            row.extend(one.ranking.recall_at.iter().map(|at| percent(at.recall)));
            row.push(format!("¶{}", one.about));
            row
        })
        .collect();
    let header = ["method", "AUPRC", "recall at 10⁻³", "at 10⁻⁴", "at 10⁻⁵", "what it looks at"];
    page.table(&header, &rows, "");
}

/// What was missed, and why.
pub fn misses(page: &mut Page, evaluation: &Evaluation) {
    page.heading("Worst misses");
    let rows: Vec<_> = evaluation
        .misses
        .iter()
        .take(40)
        .map(|miss| {
            vec![
                miss.campaign.clone(),
                miss.accounts.to_string(),
                miss.harvest.to_string(),
                format!("¶{}", miss.cause),
                miss.example.clone(),
            ]
        })
        .collect();
    let header = ["campaign", "accounts", "their harvest", "why", "for example"];
    page.table(&header, &rows, "No account of a campaign was missed.");
}

/// What a reader must know.
pub fn notes(page: &mut Page, evaluation: &Evaluation) {
    page.heading("Notes");
    for note in &evaluation.notes {
        page.paragraph(note);
    }
}
