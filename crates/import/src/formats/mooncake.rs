//! Mooncake's trace of a production chat service: times, lengths and hashes of prefix blocks.
//!
//! A block's hash covers the whole prefix up to its end, so equal hashes are equal beginnings. The
//! trace names no account. What can be rebuilt is the conversation: a request that begins with all
//! whole blocks of an earlier one (its last block is partial: the answer goes on in it) continues
//! it. One block is not enough, since every request shares the first, the service's system prompt.
//! A conversation is an upper bound on accounts: a person may have several.

use std::collections::BTreeMap;
use std::path::PathBuf;

use event::contract::Request;
use serde::Deserialize;

use super::bare;
use crate::batch::Batch;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "mooncake",
    about: "Mooncake's serving traces (JSON lines timestamp in ms, input_length, output_length, \
        hash_ids); each conversation, rebuilt from shared prefixes, becomes an account",
    read,
};

/// Whole blocks that an earlier request must share to be continued.
const SHARED_BLOCKS: usize = 2;

#[derive(Deserialize)]
struct Line {
    timestamp: i64,
    input_length: u64,
    output_length: u64,
    hash_ids: Vec<u64>,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let mut conversations = Conversations::default();
    source::for_each_json(inputs, batch, |batch, line: Line| {
        let conversation = conversations.of(&line.hash_ids);
        let account = batch.name(format_args!("account-{conversation:06}"));
        let request = Request {
            conversation_id: Some(batch.name(format_args!("{conversation:06}")).into()),
            input_tokens: Some(line.input_length),
            output_tokens: Some(line.output_length),
            content_hashes: line.hash_ids.iter().map(|id| id.to_string().into()).collect(),
            ..bare(account, &options.model)
        };
        batch.push(options.start.plus(line.timestamp), request);
        Ok(())
    })
}

/// Conversations by the last whole block of each request in them.
#[derive(Default)]
struct Conversations {
    by_last_block: BTreeMap<u64, u64>,
    count: u64,
}

impl Conversations {
    /// The conversation of a request with these blocks: the one it shares the longest prefix with.
    fn of(&mut self, blocks: &[u64]) -> u64 {
        let candidates = blocks.iter().skip(SHARED_BLOCKS - 1).rev();
        let known = candidates.filter_map(|block| self.by_last_block.get(block)).next().copied();
        let conversation = known.unwrap_or_else(|| {
            self.count += 1;
            self.count
        });
        if let Some((_partial, whole)) = blocks.split_last()
            && whole.len() >= SHARED_BLOCKS
        {
            self.by_last_block.insert(whole[whole.len() - 1], conversation);
        }
        conversation
    }
}
