//! Reads the sources' files: JSON lines or CSV with a header, plain, gzip or Zstandard.
//!
//! What a file is, is read off its first bytes and not off its name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::Error;
use crate::batch::Batch;

const BUFFER: usize = 1 << 20;

/// Calls `each` with every JSON line until the batch is full; what it refuses is set aside.
pub fn for_each_json<T: DeserializeOwned>(
    inputs: &[PathBuf],
    batch: &mut Batch,
    mut each: impl FnMut(&mut Batch, T) -> Result<(), String>,
) -> Result<(), Error> {
    for path in inputs {
        let mut reader = open(path)?;
        let (mut buffer, mut line) = (Vec::new(), 0);
        while !batch.is_full() {
            buffer.clear();
            let read = reader.read_until(b'\n', &mut buffer);
            let length = read.map_err(|source| Error::Read { path: path.clone(), line, source })?;
            if length == 0 {
                break;
            }
            line += 1;
            if buffer.trim_ascii().is_empty() {
                continue;
            }
            batch.count_read();
            let value = serde_json::from_slice(&buffer)
                .map_err(|error| error.to_string().replace(" line 1 column", " column"));
            if let Err(reason) = value.and_then(|value| each(batch, value)) {
                batch.set_aside(path, line, &reason);
            }
        }
    }
    Ok(())
}

/// Calls `each` with every row of a CSV file until the batch is full; what it refuses is set aside.
pub fn for_each_row<T: DeserializeOwned>(
    path: &Path,
    batch: &mut Batch,
    mut each: impl FnMut(&mut Batch, T) -> Result<(), String>,
) -> Result<(), Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(open(path)?);
    let failed = |error, line| row_error(path, line, error);
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            let reason = failed(error, 0)?;
            batch.set_aside(path, 1, &reason);
            return Ok(());
        }
    };
    let mut record = csv::StringRecord::new();
    while !batch.is_full() {
        let line = reader.position().line();
        let row = match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => record.deserialize::<T>(Some(&headers)),
            Err(error) => Err(error),
        };
        batch.count_read();
        let line = record.position().map_or(line, csv::Position::line);
        let outcome = match row {
            Ok(row) => each(batch, row),
            Err(error) => Err(failed(error, line)?),
        };
        if let Err(reason) = outcome {
            batch.set_aside(path, line, &reason);
        }
    }
    Ok(())
}

/// What is wrong with a row; an error of the file itself ends the import.
fn row_error(path: &Path, line: u64, error: csv::Error) -> Result<String, Error> {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => Err(Error::Read { path: path.to_owned(), line, source }),
        csv::ErrorKind::Utf8 { err, .. } => Ok(err.to_string()),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Ok(format!("{len} columns where the header has {expected_len}"))
        }
        csv::ErrorKind::Deserialize { err, .. } => Ok(err.to_string()),
        _ => Ok("not a row of this file".to_owned()),
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
        _ => return Ok(Box::new(file)),
    };
    Ok(Box::new(BufReader::with_capacity(BUFFER, reader)))
}
