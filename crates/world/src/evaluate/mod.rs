//! Compares what a replay wrote with the truth: who was found, who was harmed, what leaked, how
//! soon.
//!
//! Reads the truth (who belongs to which campaign), the replay's `decisions.jsonl` and
//! `clusters.jsonl`, and, where given, the input events for when things happened. It is open loop:
//! the stream is what was recorded, so an attacker who would have been stopped goes on in it, and
//! what went through while a safeguard was in effect counts as contained. How the numbers are
//! defined stands with each field of [`Evaluation`]; what lacks support is null.
//!
//! Three conventions matter. An act on a cluster touches who was its member when the act began. A
//! flow is part of an account, and which requests ride on it the outputs don't say: it counts as
//! containing the account's harvest and as not touching its customers. In the agreement of clusters
//! with campaigns a benign account is a class, and an unclustered one a cluster, of its own.

mod agreement;
mod campaign;
mod chance;
mod decisions;
mod error;
mod interval;
mod membership;
mod misses;
mod pivot;
mod ranking;
mod report;
mod source;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod touched;
pub(crate) mod truth;
mod validity;
pub mod words;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use agreement::{Agreement, adjusted_rand_index, b_cubed, purity, v_measure};
pub use chance::Chance;
pub use decisions::Counts;
pub use error::Error;
pub use interval::{Interval, wilson};
pub use misses::{Harmed, Miss};
pub use ranking::{Ranking, RecallAt, rank};
pub use report::{Accounts, Benign, Campaign, Clusters, Evaluation, Input, Part, Segment};
pub use source::for_each_line;
pub(crate) use source::json;
pub use table::table;
pub use time::When;
pub use validity::{Reached, Validity};

use event::contract::Action;

use crate::simulate::reaction::{Act, Reactions};
use campaign::{Campaigns, Newcomers};
use decisions::{Decisions, Span};
use membership::Membership;
use stream::Stream;
use touched::Touched;
use truth::Truth;

/// Compares what a replay wrote into `output_dir` with `truth`, using `inputs` for the times.
///
/// # Errors
/// Where a file can't be read, a line of truth or outputs is not in form, or the truth is about
/// other accounts than the stream.
pub fn evaluate(truth: &Path, output_dir: &Path, inputs: &[PathBuf]) -> Result<Evaluation, Error> {
    let mut truth = truth::read(truth)?;
    let (mut decisions, membership) = read_outputs(output_dir, &mut truth)?;
    decisions.spread_clusters();
    let there = |name: &str| Some(output_dir.join(name)).filter(|path| path.exists());
    let pivots = there("alerts.jsonl").map(|path| pivot::Alerts::read(&path)).transpose()?;
    let stated = there("fingerprints.jsonl").map(|path| validity::read(&path, &truth));
    let validity = stated.transpose()?.unwrap_or_default();
    let stream = match inputs {
        [] => None,
        inputs => Some(stream::read(inputs, &mut truth, &decisions)?),
    };
    check_same_world(&truth, output_dir, &decisions, &membership, stream.as_ref())?;
    let pivots = pivots.unwrap_or_default();
    let evaluation = score(&truth, &decisions, &membership, &pivots, stream.as_ref());
    Ok(Evaluation { validity, ..evaluation })
}

/// What a replay decided, as accounts and their operators meet it: a file `decisions.jsonl` with its
/// `clusters.jsonl` beside it. An act on one flow of an account never refuses the whole of it.
///
/// # Errors
/// Where a file can't be read or a line is no decision.
pub fn reactions(path: &Path) -> Result<Reactions, Error> {
    let mut truth = Truth::default();
    let mut decisions = decisions::read(path, &mut truth.names)?;
    let clusters = path.with_file_name("clusters.jsonl");
    if clusters.exists() {
        membership::read(&clusters, &mut truth, &mut decisions)?;
    }
    decisions.spread_clusters();
    for (account, unit) in std::mem::take(&mut decisions.owners) {
        let spans = decisions.units[unit as usize].clone();
        decisions.accounts.entry(account).or_default().extend(spans);
    }
    let mut reactions = Reactions::new();
    for (account, spans) in &decisions.accounts {
        let strong = spans.iter().filter(|span| span.action >= Action::Safeguard);
        let acts: Vec<Act> = strong.map(Span::act).collect();
        if !acts.is_empty() {
            reactions.insert(truth.names.text(*account).to_owned(), acts);
        }
    }
    Ok(reactions)
}

