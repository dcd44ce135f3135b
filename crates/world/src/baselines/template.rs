//! Exact templates: on how many accounts the first words of a prompt are seen, numbers apart.

use std::collections::BTreeMap;

use super::seen::{Seen, hash};
use super::{Baseline, Standpoint};

/// Words that make a template, from the beginning.
const WORDS: usize = 8;

/// Pairs of template and account, counted.
#[derive(Default)]
pub struct Template {
    uses: BTreeMap<(u64, u32), u32>,
    accounts: BTreeMap<u32, u32>,
}

fn template(text: &str) -> Option<u64> {
    let word = |word: &str| word.replace(|letter: char| letter.is_ascii_digit(), "#");
    let words: Vec<String> = text.split_whitespace().take(WORDS).map(word).collect();
    (words.len() == WORDS).then(|| hash(&words.join(" ")))
}

impl Baseline for Template {
    fn name(&self) -> &'static str {
        "exact template"
    }

    fn about(&self) -> &'static str {
        "how many accounts begin a prompt with the same eight words, times how often this one does"
    }

    fn take(&mut self, account: u32, seen: &Seen) {
        if !seen.is_request() {
            return;
        }
        *self.accounts.entry(account).or_default() += 1;
        let texts = [seen.system.as_deref(), seen.turns.first().map(|turn| &*turn.text)];
        for template in texts.into_iter().flatten().filter_map(template) {
            *self.uses.entry((template, account)).or_default() += 1;
        }
    }

    fn scores(self: Box<Self>, accounts: &[Standpoint]) -> Option<Vec<f64>> {
        if self.uses.is_empty() {
            return None;
        }
        let mut spread: BTreeMap<u64, u32> = BTreeMap::new();
        for (template, _) in self.uses.keys() {
            *spread.entry(*template).or_default() += 1;
        }
        let mut scores = vec![0.0f64; accounts.len()];
        for ((template, account), uses) in &self.uses {
            let share = f64::from(*uses) / f64::from(self.accounts[account]);
            let score = f64::from(spread[template] - 1) * share;
            scores[*account as usize] = score.max(scores[*account as usize]);
        }
        Some(scores)
    }
}
