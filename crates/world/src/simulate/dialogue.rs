//! Conversations as the platform sees them: each request sends earlier turns again, and with them
//! the ids that the platform gave out for them.
//!
//! A dialogue is a function of its seed, not of the account that carries it. So when a relay moves
//! a session to another account, the ids of its earlier turns come along, as they do in life.

use std::borrow::Cow;

use event::contract::{Text, Turn};

use super::catalogue::tool_name;
use super::random::{Rng, key};
use super::setting::Setting;
use super::text::{Prose, Style, push_number};
use super::tongue;

/// A text that is put into every turn of the user.
#[derive(Clone, Debug)]
pub struct Injection<'s> {
    /// The text.
    pub text: Cow<'s, str>,
    /// Whether it stands before what the user says, or after it.
    pub before: bool,
}

/// Who said what in a conversation, by its seed.
#[derive(Clone, Debug)]
pub struct Dialogue<'s> {
    /// All of its words and ids follow from this.
    pub seed: u64,
    /// What it is about.
    pub topic: usize,
    /// The system prompt.
    pub system: Option<Text<'s>>,
    /// The tools on offer; with tools, all turns after the first are calls and results.
    pub tools: &'s [String],
    /// What the user says first.
    pub opening: String,
    /// An earlier exchange that is sent along as if it had been part of this one, by its seed.
    pub quoted: Option<Quoted>,
    /// What is put into every turn of the user.
    pub injected: Option<Injection<'s>>,
    /// Whether answers carry the reasoning between tags.
    pub traced: bool,
    /// Whether the ids of earlier answers were replaced on the way.
    pub rewritten: bool,
    /// The language, by its key; none is English.
    pub tongue: Option<u64>,
}

/// An exchange of another dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quoted {
    /// That dialogue's seed.
    pub seed: u64,
    /// Its topic.
    pub topic: usize,
    /// Whether its answer carried the reasoning between tags.
    pub traced: bool,
}

/// What one request carries.
#[derive(Debug)]
pub struct Rendered<'s> {
    /// The system prompt.
    pub system: Option<Text<'s>>,
    /// The conversation as it is sent.
    pub turns: Vec<Turn<'s>>,
    /// The answer.
    pub response: String,
    /// The ids the platform gives out for it.
    pub minted: Vec<Text<'s>>,
    /// The ids of what was sent along.
    pub referenced: Vec<Text<'s>>,
    /// Bytes of system prompt, tools and turns.
    pub input_bytes: usize,
    /// Those of them that an earlier request had sent too.
    pub prefix_bytes: usize,
}

/// Earlier exchanges that a request sends again; older ones are left out by most programs.
const KEPT: u32 = 3;

impl<'s> Dialogue<'s> {
    /// The request of turn `turn` (the first is 0).
    #[must_use]
    pub fn render(&self, setting: &'s Setting, turn: u32) -> Rendered<'s> {
        let mut turns = Vec::with_capacity(2 * KEPT as usize + 3);
        let mut referenced = Vec::new();
        if let Some(quoted) = self.quoted {
            let origin = self.quoted_dialogue(quoted);
            turns.push(said("user", origin.question(setting)));
            turns.push(said("assistant", origin.reply(setting, 0)));
            referenced.push(origin.message_id(0));
        }
        turns.push(said("user", self.inject(self.opening.clone())));
        let role = if self.tools.is_empty() { "user" } else { "tool" };
        for earlier in turn.saturating_sub(KEPT)..turn {
            turns.push(said("assistant", self.reply(setting, earlier)));
            referenced.push(self.message_id(earlier));
            if !self.tools.is_empty() {
                referenced.push(self.tool_call_id(earlier));
            }
            turns.push(said(role, self.next(setting, earlier + 1)));
        }
        let mut minted = vec![self.message_id(turn)];
        if !self.tools.is_empty() {
            minted.push(self.tool_call_id(turn));
        }
        let mut system = self.system.clone();
        let mut response = self.reply(setting, turn);
        if let Some(language) = self.tongue {
            system = system.map(|text| tongue::spoken(&text, language).into());
            response = tongue::spoken(&response, language);
            for turn in &mut turns {
                turn.text = tongue::spoken(&turn.text, language).into();
            }
        }
        if self.rewritten {
            let other = |(place, _): (usize, _)| {
                format!("msg_{:016x}", key(&[self.seed, turn.into(), place as u64, 0x4E])).into()
            };
            referenced = referenced.into_iter().enumerate().map(other).collect();
        }
        let fixed = system.as_ref().map_or(0, |text| text.len())
            + self.tools.iter().map(String::len).sum::<usize>();
        let said: usize = turns.iter().map(|turn| turn.text.len()).sum();
        let last = turns.last().map_or(0, |turn| turn.text.len());
        Rendered {
            system,
            response,
            minted,
            referenced,
            input_bytes: fixed + said,
            prefix_bytes: if turn == 0 { 0 } else { fixed + said - last },
            turns,
        }
    }

    fn quoted_dialogue(&self, quoted: Quoted) -> Dialogue<'s> {
        Dialogue {
            seed: quoted.seed,
            topic: quoted.topic,
            system: None,
            tools: &[],
            opening: String::new(),
            quoted: None,
            injected: None,
            traced: quoted.traced,
            rewritten: false,
            tongue: None,
        }
    }

