//! How well the evidence ranks accounts: average precision, and the recall that a given rate of false
//! alarms allows.
//!
//! An account's score is the strongest act on it, its flows or its clusters, then the evidence stated
//! for it (act × 1,000 + nats); without one it is 0. A rate is only reported where there are enough benign accounts to tell
//! it from none: below `1 / rate` of them it would be a claim about nobody.

use serde::{Deserialize, Serialize};

use super::interval::{Interval, share, wilson};
use crate::simulate::random::Rng;

/// How well scores rank accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Area under the curve of precision over recall (average precision, ties together).
    pub auprc: Option<f64>,
    /// 95 % interval of it, from 200 resamples of the accounts.
    pub auprc_interval: Option<Interval>,
    /// Recall at given rates of false alarms.
    pub recall_at: Vec<RecallAt>,
}

/// The recall at one rate of false alarms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecallAt {
    /// The rate.
    pub false_positive_rate: f64,
    /// Accounts of campaigns that score above the level; none where the rate has no support.
    pub recall: Option<f64>,
    /// 95 % interval of it.
    pub interval: Option<Interval>,
    /// The level: scores above it count.
    pub above: Option<f64>,
}

/// The rates that are asked for.
const RATES: [f64; 3] = [1e-3, 1e-4, 1e-5];

/// Resamples for the interval.
const RESAMPLES: usize = 200;

/// An account's score and whether it is of a campaign.
pub type Scored = (f64, bool);

/// Ranks accounts by their scores.
#[must_use]
pub fn rank(mut accounts: Vec<Scored>) -> Ranking {
    accounts.sort_by(|left, right| right.0.total_cmp(&left.0));
    let steps = steps(&accounts);
    Ranking {
        auprc: average_precision(&steps),
        auprc_interval: resampled(&steps),
        recall_at: RATES.map(|rate| recall_at(&steps, rate)).to_vec(),
    }
}

/// Accounts of one score.
#[derive(Clone, Copy)]
struct Step {
    score: f64,
    attack: u64,
    benign: u64,
}

/// Accounts with the same score go together, the highest first.
fn steps(accounts: &[Scored]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for &(score, attack) in accounts {
        match steps.last_mut() {
            Some(step) if step.score == score => {
                step.attack += u64::from(attack);
                step.benign += u64::from(!attack);
            }
            _ => steps.push(Step { score, attack: attack.into(), benign: (!attack).into() }),
        }
    }
    steps
}

fn average_precision(steps: &[Step]) -> Option<f64> {
    let positives: u64 = steps.iter().map(|step| step.attack).sum();
    if positives == 0 {
        return None;
    }
    let (mut hits, mut taken, mut area) = (0, 0, 0.0);
    for step in steps {
        hits += step.attack;
        taken += step.attack + step.benign;
        if step.attack > 0 {
            area += hits as f64 / taken as f64 * step.attack as f64 / positives as f64;
        }
    }
    Some(area)
}

/// Resamples the counts of each step: every account is drawn about as often as chance would, by a
/// Poisson number with its mean. Many accounts share a score, so this costs steps and not accounts.
fn resampled(steps: &[Step]) -> Option<Interval> {
    let mut rng = Rng::new(0xB007);
    let mut draws: Vec<f64> = Vec::new();
    for _ in 0..RESAMPLES {
        let again: Vec<Step> = steps
            .iter()
            .map(|step| Step {
                attack: poisson(step.attack, &mut rng),
                benign: poisson(step.benign, &mut rng),
                ..*step
            })
            .collect();
        draws.extend(average_precision(&again));
    }
    draws.sort_by(f64::total_cmp);
    let at = |share: f64| draws.get((share * draws.len() as f64) as usize).copied();
    Some(Interval { low: at(0.025)?, high: at(0.975)? })
}

/// A Poisson number by a normal one, or one by one where they are few.
fn poisson(mean: u64, rng: &mut Rng) -> u64 {
    if mean > 30 {
        let wide = (mean as f64).sqrt();
        return (mean as f64 + wide * rng.normal() + 0.5).max(0.0) as u64;
    }
    let (mut left, mut count) = (mean as f64, 0);
    loop {
        left -= rng.exponential();
        if left < 0.0 {
            return count;
        }
        count += 1;
    }
}

fn recall_at(steps: &[Step], rate: f64) -> RecallAt {
    let positives: u64 = steps.iter().map(|step| step.attack).sum();
    let benign: u64 = steps.iter().map(|step| step.benign).sum();
    let none = RecallAt { false_positive_rate: rate, recall: None, interval: None, above: None };
    if positives == 0 || (benign as f64) < 1.0 / rate {
        return none;
    }
    let allowed = (benign as f64 * rate) as u64;
    let (mut hits, mut alarms, mut above) = (0, 0, f64::INFINITY);
    for step in steps.iter().filter(|step| step.score > 0.0) {
        if alarms + step.benign > allowed {
            break;
        }
        alarms += step.benign;
        hits += step.attack;
        above = step.score;
    }
    RecallAt {
        recall: share(hits, positives),
        interval: wilson(hits, positives),
        above: above.is_finite().then_some(above),
        ..none
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_case() {
        // Ranked: attack, benign, attack: 1/1 * 1/2 + 2/3 * 1/2.
        let ranking = rank(vec![(3.0, true), (2.0, false), (1.0, true)]);
        assert!((ranking.auprc.expect("support") - 5.0 / 6.0).abs() < 1e-12);
        assert!(
            ranking.recall_at.iter().all(|at| at.recall.is_none()),
            "three accounts are too few"
        );
    }

    #[test]
    fn a_rate_needs_as_many_benign_accounts() {
        let mut accounts = vec![(0.0, false); 10_000];
        accounts.extend([(9.0, false), (8.0, true), (9.5, true), (7.0, false), (6.0, true)]);
        let ranking = rank(accounts);
        let recalls: Vec<_> = ranking.recall_at.iter().map(|at| at.recall).collect();
        assert_eq!(recalls, [Some(1.0), Some(2.0 / 3.0), None]);
        let interval = ranking.auprc_interval.expect("support");
        assert!(interval.low <= ranking.auprc.expect("support"));
    }

    #[test]
    fn without_a_campaign_there_is_nothing_to_rank() {
        assert_eq!(rank(vec![(1.0, false); 5]).auprc, None);
    }
}
