//! The formats, one file each.

mod azure_llm;
mod coortweet;
mod dialogues;
mod mooncake;
mod oasst;
mod prompts_chat;
mod servegen;
mod texts;

use event::contract::{Request, Turn};

use crate::Format;

/// All formats, by name.
pub const ALL: &[Format] = &[
    azure_llm::FORMAT,
    coortweet::FORMAT,
    dialogues::FORMAT,
    texts::INSTRUCTIONS,
    mooncake::FORMAT,
    oasst::FORMAT,
    prompts_chat::FORMAT,
    texts::QUESTIONS,
    servegen::FORMAT,
    texts::TEMPLATES,
    texts::UTTERANCES,
];

/// A request of `account` that asks one thing.
fn ask(account: String, model: &str, text: String) -> Request<'static> {
    let turns = vec![turn("user", text)];
    Request { turns, ..bare(account, model) }
}

/// A request of which the source tells no content.
fn bare(account: String, model: &str) -> Request<'static> {
    Request { account_id: account.into(), model: model.to_owned().into(), ..Request::default() }
}

fn turn(role: &'static str, text: String) -> Turn<'static> {
    Turn { role: role.into(), text: text.into() }
}