    /// What was answered in another dialogue.
    #[must_use]
    pub fn reply_of(&self, setting: &Setting, quoted: Quoted) -> String {
        self.quoted_dialogue(quoted).reply(setting, 0)
    }

    fn question(&self, setting: &Setting) -> String {
        self.prose(setting, 0, 0x9).text(Style::Question, 120)
    }

    fn prose(&self, setting: &'s Setting, turn: u32, part: u64) -> Prose<'s> {
        Prose::new(&setting.lexicon, self.topic, key(&[self.seed, turn.into(), part]))
    }

    fn inject(&self, text: String) -> String {
        match &self.injected {
            Some(Injection { text: note, before: true }) => format!("{note}\n\n{text}"),
            Some(Injection { text: note, before: false }) => format!("{text}\n\n{note}"),
            None => text,
        }
    }

    /// What follows the answer of turn `turn - 1`: the user's next words, or a tool's result.
    fn next(&self, setting: &'s Setting, turn: u32) -> String {
        let mut prose = self.prose(setting, turn, 1);
        if self.tools.is_empty() {
            let bytes = prose.rng.between(20, 160) as usize;
            let style = if prose.rng.chance(0.6) { Style::Question } else { Style::Task };
            self.inject(prose.text(style, bytes))
        } else {
            let bytes = prose.rng.between(40, 320) as usize;
            let style = if prose.rng.chance(0.5) { Style::Report } else { Style::Code };
            prose.text(style, bytes)
        }
    }

    fn reply(&self, setting: &'s Setting, turn: u32) -> String {
        let mut prose = self.prose(setting, turn, 2);
        if !self.tools.is_empty() {
            return self.call(prose);
        }
        let bytes = prose.rng.between(60, 340) as usize;
        if self.traced {
            let mut text = String::from("<trace>");
            prose.write(Style::Statement, bytes, &mut text);
            text.push_str("</trace>\n");
            prose.write(Style::Statement, 60, &mut text);
            return text;
        }
        prose.text(Style::Statement, bytes)
    }

    fn call(&self, mut prose: Prose) -> String {
        let tool = prose.rng.pick(self.tools);
        let mut text = String::with_capacity(160);
        if prose.rng.chance(0.6) {
            prose.write(Style::Statement, 20, &mut text);
            text.push('\n');
        }
        text.push_str(tool_name(tool));
        prose.fill("({i}=\"{a} {n}\", {o}=", &mut text);
        push_number(prose.rng.below(1_000), &mut text);
        text.push(')');
        text
    }

    /// The id of the answer of a turn.
    #[must_use]
    pub fn message_id(&self, turn: u32) -> Cow<'static, str> {
        format!("msg_{:016x}", key(&[self.seed, turn.into(), 0x35])).into()
    }

    /// The id of the tool call in that answer.
    #[must_use]
    pub fn tool_call_id(&self, turn: u32) -> Cow<'static, str> {
        format!("call_{:016x}", key(&[self.seed, turn.into(), 0xCA])).into()
    }
}

fn said(role: &'static str, text: String) -> Turn<'static> {
    Turn { role: role.into(), text: text.into() }
}

/// Whether something of a dialogue holds that does with the given probability.
#[must_use]
pub fn by_seed(seed: u64, purpose: u64, probability: f64) -> bool {
    Rng::new(key(&[seed, purpose])).chance(probability)
}
