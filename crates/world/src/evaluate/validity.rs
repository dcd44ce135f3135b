//! Whether evidence means what it says, on accounts known to be honest: of valid e-values the mean is
//! at most 1, and at most one account in e^n ever reaches n nats (Ville).
//!
//! Reads the published fingerprints, which state every account's own evidence. A mean of e-values is
//! ruled by the few largest, so they are cut at a thousand, which can only lower it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::interval::{Interval, share, wilson};
use super::truth::Truth;
use super::{Error, source};

/// Levels of the ladder, in nats, and what may reach them: e to the power of minus the level.
const LEVELS: [(f64, f64); 5] = [(2.3, 0.1), (4.6, 0.01), (6.9, 1e-3), (9.2, 1e-4), (14.9, 3.4e-7)];
/// Where e-values are cut.
const CUT: f64 = 1_000.0;

/// One family of own evidence on honest accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validity {
    /// `content` or `orphans`, as fingerprints name them.
    pub family: String,
    /// Honest accounts with a fingerprint.
    pub accounts: u64,
    /// Mean of their latest e-values, each at most 1,000; at most 1 if the evidence is valid.
    pub mean_e: Option<f64>,
    /// 95 % interval of that mean.
    pub mean_e_interval: Option<Interval>,
    /// How many ever reached each level of the ladder.
    pub reached: Vec<Reached>,
}

/// Honest accounts that ever reached a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// The level.
    pub nats: f64,
    /// How many reached it.
    pub accounts: u64,
    /// Their share.
    pub share: Option<f64>,
    /// 95 % interval of the share.
    pub interval: Option<Interval>,
    /// The share that valid evidence may have: e to the power of minus the level.
    pub permitted: f64,
}

/// A line of `fingerprints.jsonl`, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    account_id: Box<str>,
    content_nats: Option<f64>,
    orphan_nats: Option<f64>,
}

/// The latest and the greatest evidence of one account in one family.
#[derive(Clone, Copy, Default)]
struct Stated {
    latest: f64,
    most: f64,
}

/// Reads what fingerprints say of the honest accounts of a truth.
///
/// # Errors
/// Where the file can't be read or a line is no fingerprint.
pub fn read(path: &Path, truth: &Truth) -> Result<Vec<Validity>, Error> {
    let mut stated: [BTreeMap<u32, Stated>; 2] = Default::default();
    source::for_each_line(path, |_, line| {
        let record: Record = source::json(line)?;
        let known = truth.names.get(&record.account_id);
        let honest = |id: &u32| truth.account(*id).is_some_and(|one| one.campaign.is_none());
        let Some(id) = known.filter(honest) else { return Ok(()) };
        for (family, nats) in stated.iter_mut().zip([record.content_nats, record.orphan_nats]) {
            if let Some(nats) = nats.filter(|nats| nats.is_finite()) {
                let one = family.entry(id).or_default();
                *one = Stated { latest: nats, most: one.most.max(nats) };
            }
        }
        Ok(())
    })?;
    let [content, orphans] = stated;
    Ok(vec![validity("content", &content), validity("orphans", &orphans)])
}

#[expect(clippy::disallowed_methods, reason = "a measure to be read, on which no result depends")]
fn validity(family: &str, stated: &BTreeMap<u32, Stated>) -> Validity {
    let accounts = stated.len() as u64;
    let values: Vec<f64> = stated.values().map(|one| one.latest.exp().min(CUT)).collect();
    let mean = (accounts > 0).then(|| values.iter().sum::<f64>() / accounts as f64);
    let reached = LEVELS.map(|(nats, permitted)| {
        let those = stated.values().filter(|one| one.most >= nats).count() as u64;
        let (share, interval) = (share(those, accounts), wilson(those, accounts));
        Reached { nats, accounts: those, share, interval, permitted }
    });
    Validity {
        family: family.to_owned(),
        accounts,
        mean_e: mean,
        mean_e_interval: mean.and_then(|mean| around(mean, &values)),
        reached: reached.into(),
    }
}

/// The 95 % interval of a mean by its standard error; none for a single value.
fn around(mean: f64, values: &[f64]) -> Option<Interval> {
    let n = values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let half = 1.96 * (squares / (n - 1.0) / n).sqrt();
    (values.len() > 1).then_some(Interval { low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_evidence_keeps_its_word_and_other_evidence_is_seen() {
        // Of a thousand accounts one is at e^6.9 = 992 and the others at almost nothing.
        let at = |nats: f64| Stated { latest: nats, most: nats };
        let good = (0..1_000).map(|id| (id, at(if id == 0 { 6.9 } else { -9.0 }))).collect();
        let good = validity("content", &good);
        assert!(good.mean_e.is_some_and(|mean| (0.9..=1.0).contains(&mean)), "{good:?}");
        assert_eq!(good.reached[2].accounts, 1);
        let bad = (0..1_000).map(|id| (id, at(if id < 100 { 20.0 } else { 0.0 }))).collect();
        let bad = validity("content", &bad);
        assert!(bad.mean_e_interval.is_some_and(|interval| interval.low > 1.0), "{bad:?}");
        assert!(bad.reached[4].interval.is_some_and(|one| one.low > bad.reached[4].permitted));
        assert_eq!(validity("content", &BTreeMap::new()).mean_e, None);
    }
}
