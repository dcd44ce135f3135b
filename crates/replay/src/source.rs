//! A file as a stream of records that were taken in, on a thread of its own.
//!
//! Reading, decoding and sketching need no state, so they run beside the tasks. The order of a
//! file's records is kept.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use avro::AvroEvents;
use enrich::Recent;
use event::intake::{Limits, Parsed, Reject, parse_json};
use event::public::DeadLetter;
use pipeline::topology::Stage;
use pipeline::{Intake, Taken};

use crate::cpu::{Costs, thread_cpu};
use crate::error::Error;
use crate::lines::{Batch, Line, Lines, sha256};

/// What a reader sends: records in order, what could not be taken, and what it cost.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Records.
    pub taken: Vec<Taken>,
    /// Dead letters.
    pub dead: Vec<DeadLetter>,
    /// Fields that no type knows.
    pub unknown_fields: u64,
    /// Bytes of records.
    pub bytes: u64,
    /// CPU time.
    pub costs: Costs,
}

/// One input file being read.
pub struct Source {
    receiver: Option<Receiver<Delivery>>,
}

impl Source {
    /// Opens a file and begins to read it.
    ///
    /// # Errors
    /// If it can't be opened or is no file of a known kind.
    #[expect(
        clippy::disallowed_methods,
        reason = "a file is read ahead by a thread; a queue keeps its order"
    )]
    pub fn open(path: &Path, intake: &Arc<Intake>, limits: Limits) -> Result<Source, Error> {
        let (sender, receiver) = sync_channel(4);
        let (path, intake) = (path.to_owned(), Arc::clone(intake));
        if is_avro(&path)? {
            let file = open_file(&path)?;
            let events = AvroEvents::open(BufReader::new(file), &limits).map_err(|error| {
                Error::Container { path: path.clone(), detail: error.to_string() }
            })?;
            std::thread::spawn(move || read_avro(events, &path, &intake, &sender));
        } else {
            let from = open_text(&path)?;
            std::thread::spawn(move || read_lines(from, &path, &intake, limits, &sender));
        }
        Ok(Source { receiver: Some(receiver) })
    }

    /// The next records; `None` at the end.
    pub fn next(&mut self) -> Option<Delivery> {
        let read = self.receiver.as_ref()?.recv().ok();
        if read.is_none() {
            self.receiver = None;
        }
        read
    }
}

fn open_file(path: &Path) -> Result<File, Error> {
    let input = |source| Error::Input { path: path.to_owned(), source };
    let file = File::open(path).map_err(input)?;
    if file.metadata().map_err(input)?.is_dir() {
        return Err(Error::Directory { path: path.to_owned() });
    }
    Ok(file)
}

fn is_avro(path: &Path) -> Result<bool, Error> {
    let mut magic = [0; 4];
    let read = open_file(path)?.read(&mut magic);
    let read = read.map_err(|source| Error::Input { path: path.to_owned(), source })?;
    Ok(read == 4 && &magic == b"Obj\x01")
}

/// Opens a text file, plain or compressed with gzip or zstd: what it is is read off its first bytes.
///
/// # Errors
/// If it can't be opened or is a directory.
pub fn open_text(path: &Path) -> Result<Box<dyn BufRead + Send>, Error> {
    let input = |source| Error::Input { path: path.to_owned(), source };
    let mut plain = BufReader::with_capacity(1 << 17, open_file(path)?);
    let magic = plain.fill_buf().map_err(input)?;
    Ok(match magic {
        [0x1f, 0x8b, ..] => {
            let gzip = flate2::bufread::MultiGzDecoder::new(plain);
            Box::new(BufReader::with_capacity(1 << 17, gzip))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let zstd = zstd::stream::read::Decoder::with_buffer(plain).map_err(input)?;
            Box::new(BufReader::with_capacity(1 << 17, zstd))
        }
        _ => Box::new(plain),
    })
}

