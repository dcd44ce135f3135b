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
    /// Bits for the top of a word's hash, first of words that begin a phrase, then of all. Nearly
    /// every word ends here, and `the` and `of` do so unless something of ours came before them.
    filters: [Box<Filter>; 2],
    /// Numbers by hash, by its upper bits and then onwards; number 0 is free.
    slots: Vec<(u64, u16)>,
    /// For each word by number, where the phrases that end with it are.
    endings: Vec<(u16, u16)>,
    /// Those that end alike stand together.
    phrases: Vec<Phrase>,
}

/// A phrase as packed word numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Phrase {
    last: u16,
    packed: u128,
    mask: u128,
    groups: u64,
}

/// A bit for each value of the upper bits of a hash.
type Filter = [u64; 1 << (FILTER_BITS - 6)];
const FILTER_BITS: u32 = 15;
/// More than twice as many as there are words.
const SLOTS: usize = 1 << ID_BITS;

impl Cues {
    /// The lexicon under the key of `splitter`.
    pub fn new(splitter: &Splitter) -> Cues {
        let mut cues = Cues {
            filters: [Box::new([0; _]), Box::new([0; _])],
            slots: vec![(0, 0); SLOTS],
            endings: vec![(0, 0)],
            phrases: Vec::new(),
        };
        for (group, text) in phrases() {
            let mut words = Collected::default();
            splitter.split(text, &mut words);
            cues.add(&words.0, 1 << group as u64);
        }
        cues.arrange();
        cues
    }

    fn add(&mut self, words: &[(u64, u64)], groups: u64) {
        // A test sees to it that the lexicon has no such phrase, and leaves room for its words.
        if words.len() > LONGEST as usize || self.endings.len() + words.len() > SLOTS / 2 {
            return;
        }
        let (mut last, mut packed, mut mask) = (0, 0, 0);
        for (index, (hash, seen)) in words.iter().enumerate() {
            last = self.number(*hash);
            packed = packed << ID_BITS | u128::from(last);
            mask = mask << ID_BITS | (SLOTS as u128 - 1);
            // The filter sees a word before it is known whether it stands in a tag.
            let bit = seen >> (64 - FILTER_BITS);
            let first = usize::from(index > 0);
            for filter in &mut self.filters[first..] {
                filter[(bit >> 6) as usize] |= 1 << (bit & 63);
            }
        }
        self.phrases.push(Phrase { last, packed, mask, groups });
    }

    /// The number of a word, a new one if need be.
    fn number(&mut self, hash: u64) -> u16 {
        let mut at = (hash >> (64 - ID_BITS)) as usize;
        while self.slots[at].1 != 0 && self.slots[at].0 != hash {
            at = (at + 1) % SLOTS;
        }
        if self.slots[at].1 == 0 {
            self.slots[at] = (hash, self.endings.len() as u16);
            self.endings.push((0, 0));
        }
        self.slots[at].1
    }

    /// Puts the phrases that end alike side by side.
    fn arrange(&mut self) {
        self.phrases.sort_unstable();
        for (at, phrase) in (0..).zip(&self.phrases) {
            let (start, end) = &mut self.endings[usize::from(phrase.last)];
            *start = if *start == *end { at } else { *start };
            *end = at + 1;
        }
    }

    #[inline(always)]
    fn may_know(&self, history: u128, hash: u64) -> bool {
        let follows = (history as u64 >> ID_BITS) & (SLOTS as u64 - 1) != 0;
        let bit = hash >> (64 - FILTER_BITS);
        self.filters[usize::from(follows)][(bit >> 6) as usize] >> (bit & 63) & 1 == 1
    }

    /// The number of a word of the lexicon.
    fn lookup(&self, hash: u64) -> Option<u16> {
        let mut at = (hash >> (64 - ID_BITS)) as usize;
        loop {
            let (known, id) = self.slots[at];
            if id == 0 {
                return None;
            }
            if known == hash {
                return Some(id);
            }
            at = (at + 1) % SLOTS;
        }
    }

    /// The groups of the phrases that end with word `last` at the end of `history`.
    fn groups(&self, history: u128, last: u16) -> u64 {
        let (start, end) = self.endings[usize::from(last)];
        let ending = &self.phrases[usize::from(start)..usize::from(end)];
        let matching = ending.iter().filter(|phrase| history & phrase.mask == phrase.packed);
        matching.fold(0, |groups, phrase| groups | phrase.groups)
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

    /// The number of a word that the lexicon seems to have, with all that follows from it.
    #[inline(never)]
    fn known(&mut self, word: Word, index: u32, history: u128) -> u128 {
        let tagged = if word.before == b'<' { self.cues.lookup(word.hash ^ TAG) } else { None };
        let Some(id) = tagged.or_else(|| self.cues.lookup(word.hash)) else { return 0 };
        let groups = self.cues.groups(history | u128::from(id), id);
        if groups != 0 {
            self.note(groups, self.position.saturating_add(index));
        }
        u128::from(id)
    }

    fn note(&mut self, groups: u64, position: u32) {
        self.signals.groups |= groups;
        self.recent[self.next % RECENT] = (position, groups);
        self.next = self.next.wrapping_add(1);
        let since = position - NEAR;
        let near = self.recent.iter().filter(|(seen, _)| *seen >= since);
        let around = near.fold(0, |all, (_, groups)| all | groups);
        for rule in RULES.iter().filter(|rule| rule.near && rule.holds(around)) {
            self.signals.found = self.signals.found.with(rule.capability);
        }
    }
}

impl Sink for Listener<'_> {
    #[inline]
    fn words(&mut self, words: &[Word]) {
        let mut history = self.history;
        for (index, word) in words.iter().enumerate() {
            history <<= ID_BITS;
            if self.cues.may_know(history, word.hash) {
                history |= self.known(*word, index as u32, history);
            }
        }
        self.history = history;
        self.position = self.position.saturating_add(words.len() as u32);
    }
}

/// The words of a phrase of the lexicon: what each is known as, and the hash it is seen with.
#[derive(Default)]
struct Collected(Vec<(u64, u64)>);

impl Sink for Collected {
    fn words(&mut self, words: &[Word]) {
        for word in words {
            let tagged = if word.before == b'<' { TAG } else { 0 };
            self.0.push((word.hash ^ tagged, word.hash));
        }
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
