//! Shares of objects by accounts, as CooRTweet publishes them: who posted what when, no text.

use std::path::PathBuf;

use event::EventTime;
use event::contract::Request;
use event::time::SECOND;
use serde::Deserialize;

use super::bare;
use crate::batch::Batch;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "coortweet",
    about: "shares of objects (CSV object_id, account_id, content_id, timestamp_share in Unix \
        seconds); a share becomes a request whose one content hash is the object",
    read,
};

#[derive(Deserialize)]
struct Row {
    object_id: String,
    account_id: String,
    timestamp_share: i64,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    for path in inputs {
        source::for_each_row(path, batch, |batch, row: Row| {
            let millis =
                row.timestamp_share.checked_mul(SECOND).ok_or("the time is out of range")?;
            let request = Request {
                content_hashes: vec![row.object_id.into()],
                ..bare(row.account_id, &options.model)
            };
            batch.push(EventTime(millis), request);
            Ok(())
        })?;
    }
    Ok(())
}