impl Evaluation {
    /// Reads what an evaluation wrote: `evaluation.json`, or the folder it is in.
    ///
    /// # Errors
    /// Where it can't be read or is not in form.
    pub fn read(path: &Path) -> Result<Evaluation, Error> {
        let path = if path.is_dir() { path.join("evaluation.json") } else { path.to_owned() };
        let text =
            std::fs::read(&path).map_err(|source| Error::Open { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|error| Error::Line {
            path,
            line: error.line() as u64,
            reason: error.to_string(),
        })
    }

    /// Adds what a replay of the same stream, shuffled, linked by chance.
    ///
    /// # Errors
    /// Where there is no result of a replay, or it can't be read.
    pub fn beside_chance(&mut self, shuffled: &Path) -> Result<(), Error> {
        self.chance = Some(chance::read(shuffled, self.input.as_ref())?);
        Ok(())
    }

    /// Says that decisions were fed back: what was planned is what `unhindered` made, and what the
    /// operator could not send any more did not leak.
    pub fn fed_back(&mut self, unhindered: &Evaluation, note: String) {
        self.feedback = true;
        self.notes.retain(|note| !note.starts_with("open loop"));
        self.notes.insert(0, note);
        for campaign in &mut self.campaigns {
            let before = unhindered.campaigns.iter().find(|other| other.name == campaign.name);
            if let Some(planned) = before.and_then(|other| other.planned) {
                campaign.planned = Some(planned);
                campaign.leaked_share =
                    campaign.leaked.and_then(|leaked| interval::share(leaked, planned));
            }
        }
    }

    /// Writes `evaluation.json` into a directory and says where.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, directory: &Path) -> Result<PathBuf, Error> {
        let path = directory.join("evaluation.json");
        let mut text = serde_json::to_string_pretty(self)
            .expect("the form holds only finite numbers and texts");
        text.push('\n');
        match std::fs::write(&path, text) {
            Ok(()) => Ok(path),
            Err(source) => Err(Error::Write { path, source }),
        }
    }
}

/// Reads decisions and clusters; a topic without records may have no file.
fn read_outputs(directory: &Path, truth: &mut Truth) -> Result<(Decisions, Membership), Error> {
    let path = |name: &str| Some(directory.join(name)).filter(|path| path.exists());
    let (acts, clusters) = (path("decisions.jsonl"), path("clusters.jsonl"));
    if acts.is_none() && clusters.is_none() && path("summary.json").is_none() {
        return Err(Error::NoOutput { path: directory.to_owned() });
    }
    let mut decisions = match acts {
        Some(path) => decisions::read(&path, &mut truth.names)?,
        None => Decisions::default(),
    };
    let membership = match clusters {
        Some(path) => membership::read(&path, truth, &mut decisions)?,
        None => Membership::default(),
    };
    Ok((decisions, membership))
}

/// Refuses a truth that is about other accounts. A silent output without input proves nothing.
fn check_same_world(
    truth: &Truth,
    output_dir: &Path,
    decisions: &Decisions,
    membership: &Membership,
    stream: Option<&Stream>,
) -> Result<(), Error> {
    let in_truth = |id: &u32| truth.account(*id).is_some();
    let mut named = decisions.accounts.keys().chain(membership.cluster_of.keys()).peekable();
    let silent = named.peek().is_none();
    let matches = match stream {
        Some(stream) => stream.seen.contains(&true) || named.any(in_truth),
        None => silent || named.any(in_truth),
    };
    if matches {
        return Ok(());
    }
    let searched = match stream {
        Some(stream) => format!("the {} events of the input or the output", stream.events),
        None => format!("{} (and no input was given)", output_dir.display()),
    };
    let example = truth.names.text(0).to_owned();
    Err(Error::Mismatch { accounts: truth.accounts.len(), example, searched })
}

fn score(
    truth: &Truth,
    decisions: &Decisions,
    membership: &Membership,
    pivots: &pivot::Alerts,
    stream: Option<&Stream>,
) -> Evaluation {
    let touched = Touched::new(decisions, stream);
    let campaigns = Campaigns::new(truth, &touched, stream);
    let (benign, segments) = touched.benign(truth);
    let accounts = touched.accounts(truth, campaigns.found(), benign.shaped);
    let (reports, newcomers) = campaigns.report(membership, pivots);
    Evaluation {
        accounts,
        benign,
        clusters: agreement(truth, membership),
        campaigns: reports,
        segments,
        demix_error: stream.and_then(|stream| demix_error(&campaigns, membership, stream)),
        demix_f1: stream.and_then(|stream| demix_f1(&campaigns, stream)),
        validity: Vec::new(),
        chance: None,
        replacement_link_time_s: newcomers.as_ref().and_then(Newcomers::median_s),
        ranking: ranking(truth, decisions),
        misses: misses::misses(truth, &campaigns, &touched, decisions, membership),
        harmed: misses::harmed(truth, &touched, decisions),
        feedback: false,
        decisions: decisions.counts,
        input: stream.map(input),
        notes: notes(decisions, stream),
    }
}