fn dead_letter(path: &Path, line: u64, reject: &Reject, bytes: u64, digest: String) -> DeadLetter {
    DeadLetter {
        reason: reject.reason.code().into(),
        detail: reject.detail.as_str().into(),
        file: path.display().to_string().into(),
        line,
        digest: digest.into(),
        bytes,
    }
}

fn read_lines(
    from: Box<dyn BufRead + Send>,
    path: &Path,
    intake: &Intake,
    limits: Limits,
    to: &SyncSender<Delivery>,
) {
    let mut lines = Lines::new(from, limits.record_bytes);
    let mut batch = Batch::default();
    let mut recent = Recent::default();
    loop {
        let start = thread_cpu();
        let ended = lines.read(&mut batch);
        let mut read = Delivery::default();
        let parsed = decode(&batch, path, &limits, &mut read);
        let decoded = thread_cpu();
        read.taken = parsed.iter().map(|one| intake.take(&one.event, &mut recent)).collect();
        read.unknown_fields = parsed.iter().map(|one| u64::from(one.unknown_fields)).sum();
        let done = thread_cpu();
        read.costs.add(Stage::Decode, decoded.saturating_sub(start));
        read.costs.add(Stage::Enrich, done.saturating_sub(decoded));
        if let Err(error) = &ended {
            let detail = format!("the file cannot be read on from here: {error}");
            let reject = Reject::new(event::intake::Reason::Truncated, detail);
            read.dead.push(dead_letter(path, lines.next_number(), &reject, 0, sha256(b"")));
        }
        let last = ended.is_err() || batch.lines.is_empty();
        // The receiver is gone only when the run has failed: then there is nothing left to say.
        if to.send(read).is_err() || last {
            return;
        }
    }
}

fn decode<'b>(
    batch: &'b Batch,
    path: &Path,
    limits: &Limits,
    read: &mut Delivery,
) -> Vec<Parsed<'b>> {
    let mut parsed = Vec::with_capacity(batch.lines.len());
    for (number, line) in &batch.lines {
        match line {
            Line::Held(range) => {
                let bytes = &batch.buffer[range.clone()];
                read.bytes += bytes.len() as u64;
                if bytes.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                match parse_json(bytes, limits) {
                    Ok(one) => parsed.push(one),
                    Err(reject) => {
                        let length = bytes.len() as u64;
                        read.dead.push(dead_letter(path, *number, &reject, length, sha256(bytes)));
                    }
                }
            }
            Line::Skipped { bytes, digest } => {
                read.bytes += bytes;
                let most = limits.record_bytes;
                let detail = format!("expected a record of at most {most} bytes, found {bytes}");
                let reject = Reject::new(event::intake::Reason::TooLarge, detail);
                read.dead.push(dead_letter(path, *number, &reject, *bytes, digest.clone()));
            }
        }
    }
    parsed
}

fn read_avro<R: Read>(
    mut events: AvroEvents<R>,
    path: &Path,
    intake: &Intake,
    to: &SyncSender<Delivery>,
) {
    let mut recent = Recent::default();
    loop {
        let start = thread_cpu();
        let records: Vec<_> = events.by_ref().take(512).collect();
        let decoded = thread_cpu();
        let mut read = Delivery::default();
        let last = records.is_empty();
        for record in records {
            match record.taken {
                Ok(parsed) => {
                    read.unknown_fields += u64::from(parsed.unknown_fields);
                    read.taken.push(intake.take(&parsed.event, &mut recent));
                }
                Err(reject) => {
                    let line = record.index + 1;
                    read.dead.push(dead_letter(path, line, &reject, 0, sha256(b"")));
                }
            }
        }
        read.costs.add(Stage::Decode, decoded.saturating_sub(start));
        read.costs.add(Stage::Enrich, thread_cpu().saturating_sub(decoded));
        if to.send(read).is_err() || last {
            return;
        }
    }
}
