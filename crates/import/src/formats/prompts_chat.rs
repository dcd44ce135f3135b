//! The history of a public prompt collection: who contributed which prompt, and when.

use std::path::PathBuf;

use event::EventTime;
use event::time::SECOND;
use serde::Deserialize;

use super::ask;
use crate::batch::Batch;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "prompts-chat",
    about: "contributions to awesome-chatgpt-prompts (CSV first_seen_unix, contributor, text, \
        commit); a contributor becomes an account, an unnamed one the account of its commit",
    read,
};

#[derive(Deserialize)]
struct Row {
    first_seen_unix: i64,
    contributor: String,
    text: String,
    #[serde(default)]
    commit: String,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    for path in inputs {
        source::for_each_row(path, batch, |batch, row: Row| {
            let millis =
                row.first_seen_unix.checked_mul(SECOND).ok_or("the time is out of range")?;
            // All unnamed contributors in one account would be a person who never was.
            let account = match (row.contributor.as_str(), row.commit.as_str()) {
                ("", "") => return Err("neither contributor nor commit".to_owned()),
                ("", commit) => batch.name(format_args!("commit-{commit}")),
                (contributor, _) => batch.name(contributor),
            };
            batch.push(EventTime(millis), ask(account, &options.model, row.text));
            Ok(())
        })?;
    }
    Ok(())
}
