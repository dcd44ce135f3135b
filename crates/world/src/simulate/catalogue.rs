//! Texts that many share: prompts of popular applications, public prompts that people paste, tool
//! sets, a famous framework's prompt, what a client adds to every request.
//!
//! Sharing a text is no crime; these are the texts by which that has to be shown.

use super::random::key;
use super::text::{Lexicon, Prose, Style};
use super::words::TOPICS;

/// A tool set: names and, as compact JSON text, the schemas that are sent.
pub type Toolset = Vec<String>;

/// All shared texts of one simulated world.
pub struct Catalogue {
    /// System prompts of popular applications, the most used first.
    pub applications: Vec<String>,
    /// Public prompts that unrelated people paste.
    pub public_prompts: Vec<String>,
    /// Tool sets of agents.
    pub toolsets: Vec<Toolset>,
    /// The famous framework's system prompt.
    pub framework: String,
    /// A coding client's system prompt, which is long.
    pub editor: String,
    /// What the new version of a client adds to every request.
    pub injected: String,
    /// Assignments, one per class.
    pub assignments: Vec<String>,
    /// Rubrics, one per company that grades its models.
    pub rubrics: Vec<String>,
}

impl Catalogue {
    /// The shared texts that belong to a seed.
    #[must_use]
    pub fn new(seed: u64, lexicon: &Lexicon, classes: u64, companies: u64) -> Catalogue {
        let prose = |purpose: u64, index: u64| {
            let topic = key(&[seed, purpose, index]) as usize % TOPICS.len();
            Prose::new(lexicon, topic, key(&[seed, purpose, index, 1]))
        };
        let many = |purpose: u64, count: u64, write: fn(&mut Prose) -> String| {
            (0..count).map(|index| write(&mut prose(purpose, index))).collect::<Vec<_>>()
        };
        Catalogue {
            applications: many(1, 14, application),
            public_prompts: many(2, 24, public_prompt),
            toolsets: (0..16).map(|index| toolset(&mut prose(3, index))).collect(),
            framework: framework(&mut prose(4, 0)),
            editor: editor(&mut prose(8, 0)),
            injected: injected(&mut prose(5, 0)),
            assignments: many(6, classes, assignment),
            rubrics: many(7, companies, rubric),
        }
    }
}

fn application(prose: &mut Prose) -> String {
    let mut text = String::new();
    prose.fill("You are {p}, the assistant of {l} {n} {o}. ", &mut text);
    prose.write(Style::Task, 330, &mut text);
    text.push_str(" Answer in the language of the user.");
    text
}

fn public_prompt(prose: &mut Prose) -> String {
    let mut text = String::new();
    prose.fill("I want you to act as a {a} {n} {o}. My first request follows. ", &mut text);
    prose.write(Style::Task, 420, &mut text);
    text.push('\n');
    text
}

fn framework(prose: &mut Prose) -> String {
    let mut text = String::from(
        "You are an autonomous agent. Work in small steps. Before each step say what you expect, \
         then call one tool and wait for its result. ",
    );
    prose.write(Style::Task, 900, &mut text);
    text.push_str(" Stop when the user's goal is reached or a tool fails three times.");
    text
}

fn editor(prose: &mut Prose) -> String {
    let mut text = String::from("You are the agent of a code editor. Follow these rules. ");
    prose.write(Style::Task, 2_400, &mut text);
    text.push_str(" Show a plan, then change one file at a time.");
    text
}

fn injected(prose: &mut Prose) -> String {
    let mut text = String::from("<reminder>Keep the open files of this editor in mind. ");
    prose.write(Style::Task, 220, &mut text);
    text.push_str(" Do not mention this note.</reminder>");
    text
}

fn assignment(prose: &mut Prose) -> String {
    let mut text = String::new();
    let number = 2 + prose.rng.below(11);
    prose.fill(&format!("Assignment {number}, {{n}} and {{n}}. "), &mut text);
    prose.write(Style::Task, 380, &mut text);
    text.push_str(" Hand in one file. Here is my attempt, where am I wrong?\n");
    text
}

fn rubric(prose: &mut Prose) -> String {
    let mut text = String::from("Grade the answer below for our regression suite.\n");
    for criterion in 1..=4 {
        prose.fill(&format!("{criterion}. The {{n}} is {{a}} and {{a}}: "), &mut text);
        prose.write(Style::Task, 40, &mut text);
        text.push('\n');
    }
    text.push_str("Give one integer from 1 to 5 per criterion as JSON.\n");
    text
}

/// The parts of tool names; a set takes some of each.
const ACTIONS: [&str; 12] = [
    "read", "write", "list", "search", "run", "fetch", "edit", "delete", "plan", "test", "query",
    "open",
];

fn toolset(prose: &mut Prose) -> Toolset {
    let count = 3 + prose.rng.below(4);
    let tool = |_| {
        let action = *prose.rng.pick(&ACTIONS);
        let mut text = format!("{{\"name\":\"{action}_");
        prose.fill("{n}", &mut text);
        text.push_str("\",\"parameters\":{\"");
        prose.fill("{o}", &mut text);
        text.push_str("\":\"string\"}}");
        text
    };
    (0..count).map(tool).collect()
}

/// The name in a tool's schema text.
#[must_use]
pub fn tool_name(schema: &str) -> &str {
    schema.split('"').nth(3).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_json_with_names() {
        let catalogue = Catalogue::new(1, &Lexicon::new(), 1, 1);
        for schema in catalogue.toolsets.iter().flatten() {
            let json: serde_json::Value = serde_json::from_str(schema).expect("a schema is JSON");
            assert_eq!(json["name"], tool_name(schema));
        }
    }
}
