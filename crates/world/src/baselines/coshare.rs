//! Coordinated sharing as the R package CooRTweet defines it: two accounts that share the same object
//! within a window of seconds.
//!
//! It is here to check an implementation against published figures on real data. Whoever shared too
//! little is left out before; afterwards a pair stays if either of its posts is by an account with enough
//! posts in any pair.

use std::collections::{BTreeMap, BTreeSet};

use super::union_find::UnionFind;

/// One share: an object, by an account, as a post, at a time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What was shared.
    pub object: u64,
    /// By whom.
    pub account: u64,
    /// The post.
    pub post: u64,
    /// When.
    pub time: i64,
}

/// What coordination there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordination {
    /// Pairs of posts.
    pub pairs: usize,
    /// Pairs of accounts.
    pub edges: usize,
    /// Accounts in them.
    pub accounts: usize,
    /// Pairs of accounts with more pairs of posts than the median.
    pub strong_edges: usize,
    /// Accounts in those.
    pub strong_accounts: usize,
    /// Sizes of the groups they form, the largest first.
    pub groups: Vec<u32>,
}

/// Finds who shared what others shared, within `window` seconds, at least `least` times.
#[must_use]
pub fn coordination(shares: &[Share], window: i64, least: usize) -> Coordination {
    let mut posts: BTreeMap<u64, usize> = BTreeMap::new();
    shares.iter().for_each(|share| *posts.entry(share.account).or_default() += 1);
    let kept: Vec<Share> =
        shares.iter().copied().filter(|share| posts[&share.account] >= least).collect();
    let pairs = only_active(&kept, pairs(&kept, window), least);
    let mut weights: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for (one, other) in &pairs {
        let edge = (one.account.min(other.account), one.account.max(other.account));
        *weights.entry(edge).or_default() += 1;
    }
    let mut sorted: Vec<usize> = weights.values().copied().collect();
    sorted.sort_unstable();
    // Twice the median, which may lie between two numbers.
    let median = match sorted.len() {
        0 => 0,
        n => sorted[(n - 1) / 2] + sorted[n / 2],
    };
    let strong: Vec<(u64, u64)> =
        weights.iter().filter(|(_, weight)| 2 * **weight > median).map(|(edge, _)| *edge).collect();
    let groups = groups(&strong);
    Coordination {
        pairs: pairs.len(),
        edges: weights.len(),
        accounts: ends(weights.keys()).len(),
        strong_edges: strong.len(),
        strong_accounts: groups.iter().sum::<u32>() as usize,
        groups,
    }
}

/// Posts of two accounts on one object within the window.
fn pairs(shares: &[Share], window: i64) -> Vec<(Share, Share)> {
    let mut by_object: BTreeMap<u64, Vec<Share>> = BTreeMap::new();
    for share in shares {
        by_object.entry(share.object).or_default().push(*share);
    }
    let mut pairs = Vec::new();
    for shares in by_object.values_mut() {
        shares.sort_by_key(|share| share.time);
        for (place, one) in shares.iter().enumerate() {
            let near =
                shares[place + 1..].iter().take_while(|other| other.time - one.time <= window);
            let own = |other: &&Share| other.account == one.account || other.post == one.post;
            let origin = |share: &Share| share.post == share.object;
            let counts = |other: &&Share| !own(other) && !origin(one) && !origin(other);
            pairs.extend(near.filter(counts).map(|other| (*one, *other)));
        }
    }
    pairs
}

/// Keeps pairs of which a post is by an account with enough posts in any pair.
fn only_active(
    shares: &[Share],
    mut pairs: Vec<(Share, Share)>,
    least: usize,
) -> Vec<(Share, Share)> {
    let paired: BTreeSet<u64> =
        pairs.iter().flat_map(|(one, other)| [one.post, other.post]).collect();
    let mut count: BTreeMap<u64, usize> = BTreeMap::new();
    let there = || shares.iter().filter(|share| paired.contains(&share.post));
    there().for_each(|share| *count.entry(share.account).or_default() += 1);
    let active: BTreeSet<u64> =
        there().filter(|share| count[&share.account] >= least).map(|share| share.post).collect();
    pairs.retain(|(one, other)| active.contains(&one.post) || active.contains(&other.post));
    pairs
}

