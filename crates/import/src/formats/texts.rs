//! Lists of texts without accounts and times: each becomes one request, dealt out over accounts.

use std::path::PathBuf;

use event::contract::Request;
use serde::Deserialize;

use super::ask;
use crate::batch::Batch;
use crate::spread::Spread;
use crate::{Error, Format, Options, source};

pub const INSTRUCTIONS: Format = Format {
    name: "instructions",
    about: "instructions with answers (JSON lines {instruction, input, output}, as Alpaca's); one \
        request each, dealt out over --accounts at --rate a day",
    read: read_instructions,
};

pub const QUESTIONS: Format = Format {
    name: "questions",
    about: "problems with solutions (JSON lines {question, answer}, as GSM8K's); one request each, \
        dealt out likewise",
    read: read_questions,
};

pub const TEMPLATES: Format = Format {
    name: "templates",
    about: "prompts made from labelled templates (JSON lines {template, k, text}); one request \
        each, dealt out likewise; the label is in the event id only",
    read: read_templates,
};

pub const UTTERANCES: Format = Format {
    name: "utterances",
    about: "short utterances by intent (CSV split, text, intent, as CLINC150's); one request each, \
        dealt out likewise; the label is in the event id only",
    read: read_utterances,
};

#[derive(Deserialize)]
struct Instruction {
    instruction: String,
    #[serde(default)]
    input: String,
    output: Option<String>,
}

#[derive(Deserialize)]
struct Question {
    question: String,
    answer: Option<String>,
}

#[derive(Deserialize)]
struct Template {
    template: String,
    k: u64,
    text: String,
}

#[derive(Deserialize)]
struct Utterance {
    text: String,
    intent: String,
}

fn read_instructions(
    inputs: &[PathBuf],
    options: &Options,
    batch: &mut Batch,
) -> Result<(), Error> {
    let mut spread = Spread::new(options);
    source::for_each_json(inputs, batch, |batch, line: Instruction| {
        let text = match line.input.as_str() {
            "" => line.instruction,
            input => format!("{}\n\n{input}", line.instruction),
        };
        let (account, time) = spread.next(batch);
        let response = line.output.map(Into::into);
        batch.push(time, Request { response, ..ask(account, &options.model, text) });
        Ok(())
    })
}

fn read_questions(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let mut spread = Spread::new(options);
    source::for_each_json(inputs, batch, |batch, line: Question| {
        let (account, time) = spread.next(batch);
        let response = line.answer.map(Into::into);
        batch.push(time, Request { response, ..ask(account, &options.model, line.question) });
        Ok(())
    })
}

fn read_templates(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let mut spread = Spread::new(options);
    source::for_each_json(inputs, batch, |batch, line: Template| {
        let (account, time) = spread.next(batch);
        let id = batch.name(format_args!("{}-{}", line.template, line.k));
        batch.push_as(&id, time, ask(account, &options.model, line.text));
        Ok(())
    })
}

fn read_utterances(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let mut spread = Spread::new(options);
    let mut number = 0_u64;
    for path in inputs {
        source::for_each_row(path, batch, |batch, row: Utterance| {
            number += 1;
            let (account, time) = spread.next(batch);
            let id = batch.name(format_args!("{number:06}-{}", row.intent));
            batch.push_as(&id, time, ask(account, &options.model, row.text));
            Ok(())
        })?;
    }
    Ok(())
}
