//! What a text asks for: phrases of the lexicon that stand close together.
//!
//! No word by itself says anything. A capability is recognised when one phrase of each of a rule's
//! groups stands within a short distance, so a lesson that mentions reasoning, or a request to show
//! the working, is not an attempt to harvest it.

use event::enriched::Capabilities;

use super::lexicon::{Group, RULES, phrases};
use super::words::{Sink, Splitter, Word};

/// How far apart, in words, the phrases of a rule may be.
const NEAR: u32 = 64;
/// Phrases remembered at a time.
const RECENT: usize = 16;
/// Bits of a word's number in the packed phrases.
const ID_BITS: u32 = 12;
/// Words in the longest phrase.
const LONGEST: u32 = 8;
/// Set apart from every word: an opening tag is another word than its name.
const TAG: u64 = 0x7461_675f_7461_675f;

/// What the cues of one block, or of several together, say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Capabilities recognised within a block.
    pub found: Capabilities,
    /// Groups of which some phrase was seen.
    pub groups: u64,
}

impl Signals {
    /// Both together.
    pub fn and(self, other: Signals) -> Signals {
        Signals {
            found: Capabilities(self.found.0 | other.found.0),
            groups: self.groups | other.groups,
        }
    }

    /// The capabilities, those whose cues may stand in different blocks included.
    pub fn capabilities(self) -> Capabilities {
        let apart = RULES.iter().filter(|rule| !rule.near && rule.holds(self.groups));
        apart.fold(self.found, |found, rule| found.with(rule.capability))
    }
}

/// The lexicon under a key: which words occur in it, and in which phrases.
#[derive(Clone, Debug)]
pub struct Cues {
    /// One bit per possible top 14 bits of a word's hash: nearly all words end here.
    filter: Vec<u64>,
    /// Words by hash, ascending: number, and a bit for each length of phrase that ends with it.
    vocabulary: Vec<(u64, u16, u8)>,
    /// Packed word numbers, ascending, and the phrase's groups.
    phrases: Vec<(u128, u64)>,
}

impl Cues {
    /// The lexicon under the key of `splitter`.
    pub fn new(splitter: &Splitter) -> Cues {
        let split = |(group, text)| {
            let mut words = Collected::default();
            splitter.split(text, &mut words);
            (words.0, 1 << group as u64)
        };
        let phrases: Vec<(Vec<(u64, u64)>, u64)> = phrases().map(split).collect();
        let words = phrases.iter().flat_map(|(words, _)| words);
        let mut known: Vec<u64> = words.map(|(hash, _)| *hash).collect();
        known.sort_unstable();
        known.dedup();
        let mut cues = Cues {
            filter: vec![0; 256],
            // Number 0 is every word that is not in the lexicon.
            vocabulary: known.iter().zip(1..).map(|(hash, id)| (*hash, id, 0)).collect(),
            phrases: Vec::new(),
        };
        for (words, groups) in &phrases {
            cues.add(words, *groups);
        }
        cues.merge();
        cues
    }

    fn add(&mut self, words: &[(u64, u64)], groups: u64) {
        // A test sees to it that the lexicon has no such phrase.
        if words.len() > LONGEST as usize {
            return;
        }
        let mut packed = 0;
        for (index, (hash, seen)) in words.iter().enumerate() {
            let Ok(at) = self.vocabulary.binary_search_by_key(hash, |entry| entry.0) else {
                return;
            };
            packed = packed << ID_BITS | u128::from(self.vocabulary[at].1);
            if index + 1 == words.len() {
                self.vocabulary[at].2 |= 1 << index;
            }
            // The filter sees a word before it is known whether it stands in a tag.
            let bit = seen >> 50;
            self.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        self.phrases.push((packed, groups));
    }

    fn merge(&mut self) {
        self.phrases.sort_unstable();
        self.phrases.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            kept.1 |= if same { later.1 } else { 0 };
            same
        });
    }

    #[inline(always)]
    fn may_know(&self, hash: u64) -> bool {
        let bit = hash >> 50;
        self.filter[(bit >> 6) as usize] >> (bit & 63) & 1 == 1
    }

    fn lookup(&self, hash: u64) -> Option<(u16, u8)> {
        let at = self.vocabulary.binary_search_by_key(&hash, |entry| entry.0).ok()?;
        Some((self.vocabulary[at].1, self.vocabulary[at].2))
    }

    /// The groups of the phrases that end with the last of `history`.
    fn groups(&self, history: u128, lengths: u8) -> u64 {
        let mut groups = 0;
        for length in (1..=LONGEST).filter(|length| lengths >> (length - 1) & 1 == 1) {
            let packed = history & ((1 << (ID_BITS * length)) - 1);
            if let Ok(at) = self.phrases.binary_search_by_key(&packed, |phrase| phrase.0) {
                groups |= self.phrases[at].1;
            }
        }
        groups
    }
}

