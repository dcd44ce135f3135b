//! Azure's public inference traces: CSV of time and token counts, no accounts and no content.

use std::path::PathBuf;

use event::contract::Request;
use serde::Deserialize;

use super::bare;
use crate::batch::Batch;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "azure-llm",
    about: "Azure LLM inference traces (CSV TIMESTAMP, ContextTokens, GeneratedTokens); each file, \
        a service, becomes one account",
    read,
};

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "TIMESTAMP")]
    timestamp: String,
    #[serde(rename = "ContextTokens")]
    context_tokens: u64,
    #[serde(rename = "GeneratedTokens")]
    generated_tokens: u64,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    for path in inputs {
        let file = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        // `conv.csv.gz` is the service `conv`.
        let account = batch.name(file.split('.').next().unwrap_or_default());
        source::for_each_row(path, batch, |batch, row: Row| {
            // The trace writes UTC without saying so.
            let time = event::rfc3339::parse(&format!("{}Z", row.timestamp.trim_end_matches('Z')))
                .ok_or_else(|| format!("{:?} is no time", row.timestamp))?;
            let request = Request {
                input_tokens: Some(row.context_tokens),
                output_tokens: Some(row.generated_tokens),
                ..bare(account.clone(), &options.model)
            };
            batch.push(time, request);
            Ok(())
        })?;
    }
    Ok(())
}
