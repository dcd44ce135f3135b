//! Requests and facts become lines of JSON beside the merge, on as many threads as there are cores:
//! wording and writing an event is most of its cost and depends on nothing but the event.
//!
//! Batches are dealt to the threads in turn and taken back in the same turn, so the bytes do not
//! depend on how many threads there are or which is the faster. At most [`AHEAD`] batches wait at
//! each thread.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use event::contract::{Event, Text};

use super::Error;
use super::exchange::Exchange;
use super::facts::Fact;
use super::setting::Setting;

/// Events of a batch.
const BATCH: usize = 256;
/// Batches that may wait at a thread.
const AHEAD: usize = 4;

/// What becomes a line.
pub enum Item<'s> {
    /// A request.
    Request(Text<'static>, Box<Exchange<'s>>),
    /// Anything else.
    Fact(Text<'static>, Fact),
}

/// A batch as lines.
#[derive(Default)]
pub struct Lines {
    /// The lines.
    pub text: Vec<u8>,
    /// Bytes of prompts in them.
    pub prompt_bytes: u64,
}

/// A thread that makes lines.
struct Hand<'s> {
    to: SyncSender<Vec<Item<'s>>>,
    back: Receiver<Result<Lines, Error>>,
}

/// All of them, in turn.
pub struct Hands<'s> {
    batch: Vec<Item<'s>>,
    hands: Vec<Hand<'s>>,
    /// Whose batches are out, oldest first.
    out: VecDeque<usize>,
    next: usize,
}

impl<'s> Hands<'s> {
    /// Starts a thread for each core.
    pub fn start<'scope>(scope: &'scope Scope<'scope, '_>, setting: &'s Setting) -> Hands<'s>
    where
        's: 'scope,
    {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let hand = || {
            let (to, from) = sync_channel::<Vec<Item<'s>>>(AHEAD);
            let (give, back) = sync_channel(AHEAD + 1);
            scope.spawn(move || {
                for batch in from {
                    if give.send(lines(setting, batch)).is_err() {
                        break;
                    }
                }
            });
            Hand { to, back }
        };
        let hands = (0..cores).map(|_| hand()).collect();
        Hands { batch: Vec::with_capacity(BATCH), hands, out: VecDeque::new(), next: 0 }
    }

    /// Takes an event; what is ready by now, in order, is given back.
    pub fn take(&mut self, item: Item<'s>) -> Result<Option<Lines>, Error> {
        self.batch.push(item);
        match self.batch.len() {
            BATCH => self.deal(),
            _ => Ok(None),
        }
    }

    fn deal(&mut self) -> Result<Option<Lines>, Error> {
        let full = self.out.len() == self.hands.len() * AHEAD;
        let ready = if full { self.take_back()? } else { None };
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        let sent = self.hands[self.next].to.send(batch);
        sent.expect("a thread ends only after its sender");
        self.out.push_back(self.next);
        self.next = (self.next + 1) % self.hands.len();
        Ok(ready)
    }

    fn take_back(&mut self) -> Result<Option<Lines>, Error> {
        let Some(oldest) = self.out.pop_front() else { return Ok(None) };
        let lines = self.hands[oldest].back.recv().expect("a thread answers each batch");
        lines.map(Some)
    }

    /// The next lines at the end; none when all were given back.
    pub fn drain(&mut self) -> Result<Option<Lines>, Error> {
        if !self.batch.is_empty()
            && let Some(ready) = self.deal()?
        {
            return Ok(Some(ready));
        }
        self.take_back()
    }
}

fn lines(setting: &Setting, batch: Vec<Item<'_>>) -> Result<Lines, Error> {
    let mut lines = Lines { text: Vec::with_capacity(batch.len() << 11), prompt_bytes: 0 };
    for item in batch {
        let event: Event<'_> = match item {
            Item::Request(id, exchange) => {
                let (event, bytes) = exchange.into_event(setting, id);
                lines.prompt_bytes += bytes as u64;
                event
            }
            Item::Fact(id, fact) => fact.into_event(setting, id),
        };
        serde_json::to_writer(&mut lines.text, &event)?;
        lines.text.push(b'\n');
    }
    Ok(lines)
}
