//! Prose: sentences from patterns over the vocabulary, as people, programs and models write them.
//!
//! A pattern has at most three fixed words in a row, so that two people who never met seldom share
//! a run of five words; what people do share (openers) is fixed on purpose.
//!
//! Slots: `n` topic noun, `o` other noun, `a` adjective, `b` adverb, `v` `g` `d` a verb and its
//! -ing and -ed forms, `p` person, `l` place, `#` number, `i` identifier, `t` the topic's name.

use super::random::{Rng, key};
use super::words::{self, TOPICS};

/// The vocabulary, split into words once.
pub struct Lexicon {
    topics: Vec<Vec<&'static str>>,
    verbs: Vec<[String; 3]>,
    adjectives: Vec<&'static str>,
    adverbs: Vec<&'static str>,
    nouns: Vec<&'static str>,
    people: Vec<&'static str>,
    places: Vec<&'static str>,
    /// The patterns of each style, cut at their slots.
    patterns: [Vec<Pattern>; 5],
}

/// A pattern: what stands before each slot, the slot, and what stands after the last.
struct Pattern {
    slots: Vec<(&'static str, u8)>,
    rest: &'static str,
}

impl Pattern {
    fn new(text: &'static str) -> Pattern {
        let mut pieces = text.split('{');
        let mut before = pieces.next().unwrap_or_default();
        let mut slots = Vec::new();
        for piece in pieces {
            slots.push((before, piece.as_bytes()[0]));
            before = &piece[2..];
        }
        Pattern { slots, rest: before }
    }
}

impl Default for Lexicon {
    fn default() -> Lexicon {
        Lexicon::new()
    }
}

impl Lexicon {
    /// The vocabulary of `words`.
    #[must_use]
    pub fn new() -> Lexicon {
        let split = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
        Lexicon {
            topics: TOPICS.iter().map(|topic| split(topic.nouns)).collect(),
            verbs: split(words::VERBS).into_iter().map(forms).collect(),
            adjectives: split(words::ADJECTIVES),
            adverbs: split(words::ADVERBS),
            nouns: split(words::NOUNS),
            people: split(words::PEOPLE),
            places: split(words::PLACES),
            patterns: [&QUESTIONS[..], &TASKS, &STATEMENTS, &REPORTS, &CODE]
                .map(|texts| texts.iter().map(|text| Pattern::new(text)).collect()),
        }
    }
}

fn forms(base: &str) -> [String; 3] {
    match base.strip_suffix('e') {
        Some(stem) => [base.to_owned(), format!("{stem}ing"), format!("{base}d")],
        None => [base.to_owned(), format!("{base}ing"), past(base)],
    }
}

fn past(base: &str) -> String {
    let before = base.as_bytes()[base.len().saturating_sub(2)];
    match base.strip_suffix('y') {
        Some(stem) if !b"aeou".contains(&before) => format!("{stem}ied"),
        _ => format!("{base}ed"),
    }
}

/// What a text is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Somebody asks.
    Question,
    /// Somebody tells a model what to do.
    Task,
    /// Somebody explains, or a model answers.
    Statement,
    /// A report of a program or a tool.
    Report,
    /// Lines of program text.
    Code,
}

/// A writer on one topic, whose words follow from a key.
pub struct Prose<'l> {
    lexicon: &'l Lexicon,
    topic: usize,
    /// Its draws, for whoever needs another in between.
    pub rng: Rng,
}

impl<'l> Prose<'l> {
    /// The writer that belongs to a key.
    #[must_use]
    pub fn new(lexicon: &'l Lexicon, topic: usize, seed: u64) -> Prose<'l> {
        Prose { lexicon, topic: topic % TOPICS.len(), rng: Rng::new(key(&[seed, 0x7E87])) }
    }

    /// Adds whole sentences (or lines) until about `bytes` have been added.
    pub fn write(&mut self, style: Style, bytes: usize, out: &mut String) {
        let end = out.len() + bytes;
        let (number, gap) = match style {
            Style::Question => (0, ' '),
            Style::Task => (1, ' '),
            Style::Statement => (2, ' '),
            Style::Report => (3, '\n'),
            Style::Code => (4, '\n'),
        };
        let patterns = &self.lexicon.patterns[number];
        loop {
            let pattern = self.rng.pick(patterns);
            let start = out.len();
            for &(before, slot) in &pattern.slots {
                out.push_str(before);
                self.slot(slot, out);
            }
            out.push_str(pattern.rest);
            if gap == ' ' {
                out[start..start + 1].make_ascii_uppercase();
            }
            if out.len() >= end {
                return;
            }
            out.push(gap);
        }
    }

    /// The same, as a text of its own.
    #[must_use]
    pub fn text(&mut self, style: Style, bytes: usize) -> String {
        let mut out = String::with_capacity(bytes + 96);
        self.write(style, bytes, &mut out);
        out
    }

    /// Adds a pattern with its slots filled.
    pub fn fill(&mut self, pattern: &str, out: &mut String) {
        // By bytes: the search of `str` costs more than the words themselves here.
        let mut rest = pattern;
        while let Some(brace) = rest.bytes().position(|byte| byte == b'{') {
            out.push_str(&rest[..brace]);
            self.slot(rest.as_bytes()[brace + 1], out);
            rest = &rest[brace + 3..];
        }
        out.push_str(rest);
    }

    fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.rng.pick::<&'static str>(words)
    }