/// Follows the words of one block and notes the phrases.
pub struct Listener<'a> {
    cues: &'a Cues,
    history: u128,
    position: u32,
    recent: [(u32, u64); RECENT],
    next: usize,
    signals: Signals,
}

impl Listener<'_> {
    /// A listener at the beginning of a block.
    pub fn new(cues: &Cues) -> Listener<'_> {
        Listener {
            cues,
            history: 0,
            position: NEAR,
            recent: [(0, 0); RECENT],
            next: 0,
            signals: Signals::default(),
        }
    }

    /// What was heard.
    pub fn finish(self) -> Signals {
        self.signals
    }

    #[cold]
    fn known(&mut self, word: Word) {
        let tagged = if word.before == b'<' { self.cues.lookup(word.hash ^ TAG) } else { None };
        let Some((id, lengths)) = tagged.or_else(|| self.cues.lookup(word.hash)) else { return };
        self.history |= u128::from(id);
        if lengths == 0 {
            return;
        }
        let groups = self.cues.groups(self.history, lengths);
        if groups != 0 {
            self.note(groups);
        }
    }

    fn note(&mut self, groups: u64) {
        self.signals.groups |= groups;
        self.recent[self.next % RECENT] = (self.position, groups);
        self.next = self.next.wrapping_add(1);
        let since = self.position - NEAR;
        let near = self.recent.iter().filter(|(position, _)| *position >= since);
        let around = near.fold(0, |all, (_, groups)| all | groups);
        for rule in RULES.iter().filter(|rule| rule.near && rule.holds(around)) {
            self.signals.found = self.signals.found.with(rule.capability);
        }
    }
}

impl Sink for Listener<'_> {
    #[inline(always)]
    fn word(&mut self, word: Word) {
        self.position = self.position.saturating_add(1);
        self.history <<= ID_BITS;
        if self.cues.may_know(word.hash) {
            self.known(word);
        }
    }
}

/// The words of a phrase of the lexicon: what each is known as, and the hash it is seen with.
#[derive(Default)]
struct Collected(Vec<(u64, u64)>);

impl Sink for Collected {
    fn word(&mut self, word: Word) {
        let tagged = if word.before == b'<' { TAG } else { 0 };
        self.0.push((word.hash ^ tagged, word.hash));
    }
}

/// What has to be seen for a capability.
pub struct Rule {
    /// The capability's bit.
    pub capability: usize,
    /// Whether all must stand near each other in one block.
    pub near: bool,
    /// From each of these sets of groups, one.
    pub all: &'static [u64],
}

impl Rule {
    fn holds(&self, groups: u64) -> bool {
        self.all.iter().all(|any| groups & any != 0)
    }
}

/// The set of some groups.
pub const fn any(groups: &[Group]) -> u64 {
    let mut set = 0;
    let mut at = 0;
    while at < groups.len() {
        set |= 1 << groups[at] as u64;
        at += 1;
    }
    set
}

#[cfg(test)]
#[path = "cues_tests.rs"]
mod tests;
