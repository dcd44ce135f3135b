//! Reads files of JSON lines, plain or compressed, one line at a time in constant memory.
//!
//! What a file is, is read off its first bytes and not off its name: recordings get renamed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use super::Error;

/// Large enough that a line of a long conversation rarely straddles two reads.
const BUFFER: usize = 1 << 20;

/// Calls `each` with every line that is not blank and its number, from 1.
///
/// # Errors
/// Where the file can't be read, and whatever `each` says, with the file and line.
pub fn for_each_line(
    path: &Path,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<(), Error> {
    let mut reader = open(path)?;
    let (mut buffer, mut line) = (Vec::new(), 0);
    loop {
        buffer.clear();
        let read = reader.read_until(b'\n', &mut buffer);
        let length = read.map_err(|source| Error::Read { path: path.to_owned(), line, source })?;
        if length == 0 {
            return Ok(());
        }
        line += 1;
        let text = buffer.trim_ascii();
        if !text.is_empty() {
            each(line, text).map_err(|reason| Error::Line {
                path: path.to_owned(),
                line,
                reason,
            })?;
        }
    }
}

/// Opens a file, looking through gzip and Zstandard.
fn open(path: &Path) -> Result<Box<dyn BufRead>, Error> {
    let failed = |source| Error::Open { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(BUFFER, File::open(path).map_err(failed)?);
    let start = file.fill_buf().map_err(failed)?;
    let reader: Box<dyn Read> = match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(file).map_err(failed)?),
        [b'O', b'b', b'j', 1, ..] => return Err(Error::Avro { path: path.to_owned() }),
        _ => return Ok(Box::new(file)),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, reader)))
}

/// Reads one line as JSON.
///
/// # Errors
/// What is wrong with it, without a position in a file that has one line.
pub fn json<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(line)
        .map_err(|error| error.to_string().replace(" line 1 column", " column"))
}
