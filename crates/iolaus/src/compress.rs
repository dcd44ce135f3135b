//! Compression beside the writer: what is written is handed over in large pieces to a thread of its
//! own, since compressing takes a good part of a simulation. Each piece becomes a frame (RFC 8878, 3.1):
//! one that is whole in memory is compressed faster than a stream.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use zstd::zstd_safe::compress_bound;

/// Bytes of a piece, which becomes a frame, and pieces that may wait.
const PIECE: usize = 2 << 20;
const WAITING: usize = 3;

/// A file that is written compressed.
pub struct Compressed {
    piece: Vec<u8>,
    begun: bool,
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
    pub fn new(mut file: File, level: i32) -> io::Result<Compressed> {
        let mut compressor = zstd::bulk::Compressor::new(level)?;
        let (to, from) = sync_channel::<Vec<u8>>(WAITING);
        let (give_back, back) = channel();
        let work = move || {
            let mut frame = Vec::new();
            for mut piece in from {
                frame.clear();
                frame.reserve(compress_bound(piece.len()));
                compressor.compress_to_buffer(&piece, &mut frame)?;
                file.write_all(&frame)?;
                piece.clear();
                // Nobody may be there to take it any more.
                let _ = give_back.send(piece);
            }
            file.flush()
        };
        let thread = std::thread::Builder::new().name("compress".to_owned()).spawn(work)?;
        let piece = Vec::with_capacity(PIECE);
        Ok(Compressed { piece, begun: false, to: Some(to), back, thread: Some(thread) })
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.begun = true;
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
        // A file of nothing has a frame of nothing.
        if !self.piece.is_empty() || !self.begun {
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