fn ends<'e>(edges: impl Iterator<Item = &'e (u64, u64)>) -> BTreeSet<u64> {
    edges.flat_map(|(one, other)| [*one, *other]).collect()
}

fn groups(edges: &[(u64, u64)]) -> Vec<u32> {
    let ids: BTreeMap<u64, u32> = ends(edges.iter()).into_iter().zip(0..).collect();
    let mut sets = UnionFind::new(ids.len());
    edges.iter().for_each(|(one, other)| sets.join(ids[one], ids[other]));
    let mut sizes: BTreeMap<u32, u32> = BTreeMap::new();
    (0..ids.len() as u32).for_each(|one| *sizes.entry(sets.head(one)).or_default() += 1);
    let mut sizes: Vec<u32> = sizes.into_values().collect();
    sizes.sort_unstable_by(|left, right| right.cmp(left));
    sizes
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::seen::hash;
    use super::*;
    use crate::evaluate::for_each_line;

    fn share(account: u64, object: u64, time: i64) -> Share {
        Share { object, account, post: account * 1_000 + time as u64, time }
    }

    #[test]
    fn two_that_share_twice_within_seconds_are_a_pair() {
        let shares = [
            share(1, 10, 5),
            share(2, 10, 9),
            share(3, 10, 500),
            share(1, 11, 600),
            share(2, 11, 605),
            share(3, 12, 700),
        ];
        let found = coordination(&shares, 10, 2);
        assert_eq!((found.pairs, found.edges, found.accounts), (2, 1, 2));
    }

    /// The recorded shares, where they are at hand: `IOLAUS_DATA` or a folder beside the clone.
    fn recorded() -> Option<PathBuf> {
        #[expect(clippy::disallowed_methods, reason = "a test may ask where the recordings are")]
        let named = std::env::var("IOLAUS_DATA").ok().map(PathBuf::from);
        let clone = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let folder = named.unwrap_or(clone);
        let path = folder.join("coortweet/russian_coord_tweets.csv.gz");
        path.exists().then_some(path)
    }

    fn read(path: &std::path::Path) -> Vec<Share> {
        let mut shares = Vec::new();
        for_each_line(path, |number, line| {
            let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
            let mut cells = text.split(',').map(|cell| cell.trim_matches('"'));
            let mut next = || cells.next().ok_or_else(|| "too few columns".to_owned());
            let (object, account, post) = (hash(next()?), hash(next()?), hash(next()?));
            let time = next()?.parse::<i64>();
            match time {
                Ok(time) => shares.push(Share { object, account, post, time }),
                Err(_) if number == 1 => {}
                Err(error) => return Err(error.to_string()),
            }
            Ok(())
        })
        .expect("a good file");
        shares
    }

    /// The figures of CooRTweet's own data (35,125 shares by 9,509 accounts), exactly.
    #[test]
    fn the_published_figures_come_out() {
        let Some(path) = recorded() else {
            eprintln!("skipped: no recorded shares (coortweet) in IOLAUS_DATA or ../shared/data");
            return;
        };
        let shares = read(&path);
        assert_eq!(shares.len(), 35_125);
        let figures = |window, least| {
            let found = coordination(&shares, window, least);
            let strong = (found.strong_edges, found.strong_accounts, found.groups.len());
            ((found.pairs, found.edges, found.accounts), strong, found.groups)
        };
        let (all, strong, groups) = figures(60, 2);
        assert_eq!((all, strong), ((3_791, 3_721, 2_110), (60, 94, 34)));
        assert_eq!(groups[..6], [10, 9, 5, 4, 3, 3]);
        let (all, strong, _) = figures(60, 5);
        assert_eq!((all, strong), ((1_235, 1_193, 772), (36, 59, 23)));
        let (all, strong, _) = figures(10, 2);
        assert_eq!((all, strong), ((447, 442, 525), (4, 8, 4)));
        let (all, strong, _) = figures(10, 5);
        assert_eq!((all, strong), ((22, 20, 23), (1, 2, 1)));
    }
}
