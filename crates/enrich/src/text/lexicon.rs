//! The groups of phrases by which capabilities are recognised, and the rules that combine them. The
//! phrases themselves are in `lexicon.txt`.

use super::cues::{Rule, any};

/// What a phrase is a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the phrases say what they are")]
pub enum Group {
    // Reasoning: what is asked for, how, how much of it, about what.
    Trace,
    Emit,
    Whole,
    Tag,
    Recover,
    Thought,
    Finished,
    Memory,
    Evade,
    // Grading.
    Scale,
    Judge,
    Candidate,
    Pair,
    Verdict,
    // Rewriting.
    Rewrite,
    Sensitive,
    Comply,
    // Tasks and training material.
    Make,
    Tasks,
    Diverse,
    Train,
    Clean,
    Record,
    Strip,
    // Ordinary work.
    Language,
    Translate,
    CodeName,
    CodeNoun,
    CodeSyntax,
    DataNoun,
    DataVerb,
    Screen,
    Pointer,
    Format,
    Answer,
}

use Group::*;

/// Index of each capability in `event::enriched::CAPABILITIES`.
pub mod capability {
    pub const REASONING: usize = 0;
    pub const RUBRIC: usize = 1;
    pub const REWRITING: usize = 2;
    pub const TASKS: usize = 3;
    pub const CLEANING: usize = 4;
    pub const AGENTIC: usize = 5;
    pub const CODING: usize = 6;
    pub const DATA: usize = 7;
    pub const COMPUTER: usize = 8;
    pub const VISION: usize = 9;
    pub const STRUCTURED: usize = 10;
    pub const TRANSLATION: usize = 11;
}

const fn near(capability: usize, all: &'static [u64]) -> Rule {
    Rule { capability, near: true, all }
}

const fn apart(capability: usize, all: &'static [u64]) -> Rule {
    Rule { capability, near: false, all }
}

/// Everything that counts as a capability.
pub const RULES: &[Rule] = &[
    near(capability::REASONING, &[any(&[Trace]), any(&[Emit]), any(&[Whole, Tag])]),
    near(capability::REASONING, &[any(&[Tag]), any(&[Emit]), any(&[Whole])]),
    near(capability::REASONING, &[any(&[Recover]), any(&[Trace, Thought]), any(&[Finished])]),
    near(capability::REASONING, &[any(&[Memory]), any(&[Whole, Translate])]),
    near(capability::REASONING, &[any(&[Evade])]),
    near(capability::RUBRIC, &[any(&[Scale]), any(&[Judge]), any(&[Candidate]), any(&[Verdict])]),
    near(capability::RUBRIC, &[any(&[Pair]), any(&[Judge]), any(&[Verdict])]),
    near(capability::REWRITING, &[any(&[Rewrite]), any(&[Sensitive]), any(&[Comply])]),
    near(capability::TASKS, &[any(&[Make]), any(&[Tasks]), any(&[Diverse]), any(&[Train])]),
    near(capability::CLEANING, &[any(&[Clean]), any(&[Record]), any(&[Strip]), any(&[Train])]),
    near(capability::STRUCTURED, &[any(&[Format]), any(&[Answer])]),
    near(capability::TRANSLATION, &[any(&[Translate]), any(&[Language])]),
    apart(capability::CODING, &[any(&[CodeName]), any(&[CodeNoun, CodeSyntax])]),
    apart(capability::CODING, &[any(&[CodeNoun]), any(&[CodeSyntax])]),
    apart(capability::DATA, &[any(&[DataNoun]), any(&[DataVerb])]),
    apart(capability::COMPUTER, &[any(&[Screen]), any(&[Pointer])]),
];

/// The phrases of each group.
pub fn phrases() -> impl Iterator<Item = (Group, &'static str)> {
    let mut group = None;
    let lines = include_str!("lexicon.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).flat_map(move |line| {
        let heading = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if let Some(name) = heading {
            group = GROUPS.iter().find(|(known, _)| *known == name).map(|(_, group)| *group);
        }
        let phrases = if heading.is_some() { "" } else { line };
        let named = move |phrase: &'static str| Some((group?, phrase.trim()));
        phrases.split('|').filter(|phrase| !phrase.is_empty()).filter_map(named)
    })
}

/// The groups by the names of their headings.
const GROUPS: [(&str, Group); 35] = [
    ("trace", Trace),
    ("emit", Emit),
    ("whole", Whole),
    ("tag", Tag),
    ("recover", Recover),
    ("thought", Thought),
    ("finished", Finished),
    ("memory", Memory),
    ("evade", Evade),
    ("scale", Scale),
    ("judge", Judge),
    ("candidate", Candidate),
    ("pair", Pair),
    ("verdict", Verdict),
    ("rewrite", Rewrite),
    ("sensitive", Sensitive),
    ("comply", Comply),
    ("make", Make),
    ("tasks", Tasks),
    ("diverse", Diverse),
    ("train", Train),
    ("clean", Clean),
    ("record", Record),
    ("strip", Strip),
    ("language", Language),
    ("translate", Translate),
    ("codename", CodeName),
    ("codenoun", CodeNoun),
    ("codesyntax", CodeSyntax),
    ("datanoun", DataNoun),
    ("dataverb", DataVerb),
    ("screen", Screen),
    ("pointer", Pointer),
    ("format", Format),
    ("answer", Answer),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_phrases_and_every_heading_a_group() {
        for (name, group) in GROUPS {
            assert!(phrases().any(|(of, _)| of == group), "{name}");
        }
        for line in include_str!("lexicon.txt").lines().filter(|line| line.starts_with('[')) {
            let name = line.trim_matches(['[', ']']);
            assert!(GROUPS.iter().any(|(known, _)| *known == name), "{name}");
        }
    }
}
