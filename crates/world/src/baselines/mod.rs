//! Simpler methods on the same stream, behind one interface: each looks at the requests one by one and
//! says in the end how much it suspects each account.
//!
//! They are written from their published descriptions, to know what the effort beyond them is worth.
//! Those that need text say nothing about a stream of sketches.

pub mod coshare;
mod embed;
mod lockstep;
mod mmd;
mod novelty;
mod rate;
mod seen;
mod shared_keys;
mod template;
mod union_find;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::evaluate::truth::{self, Role, Truth};
use crate::evaluate::{Error, Interval, Ranking, for_each_line, rank, wilson};
use crate::simulate::random::key;
use seen::{Seen, see};

/// A method that scores accounts.
pub trait Baseline {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// What it looks at, in a line.
    fn about(&self) -> &'static str;

    /// Looks at an event of an account.
    fn take(&mut self, account: u32, seen: &Seen);

    /// How much it suspects each account; 0 is not at all. None: the stream has nothing for it.
    fn scores(self: Box<Self>, accounts: &[Standpoint]) -> Option<Vec<f64>>;
}

/// What a method may know of an account beside its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standpoint {
    /// It is honest and known to be: a method may learn from it, and is not judged by it.
    Reference,
    /// It is to be judged.
    Judged,
}

/// How a method did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// What it looks at.
    pub about: String,
    /// How well its scores rank accounts.
    pub ranking: Ranking,
    /// Recall of each campaign's accounts where one honest account in a thousand is flagged.
    pub campaigns: BTreeMap<String, Reached>,
}

/// The recall of one campaign.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// Accounts of the campaign above the level.
    pub found: u64,
    /// Its accounts.
    pub accounts: u64,
    /// 95 % interval of their share.
    pub interval: Option<Interval>,
}

/// One honest account in so many is a reference.
const REFERENCE: u64 = 5;

/// Runs all methods over a stream.
///
/// # Errors
/// Where a file can't be read or the truth is no good.
pub fn run(truth: &Path, inputs: &[PathBuf]) -> Result<Vec<Standing>, Error> {
    let truth = truth::read(truth)?;
    let standpoints = standpoints(&truth);
    let mut all = methods(truth.accounts.len());
    for path in inputs {
        for_each_line(path, |_, line| {
            // What can't be read is counted by the evaluation; here it is left out.
            let Ok(event) = see(line) else { return Ok(()) };
            let account = event.account_id.as_deref().and_then(|id| truth.names.get(id));
            if let Some(account) = account.filter(|id| truth.account(*id).is_some()) {
                all.iter_mut().for_each(|method| method.take(account, &event));
            }
            Ok(())
        })?;
    }
    Ok(all.into_iter().map(|method| standing(method, &truth, &standpoints)).collect())
}

fn methods(accounts: usize) -> Vec<Box<dyn Baseline>> {
    vec![
        Box::new(rate::Rate::new(accounts)),
        Box::new(template::Template::default()),
        Box::new(novelty::Novelty::new(accounts)),
        Box::new(mmd::Mmd::per_account(accounts)),
        Box::new(mmd::Mmd::pooled(accounts)),
        Box::new(lockstep::Lockstep::default()),
        Box::new(shared_keys::SharedKeys::new(accounts)),
    ]
}

fn standpoints(truth: &Truth) -> Vec<Standpoint> {
    let one = |(id, account): (u32, &truth::Account)| {
        let honest = account.role == Role::Benign;
        match honest && key(&[id.into(), 0x4EF]).is_multiple_of(REFERENCE) {
            true => Standpoint::Reference,
            false => Standpoint::Judged,
        }
    };
    (0u32..).zip(&truth.accounts).map(one).collect()
}

fn standing(method: Box<dyn Baseline>, truth: &Truth, standpoints: &[Standpoint]) -> Standing {
    let (name, about) = (method.name().to_owned(), method.about().to_owned());
    let Some(scores) = method.scores(standpoints) else {
        let ranking = rank(Vec::new());
        return Standing { name, about, ranking, campaigns: BTreeMap::new() };
    };
    let accounts = (0usize..).zip(&truth.accounts);
    let judged = accounts.filter(|(id, account)| {
        standpoints[*id] == Standpoint::Judged && account.role != Role::Bystander
    });
    let ranking = rank(judged.map(|(id, one)| (scores[id], one.campaign.is_some())).collect());
    let level = ranking.recall_at.first().and_then(|at| at.above);
    let mut campaigns: BTreeMap<String, Reached> = BTreeMap::new();
    for (id, campaign, _) in truth.attackers() {
        let name = truth.campaigns.text(campaign).to_owned();
        let one =
            campaigns.entry(name).or_insert(Reached { found: 0, accounts: 0, interval: None });
        one.accounts += 1;
        one.found += u64::from(level.is_some_and(|level| scores[id as usize] >= level));
    }
    for one in campaigns.values_mut() {
        one.interval = level.and_then(|_| wilson(one.found, one.accounts));
    }
    Standing { name, about, ranking, campaigns }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool of ten that share a prompt and an address, and ninety people.
    fn world(folder: &Path) -> (PathBuf, PathBuf) {
        std::fs::create_dir_all(folder).expect("a folder");
        let (mut truth, mut events) = (String::new(), String::new());
        for account in 0..100 {
            let pool = account < 10;
            let campaign = if pool { "\"S\"" } else { "null" };
            truth += &format!("{{\"account_id\":\"a{account}\",\"campaign\":{campaign}}}\n");
            for request in 0..12 {
                let word = |n: u64| key(&[account, request, n]) % 5_000;
                let letters = |number: u64| -> String {
                    number.to_string().bytes().map(|digit| char::from(digit + 49)).collect()
                };
                let said = (0..12).map(|n| letters(word(n))).collect::<Vec<_>>().join(" ");
                let said = if pool {
                    format!(
                        "please write down the whole of your reasoning about item {request} now"
                    )
                } else {
                    said
                };
                let host = if pool { 1 } else { account };
                events += &format!(
                    "{{\"type\":\"request\",\"event_id\":\"{account}-{request}\",\"account_id\":\
                     \"a{account}\",\"event_time\":\"2026-03-02T{:02}:0{}:00Z\",\"model\":\"m\",\
                     \"client\":{{\"ip\":\"10.0.{host}.1\"}},\"turns\":[{{\"role\":\"user\",\
                     \"text\":\"{said}\"}}]}}\n",
                    request,
                    account % 10,
                );
            }
        }
        let paths = (folder.join("truth.jsonl"), folder.join("events.jsonl"));
        std::fs::write(&paths.0, truth).expect("a file");
        std::fs::write(&paths.1, events).expect("a file");
        paths
    }

    #[test]
    fn each_finds_what_it_is_made_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (truth, events) = world(folder.path());
        let standings = run(&truth, &[events]).expect("a good world");
        let auprc: BTreeMap<&str, f64> = standings
            .iter()
            .map(|one| (one.name.as_str(), one.ranking.auprc.expect("there is a campaign")))
            .collect();
        for name in ["exact template", "MMD per account", "shared keys", "lockstep"] {
            assert!(auprc[name] > 0.9, "{auprc:?}");
        }
        assert!(auprc["rate limit"] < 0.3, "all ask as often: {auprc:?}");
    }
}
