//! Templates: hot fingerprints that the same accounts carry are one text.
//!
//! Whole prompts with large slots look unlike each other; sampled fingerprints of the constant part
//! recur. Two hot fingerprints belong to one template when their samples of accounts overlap.

use event::Nats;
use event::id::{Digest, ObjectKey};
use event::table::Entry;

use crate::sample::Sample;
use crate::state::{State, Template};

/// A hot fingerprint, as the object task told of it.
pub struct Hot<'a> {
    pub print: ObjectKey,
    pub tenant: Digest,
    pub accounts: u64,
    pub surprise: Nats,
    pub sample: &'a [Digest],
}

/// Accounts from which two templates can be told to be one: samples of fewer are chance.
const TELLING: u64 = 24;

/// Files a hot fingerprint; a new one is announced with its template. Texts that the same accounts
/// carry turn out to be one template as they spread: variants of a prompt, its parts, its rewrites.
pub fn file(state: &mut State, hot: &Hot<'_>, out: &mut Vec<Entry>) {
    let known = state.prints.get(hot.print).copied();
    let home = match known {
        Some(home) => state.resolve(home),
        None => closest(state, hot, None).unwrap_or(hot.print),
    };
    let template = state.templates.entry(home, Template::default);
    template.tenant = hot.tenant;
    if hot.accounts >= template.population {
        template.population = hot.accounts;
        template.surprise = hot.surprise;
        template.sample = hot.sample.into();
    }
    if known.is_none() && template.prints.len() < Template::PRINTS {
        let at = template.prints.binary_search(&hot.print).unwrap_or_else(|at| at);
        template.prints.insert(at, hot.print);
        state.prints.insert(hot.print, home);
        out.push(Entry::Template { fingerprint: hot.print, template: Some(home) });
    }
    if known.is_some()
        && hot.accounts >= TELLING
        && let Some(twin) = closest(state, hot, Some(home))
    {
        merge(state, home.max(twin), home.min(twin), out);
    }
}

/// The template goes into another: its fingerprints are announced anew.
fn merge(state: &mut State, from: ObjectKey, into: ObjectKey, out: &mut Vec<Entry>) {
    let Some(gone) = state.templates.get_mut(from) else { return };
    gone.merged_into = Some(into);
    let gone = Template { prints: std::mem::take(&mut gone.prints), ..gone.clone() };
    for print in &gone.prints {
        state.prints.insert(*print, into);
        out.push(Entry::Template { fingerprint: *print, template: Some(into) });
    }
    let Some(kept) = state.templates.get_mut(into) else { return };
    kept.prints.extend(gone.prints);
    kept.prints.sort_unstable();
    kept.prints.dedup();
    if gone.population > kept.population {
        kept.population = gone.population;
        kept.surprise = gone.surprise;
        kept.sample = gone.sample;
    }
}

/// The template, other than `except`, whose accounts overlap most with the fingerprint's; of equals
/// the smallest key.
fn closest(state: &State, hot: &Hot<'_>, except: Option<ObjectKey>) -> Option<ObjectKey> {
    let sample = Sample::from(hot.sample);
    state
        .templates
        .unordered()
        .filter(|(key, template)| {
            template.tenant == hot.tenant
                && template.merged_into.is_none()
                && Some(*key) != except
                && (except.is_none() || template.population >= TELLING)
        })
        .filter(|(_, template)| {
            // Counts double between two tellings, so less than a third can't be the same accounts.
            template.population * 3 >= hot.accounts && hot.accounts * 3 >= template.population
        })
        .filter_map(|(key, template)| Some((template.sample.overlap(&sample)?, key)))
        .max_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(&one.1)))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hot(print: u64, sample: &[Digest]) -> Hot<'_> {
        Hot {
            print: ObjectKey(Digest(print)),
            tenant: Digest(0),
            accounts: sample.len() as u64,
            surprise: Nats::ZERO,
            sample,
        }
    }

    fn digests(range: std::ops::Range<u64>) -> Vec<Digest> {
        range.map(Digest).collect()
    }

    #[test]
    fn fingerprints_of_the_same_accounts_are_one_template() {
        let mut state = State::default();
        let mut out = Vec::new();
        let (here, nearly, elsewhere) = (digests(0..10), digests(1..11), digests(50..60));
        file(&mut state, &hot(7, &here), &mut out);
        file(&mut state, &hot(3, &nearly), &mut out);
        file(&mut state, &hot(5, &elsewhere), &mut out);
        file(&mut state, &hot(3, &nearly), &mut out);
        assert_eq!(state.templates.len(), 2);
        assert_eq!(state.prints.get(ObjectKey(Digest(3))), Some(&ObjectKey(Digest(7))));
        assert_eq!(out.len(), 3, "each fingerprint is announced once");
    }

    #[test]
    fn templates_that_grow_together_become_one() {
        let mut state = State::default();
        let mut out = Vec::new();
        let (some, others) = (digests(0..8), digests(20..28));
        file(&mut state, &hot(7, &some), &mut out);
        file(&mut state, &hot(3, &others), &mut out);
        let all = digests(0..40);
        file(&mut state, &hot(7, &all), &mut out);
        file(&mut state, &hot(3, &all), &mut out);
        let (one, other) = (ObjectKey(Digest(3)), ObjectKey(Digest(7)));
        assert_eq!(state.resolve(other), one);
        assert_eq!(state.prints.get(other), Some(&one));
        assert_eq!(state.templates.get(one).unwrap().prints.len(), 2);
    }
}
