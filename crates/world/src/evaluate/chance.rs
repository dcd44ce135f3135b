//! What is still linked when nothing is left but chance: the results of a replay of the shuffled
//! stream (`iolaus sketch --shuffle-seed`), in which no operation exists.
//!
//! Links themselves are not published, so false edges are counted where they show: as accounts that
//! stand in a cluster. Each has at least one false edge, so this is a lower bound of those.

use std::collections::BTreeSet;
use std::path::Path;

use event::time::DAY;
use serde::{Deserialize, Serialize};

use super::{Error, Input, source};

/// Accounts that chance alone put into clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Accounts that ever stood in a cluster of the shuffled stream.
    pub linked: u64,
    /// The same for each account and week of the stream; nothing where the stream is empty.
    pub linked_per_account_week: Option<f64>,
}

/// A line of `clusters.jsonl`, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    account_id: Box<str>,
}

/// Reads the results of the shuffled stream, which is as long as `input`.
///
/// # Errors
/// Where there is no such result, or a line is no cluster record.
pub fn read(shuffled: &Path, input: Option<&Input>) -> Result<Chance, Error> {
    if !shuffled.join("summary.json").exists() {
        return Err(Error::NoOutput { path: shuffled.to_owned() });
    }
    let mut accounts = BTreeSet::new();
    let clusters = shuffled.join("clusters.jsonl");
    if clusters.exists() {
        source::for_each_line(&clusters, |_, line| {
            let record: Record = source::json(line)?;
            accounts.extend(record.members.into_iter().map(|member| member.account_id));
            Ok(())
        })?;
    }
    let linked = accounts.len() as u64;
    let weeks = |input: &Input| input.span_ms as f64 / (7 * DAY) as f64 * input.accounts as f64;
    let account_weeks = input.map(weeks).filter(|weeks| *weeks > 0.0);
    Ok(Chance { linked, linked_per_account_week: account_weeks.map(|all| linked as f64 / all) })
}
