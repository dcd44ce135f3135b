//! Reads a text file as batches of whole lines, however long a line is: what is over the limit is
//! measured and skipped, never held.

use std::io::{BufRead, ErrorKind};

use sha2::{Digest, Sha256};

/// Where a line lies in a batch.
#[derive(Clone, Debug)]
pub enum Line {
    /// Bytes of the batch's buffer.
    Held(std::ops::Range<usize>),
    /// Too long to be held: its length and the SHA-256 of its bytes.
    Skipped {
        /// Its length.
        bytes: u64,
        /// Of its bytes, in hex.
        digest: String,
    },
}

/// Some lines of a file, in order.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes of the lines that are held.
    pub buffer: Vec<u8>,
    /// The lines with their numbers, from 1.
    pub lines: Vec<(u64, Line)>,
}

/// Bytes after which a batch is full: what is made of it should stay near the processor.
const BATCH: usize = 64 << 10;

/// Reads lines.
pub struct Lines<R> {
    from: R,
    longest: usize,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `from`; such as are longer than `longest` bytes are skipped.
    pub fn new(from: R, longest: usize) -> Lines<R> {
        Lines { from, longest, number: 0 }
    }

    /// The number of the line that would be read next, from 1.
    pub fn next_number(&self) -> u64 {
        self.number + 1
    }

    /// The next batch; empty at the end. What was read before an error is in `batch`.
    ///
    /// # Errors
    /// If the file can't be read on: it is broken, or cut off inside a compressed block.
    pub fn read(&mut self, batch: &mut Batch) -> std::io::Result<()> {
        batch.buffer.clear();
        batch.lines.clear();
        while batch.buffer.len() < BATCH && batch.lines.len() < 4_096 {
            if !self.line(batch)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads one line; false at the end.
    fn line(&mut self, batch: &mut Batch) -> std::io::Result<bool> {
        let start = batch.buffer.len();
        let mut skipped: Option<(Sha256, u64)> = None;
        loop {
            let available = match self.from.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    batch.buffer.truncate(start);
                    return Err(error);
                }
            };
            let end = memchr::memchr(b'\n', available);
            let part = &available[..end.unwrap_or(available.len())];
            let at_end = available.is_empty();
            match &mut skipped {
                Some((hasher, bytes)) => {
                    hasher.update(part);
                    *bytes += part.len() as u64;
                }
                None if batch.buffer.len() - start + part.len() > self.longest => {
                    let mut hasher = Sha256::new();
                    hasher.update(&batch.buffer[start..]);
                    hasher.update(part);
                    let bytes = (batch.buffer.len() - start + part.len()) as u64;
                    batch.buffer.truncate(start);
                    skipped = Some((hasher, bytes));
                }
                None => batch.buffer.extend_from_slice(part),
            }
            let consumed = part.len() + usize::from(end.is_some());
            self.from.consume(consumed);
            if end.is_some() || at_end {
                if at_end && skipped.is_none() && batch.buffer.len() == start {
                    return Ok(false);
                }
                self.number += 1;
                let line = match skipped {
                    Some((hasher, bytes)) => {
                        Line::Skipped { bytes, digest: hex(&hasher.finalize()) }
                    }
                    None => Line::Held(start..batch.buffer.len()),
                };
                batch.lines.push((self.number, line));
                return Ok(!at_end);
            }
        }
    }
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], longest: usize) -> Vec<String> {
        let mut lines = Lines::new(std::io::BufReader::with_capacity(7, text), longest);
        let mut batch = Batch::default();
        let mut all = Vec::new();
        loop {
            lines.read(&mut batch).expect("memory can be read");
            if batch.lines.is_empty() {
                return all;
            }
            for (number, line) in &batch.lines {
                all.push(match line {
                    Line::Held(range) => {
                        format!(
                            "{number}:{}",
                            String::from_utf8_lossy(&batch.buffer[range.clone()])
                        )
                    }
                    Line::Skipped { bytes, digest } => format!("{number}:skipped {bytes} {digest}"),
                });
            }
        }
    }

    #[test]
    fn lines_are_whole_and_numbered_from_one() {
        assert_eq!(
            read(b"one\n\nthree and a half\nlast", 100),
            ["1:one", "2:", "3:three and a half", "4:last"]
        );
        assert!(read(b"", 100).is_empty());
    }

    #[test]
    fn long_lines_are_measured_and_skipped() {
        let digest = sha256(b"0123456789abcdef");
        assert_eq!(
            read(b"a\n0123456789abcdef\nb\n", 10),
            ["1:a".to_owned(), format!("2:skipped 16 {digest}"), "3:b".to_owned()]
        );
    }
}