    fn slot(&mut self, slot: u8, out: &mut String) {
        let words = self.lexicon;
        match slot {
            b'n' => out.push_str(self.word(&words.topics[self.topic])),
            b'o' => out.push_str(self.word(&words.nouns)),
            b'a' => out.push_str(self.word(&words.adjectives)),
            b'b' => out.push_str(self.word(&words.adverbs)),
            b'v' => out.push_str(&self.rng.pick(&words.verbs)[0]),
            b'g' => out.push_str(&self.rng.pick(&words.verbs)[1]),
            b'd' => out.push_str(&self.rng.pick(&words.verbs)[2]),
            b'p' => out.push_str(self.word(&words.people)),
            b'l' => out.push_str(self.word(&words.places)),
            b't' => out.push_str(TOPICS[self.topic].name),
            b'i' => {
                out.push_str(self.word(&words.topics[self.topic]));
                out.push('_');
                out.push_str(self.word(&words.nouns));
            }
            _ => {
                let digits = self.rng.below(4) as u32 + 1;
                let number = self.rng.below(10u64.pow(digits)) + 2;
                push_number(number, out);
            }
        }
    }
}

/// Adds a number in decimal digits.
pub fn push_number(number: u64, out: &mut String) {
    if number >= 10 {
        push_number(number / 10, out);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// How people begin; many share one, so these runs of words mean nothing.
pub const OPENERS: [&str; 28] = [
    "Hi, can you help me with something? ",
    "Hello! I have a quick question. ",
    "Please help me understand this: ",
    "I am trying to figure out ",
    "Can you explain this to me like I am five? ",
    "I would like to know more about this. ",
    "Could you give me some advice? ",
    "What is the best way to do this? ",
    "I need help with the following problem. ",
    "Write a short text about this: ",
    "Give me a list of ideas. ",
    "Let's think about this together. ",
    "Thanks in advance for your help! ",
    "Fix the grammar of the following text: ",
    "Summarize the following in a few sentences: ",
    "Here is what I have so far: ",
    "I keep getting an error when I run this: ",
    "Why does this not work? ",
    "Make this sound more professional: ",
    "Translate this into simple English: ",
    "I am new to this, so please be patient. ",
    "Quick one: ",
    "Ok so ",
    "Tell me what you think about this: ",
    "Act as an expert and answer: ",
    "Can you check if this is correct? ",
    "Good morning, ",
    "Sorry for the long message. ",
];

const QUESTIONS: [&str; 24] = [
    "how do I {v} {a} {n} when {o} {g} {b}?",
    "should {p} {v} {a} {n} or {b} {v} the {n}?",
    "what {a} {o} would {v} our {n} near {l}?",
    "is {g} a {n} {b} {a} if the {o} looks {a}?",
    "which {n} has {a} {o} and {a} {n}?",
    "why did {p} {v} {#} {a} {n} items {b}?",
    "can {n} {v} without {g} any {a} {o}?",
    "does {a} {n} {b} {v} another {n} in {l}?",
    "when is {a} {g} of {n} {a} enough?",
    "my {n} {b} {d} after {#} days, what {o} explains {a} {n}?",
    "where could {p} find {a} {n} {o} around {l}?",
    "how many {n} units fit {a} {o} of {#}?",
    "would {g} {n} {b} change {p}'s {a} {o}?",
    "who {b} {d} {n} before {a} {n} existed?",
    "are {n} and {n} {b} {a} for {#} people?",
    "what happens if {o} {v} {n} while {g} {o}?",
    "between {n}, {n} and {n}, which is {b} {a}?",
    "how {a} must {n} {o} be before {g}?",
    "could {a} {o} cause {n} to {v} {b}?",
    "what does {n} {o} mean in {a} {t}?",
    "do {a} beginners {b} {v} {n} with {n}?",
    "any {a} tips for {g} {n} under {#} {o}?",
    "is there {a} {n} that {b} {v} {o}?",
    "why is {p}'s {n} {a} yet {n} stays {a}?",
];

const TASKS: [&str; 20] = [
    "{v} the {a} {n} and {v} each {o} {b}.",
    "keep {n} {a}, but {v} {o} where {n} is {a}.",
    "list {#} {a} ways to {v} {n} {o}.",
    "for every {n}, {v} {a} {o} and {b} {v} {n}.",
    "{v} {p}'s {n} so that {a} {o} {v} {b}.",
    "the result should {v} {n}, {a} {o} and {n}.",
    "avoid {g} {n} unless {o} becomes {a}.",
    "compare {a} {n} with {n} used in {l}.",
    "start from {n} {#}, then {v} {o} {b}.",
    "explain {a} {n} using {o} from {l}.",
    "do not {v} {a} {n} before {g} {n}.",
    "{b} {v} all {n} that {p} {d}.",
    "use {a} {o} instead of {n} when {g}.",
    "draft {a} {o} telling {p} about {n} {n}.",
    "sort {n} by {o}, {v} {a} ones {b}.",
    "rename {i} and {v} {i} {b}.",
    "limit {n} to {#} {o} and {v} {n}.",
    "suggest {a} {n} names like {n} or {n}.",
    "turn {n} {o} into {a} {n} for {p}.",
    "check whether {n} {b} {v} {a} {o}.",
];

const STATEMENTS: [&str; 28] = [
    "the {a} {n} {b} {d} our {o} in {l}.",
    "{p} {d} {#} {n} and {a} {o}.",
    "{g} {n} {b} makes {o} {a}.",
    "most {a} {n} {v} when {o} is {a}.",
    "if {n} stays {a}, {v} {o} and {v} {n}.",
    "a {a} {n} can {v} {a} {o} {b}.",
    "last {o}, {p} and {p} {b} {d} {n}.",
    "{n} without {n} rarely {v} {a} {o}.",
    "we {d} {n} because {a} {o} {d} {b}.",
    "{a} {n} usually costs {#} in {l}.",
    "instead of {g}, {v} {n} {b}.",
    "{n}, {n} and {n} share {a} {o}.",
    "after {#} {o}, {n} {b} {v} {a}.",
    "that {o} gives {a} {n} to {p}.",
    "every {n} {v} {o} at {a} {o}.",
    "{b}, {a} {n} {v} more {o} than {n}.",
    "{p} from {l} thinks {n} is {a}.",
    "the {o} behind {n} remains {b} {a}.",
    "first {v} {n}, then {b} {v} {a} {n}.",
    "some {n} {d} {b}, others {v} {o}.",
    "between {#} and {#} {n} {v} {b}.",
    "{a} {o} and {a} {n} {b} {v}.",
    "our {n} has {#} {a} {o}.",
    "{g} {o} helps {n} {v} {a} {n}.",
    "its {n} {b} {d}, so {p} {d} {o}.",
    "no {a} {n} should {v} {o} {b}.",
    "when {g} {n}, watch {a} {o} and {n}.",
    "{n} {o} depends on {a} {n} in {l}.",
];

const REPORTS: [&str; 12] = [
    "{i}: {d} {#} of {#} {n} {o}",
    "{n} {#} {a} {o}={#} {n}={#}",
    "warning {i} {b} {d} at line {#}",
    "{p} {d} {i} {#} minutes ago",
    "src/{i}.txt:{#}: {a} {n} {o}",
    "{n}.{o} = {#} ({a})",
    "[{#}] {g} {n} {i} done",
    "{l} {n} {a} {#} {#} {#}",
    "found {#} {n} in {i}/{o}_{#}",
    "{o} {a}: {n}, {n}, {n}",
    "skipped {i}, {n} {o} {a}",
    "total {n} {#}, {d} {#}",
];

const CODE: [&str; 14] = [
    "let {i} = {i}.{v}({#});",
    "def {v}_{n}({o}, {i}={#}):",
    "    if {i} > {#} and {n}.{o}:",
    "    return {v}({i}, {n}_{o})",
    "for {n} in {i}.{v}_{o}():",
    "    {i}.{v}(\"{a} {n}\", {#})",
    "// {v} {a} {n} {o}",
    "const {i} = new {n}_{v}(\"{l}\", {#});",
    "assert {v}_{i}({#}) == {#}",
    "    self.{i} += {n}[{#}].{o}",
    "while {n}_{o} < {#} {v}({i})",
    "import {n}_{o} as {i}",
    "{i} = [{#}, {#}, {#}]  # {a} {n}",
    "    raise {n}_{v}_error(\"{b} {a} {o}\")",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_vocabulary_is_rich() {
        let lexicon = Lexicon::new();
        let mut all: Vec<&str> = lexicon.topics.concat();
        all.extend(&lexicon.adjectives);
        all.extend(&lexicon.adverbs);
        all.extend(&lexicon.nouns);
        all.extend(lexicon.verbs.iter().map(|forms| forms[0].as_str()));
        all.sort_unstable();
        all.dedup();
        assert!(all.len() >= 1_500, "{}", all.len());
    }

    #[test]
    fn verbs_take_their_forms() {
        assert_eq!(forms("bake"), ["bake", "baking", "baked"]);
        assert_eq!(forms("copy")[2], "copied");
        assert_eq!(forms("delay")[2], "delayed");
    }

    #[test]
    fn strangers_seldom_share_five_words() {
        let lexicon = Lexicon::new();
        let mut writers: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let (mut runs, mut shared) = (0, 0);
        for writer in 0..400usize {
            let text = Prose::new(&lexicon, writer, writer as u64).text(Style::Statement, 1_000);
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            for run in words.windows(5) {
                runs += 1;
                shared += usize::from(*writers.entry(run.to_vec()).or_insert(writer) != writer);
            }
        }
        assert!(shared * 200 < runs, "{shared} of {runs} runs are shared");
    }
}
