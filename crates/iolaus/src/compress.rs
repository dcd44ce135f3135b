//! Compression beside the writer: what is written is handed over in large pieces to a thread of its
//! own, since compressing takes a third of a simulation.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

/// Bytes of a piece, and pieces that may wait.
const PIECE: usize = 1 << 20;
const WAITING: usize = 6;

/// A file that is written compressed.
pub struct Compressed {
    piece: Vec<u8>,
    /// Closed to end the thread.
    to: Option<SyncSender<Vec<u8>>>,
    /// Pieces that come back empty.
    back: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Compressed {
    /// Compresses into a file, with a level of Zstandard.
    ///
    /// # Errors
    /// If the compressor cannot be set up.
    #[expect(clippy::disallowed_methods, reason = "the bytes do not depend on who compresses them")]
    pub fn new(file: File, level: i32) -> io::Result<Compressed> {
        let mut encoder = zstd::stream::write::Encoder::new(file, level)?;
        let (to, from) = sync_channel::<Vec<u8>>(WAITING);
        let (give_back, back) = channel();
        let work = move || {
            for mut piece in from {
                encoder.write_all(&piece)?;
                piece.clear();
                // Nobody may be there to take it any more.
                let _ = give_back.send(piece);
            }
            encoder.finish().and_then(|mut file| file.flush())
        };
        let thread = std::thread::Builder::new().name("compress".to_owned()).spawn(work)?;
        let piece = Vec::with_capacity(PIECE);
        Ok(Compressed { piece, to: Some(to), back, thread: Some(thread) })
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let empty = self.back.try_recv().unwrap_or_else(|_| Vec::with_capacity(PIECE));
        let piece = std::mem::replace(&mut self.piece, empty);
        let taken = self.to.as_ref().is_some_and(|to| to.send(piece).is_ok());
        if taken { Ok(()) } else { self.end() }
    }

    /// Ends the thread and says how it went.
    fn end(&mut self) -> io::Result<()> {
        self.to = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(io::Error::other("the compressor ended too early")),
            None => Ok(()),
        }
    }
}

impl Write for Compressed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() + bytes.len() > PIECE && !self.piece.is_empty() {
            self.hand_over()?;
        }
        self.piece.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Ends the file: nothing may be written after it.
    fn flush(&mut self) -> io::Result<()> {
        if self.to.is_none() {
            return Ok(());
        }
        if !self.piece.is_empty() {
            self.hand_over()?;
        }
        self.end()
    }
}

impl Drop for Compressed {
    fn drop(&mut self) {
        // Whoever wants to know of errors flushes.
        let _ = self.flush();
    }
}