/// Ranks all accounts of the truth by the evidence stated about them. Bystanders are left out: their
/// traffic carries harvest, and finding that is no false alarm.
fn ranking(truth: &Truth, decisions: &Decisions) -> Ranking {
    // One number that sorts by act, then by evidence, which stays far below a thousand nats.
    let level = |(action, nats): &(Action, f64)| {
        f64::from(*action as u8) * 1_000.0 + nats.clamp(0.0, 999.0)
    };
    let score = |id: u32| decisions.scores.get(&id).map_or(0.0, level);
    let accounts = (0u32..).zip(&truth.accounts);
    let ranked = accounts.filter(|(_, account)| account.role != truth::Role::Bystander);
    rank(ranked.map(|(id, account)| (score(id), account.campaign.is_some())).collect())
}

/// Compares clusters with campaigns over the accounts of campaigns and benign ones in clusters.
fn agreement(truth: &Truth, membership: &Membership) -> Clusters {
    let (mut items, mut clustered) = (Vec::new(), Vec::new());
    // Numbers for those alone in class or cluster: above all campaigns and clusters.
    let alone = |id: u32| u32::MAX - id;
    for (id, account) in (0u32..).zip(&truth.accounts) {
        let cluster = membership.cluster_of.get(&id);
        let item = (account.campaign.unwrap_or(alone(id)), cluster.copied().unwrap_or(alone(id)));
        if cluster.is_some() {
            clustered.push(item);
        }
        if cluster.is_some() || account.campaign.is_some() {
            items.push(item);
        }
    }
    let recoverable = truth.attackers().next().is_some();
    let v = v_measure(&items).filter(|_| recoverable);
    let agreement = Agreement {
        ari: adjusted_rand_index(&items).filter(|_| recoverable),
        purity: purity(&clustered),
        v_measure: v.map(|(_, _, v)| v),
        homogeneity: v.map(|(homogeneity, _, _)| homogeneity),
        completeness: v.map(|(_, completeness, _)| completeness),
        b_cubed_precision: b_cubed(&items).filter(|_| recoverable).map(|(precision, _)| precision),
        b_cubed_recall: b_cubed(&items).filter(|_| recoverable).map(|(_, recall)| recall),
    };
    Clusters {
        agreement,
        clusters: membership.cluster_of.values().collect::<BTreeSet<_>>().len() as u64,
        accounts: items.len() as u64,
        clustered: clustered.len() as u64,
    }
}

/// Mean absolute error of the claimed share of harvest, over accounts that carry both.
fn demix_error(campaigns: &Campaigns, membership: &Membership, stream: &Stream) -> Option<f64> {
    let mut errors = Vec::new();
    for (id, harvest) in campaigns.harvest() {
        let customers = stream.other.get(id).filter(|_| stream.labelled.contains(id));
        if let (Some(customers), Some(claimed)) = (customers, membership.harvest_share.get(id)) {
            let share = harvest.made as f64 / (harvest.made + customers.made) as f64;
            errors.push((claimed - share).abs());
        }
    }
    (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64)
}

/// F1 of what acts call harvest within accounts that carry both; none where nothing was called so.
fn demix_f1(campaigns: &Campaigns, stream: &Stream) -> Option<f64> {
    let (mut hits, mut missed, mut wrong) = (0, 0, 0);
    for (id, harvest) in campaigns.harvest() {
        if let Some(customers) = stream.other.get(id).filter(|_| stream.labelled.contains(id)) {
            hits += harvest.called;
            missed += harvest.made - harvest.called - harvest.unsaid;
            wrong += customers.called;
        }
    }
    let called = hits + wrong > 0;
    called.then(|| (2 * hits) as f64 / (2 * hits + missed + wrong) as f64)
}

fn input(stream: &Stream) -> Input {
    Input {
        events: stream.events,
        requests: stream.requests,
        unreadable: stream.unreadable,
        accounts: stream.seen.iter().filter(|seen| **seen).count() as u64,
        span_ms: stream.span.map_or(0, |(first, last)| last.since(first)),
    }
}

/// What a reader must know to trust the numbers.
fn notes(decisions: &Decisions, stream: Option<&Stream>) -> Vec<String> {
    let mut notes = Vec::new();
    match stream {
        Some(_) => notes.push(
            "open loop: decisions did not change the traffic, so a stopped attacker goes on in it"
                .to_owned(),
        ),
        None => notes.push(
            "no input was given: what leaked and when is unknown, and an act at any time counts"
                .to_owned(),
        ),
    }
    if decisions.counts.shadow > 0 {
        notes.push(format!(
            "{} of {} decisions were in shadow mode; they count as if enforced",
            decisions.counts.shadow,
            decisions.counts.shadow + decisions.counts.enforce
        ));
    }
    if let Some((stream, first)) = stream.and_then(|s| Some((s, s.first_unreadable.as_ref()?))) {
        notes.push(format!(
            "{} lines of the input could not be read, the first at {first}",
            stream.unreadable
        ));
    }
    notes
}
