//! Dialogues of a person with an assistant, without times: one account per dialogue.

use std::path::PathBuf;

use event::contract::Request;
use event::time::{DAY, MINUTE};
use serde::Deserialize;

use super::{bare, turn};
use crate::batch::Batch;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "dialogues",
    about: "dialogues such as HH-RLHF's (JSON lines {turns: [{from, value}]}); each becomes an \
        account and each human turn a request a minute after the one before; accounts × rate \
        dialogues begin in a day",
    read,
};

#[derive(Deserialize)]
struct Line {
    turns: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    from: String,
    value: String,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let between = DAY as f64 / (options.rate * f64::from(options.accounts));
    let mut dialogue = 0_u64;
    source::for_each_json(inputs, batch, |batch, line: Line| {
        let roles =
            line.turns.iter().map(|said| role(&said.from)).collect::<Result<Vec<_>, _>>()?;
        dialogue += 1;
        let begin = options.start.plus((dialogue as f64 * between) as i64);
        let account = batch.name(format_args!("account-{dialogue:06}"));
        let (mut turns, mut asked) = (Vec::new(), 0);
        for (index, (said, role)) in line.turns.iter().zip(&roles).enumerate() {
            turns.push(turn(role, said.value.clone()));
            if *role == "user" {
                let answer = line.turns.get(index + 1).filter(|_| roles[index + 1] == "assistant");
                let request = Request {
                    conversation_id: Some(account.clone().into()),
                    turns: turns.clone(),
                    response: answer.map(|said| said.value.clone().into()),
                    ..bare(account.clone(), &options.model)
                };
                batch.push(begin.plus(asked * MINUTE), request);
                asked += 1;
            }
        }
        Ok(())
    })
}

fn role(from: &str) -> Result<&'static str, String> {
    match from {
        "human" | "user" => Ok("user"),
        "assistant" | "gpt" => Ok("assistant"),
        "system" => Ok("system"),
        other => Err(format!("a turn from {other:?}")),
    }
}
