//! OpenAssistant's message trees: what people wrote to an assistant, by user and time.

use std::collections::BTreeMap;
use std::path::PathBuf;

use event::EventTime;
use event::contract::{Request, Turn};
use serde::Deserialize;

use super::{bare, turn};
use crate::batch::Batch;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "oasst",
    about: "OpenAssistant messages (JSON lines message_id, parent_id, message_tree_id, user_id, \
        created_date, role, text); a prompter's message becomes a request of its user, with the \
        messages above it as turns and the first answer as response",
    read,
};

#[derive(Deserialize)]
struct Message {
    message_id: String,
    parent_id: Option<String>,
    message_tree_id: Option<String>,
    user_id: String,
    created_date: String,
    role: Role,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Prompter,
    Assistant,
}

/// All messages, since a parent may stand anywhere in the files.
#[derive(Default)]
struct Messages {
    all: Vec<(EventTime, Message)>,
    by_id: BTreeMap<String, usize>,
    /// The first answer to each message.
    answers: BTreeMap<String, usize>,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let mut messages = Messages::default();
    source::for_each_json(inputs, batch, |_, message: Message| messages.add(message))?;
    for (time, message) in &messages.all {
        if message.role == Role::Prompter {
            let answer = messages.answers.get(&message.message_id);
            let request = Request {
                conversation_id: message.message_tree_id.clone().map(Into::into),
                turns: messages.turns(message),
                response: answer.map(|index| messages.all[*index].1.text.clone().into()),
                ..bare(message.user_id.clone(), &options.model)
            };
            let id = batch.name(&message.message_id);
            batch.push_as(&id, *time, request);
        }
    }
    Ok(())
}

impl Messages {
    fn add(&mut self, message: Message) -> Result<(), String> {
        let time = event::rfc3339::parse(&message.created_date)
            .ok_or_else(|| format!("{:?} is no time", message.created_date))?;
        let index = self.all.len();
        if self.by_id.contains_key(&message.message_id) {
            return Err(format!("message {:?} stands here again", message.message_id));
        }
        self.by_id.insert(message.message_id.clone(), index);
        if let (Role::Assistant, Some(parent)) = (message.role, &message.parent_id) {
            self.answers.entry(parent.clone()).or_insert(index);
        }
        self.all.push((time, message));
        Ok(())
    }

    /// The message under those above it, oldest first, as far up as the files go.
    fn turns(&self, message: &Message) -> Vec<Turn<'static>> {
        let (mut turns, mut next) = (Vec::new(), Some(message));
        while let Some(message) = next {
            let role = match message.role {
                Role::Prompter => "user",
                Role::Assistant => "assistant",
            };
            turns.push(turn(role, message.text.clone()));
            let parent = message.parent_id.as_ref().and_then(|id| self.by_id.get(id));
            // Longer than there are messages, it would be a circle.
            next = parent.filter(|_| turns.len() < self.all.len()).map(|index| &self.all[*index].1);
        }
        turns.reverse();
        turns
    }
}
