//! The framing of object container files: a header with the schema, then blocks of records.
//!
//! Every length is checked before it is believed: a few bytes may not claim much memory, a file
//! that ends within something is told from one that ends.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::str::FromStr;

use apache_avro::Codec;

use crate::error::Error;

const MAGIC: [u8; 4] = *b"Obj\x01";
/// The longest key or value of a header.
const MAX_HEADER_BYTES: u64 = 16 << 20;
/// The longest block, as it stands in the file. Writers make blocks of kilobytes.
const MAX_BLOCK_BYTES: u64 = 256 << 20;

/// The blocks of a file.
pub(crate) struct Blocks<R> {
    from: R,
    marker: [u8; 16],
    codec: Codec,
}

/// One block, decompressed.
pub(crate) struct Block {
    pub(crate) records: u64,
    pub(crate) bytes: Vec<u8>,
}

impl<R: Read> Blocks<R> {
    /// Reads the header; gives the schema's text beside the blocks.
    pub(crate) fn open(mut from: R) -> Result<(String, Blocks<R>), Error> {
        let mut magic = [0; 4];
        exactly(&mut from, &mut magic, "in its first four bytes")?;
        if magic != MAGIC {
            return Err(Error::Container("its first four bytes are others".to_owned()));
        }
        let mut entries = read_header(&mut from)?;
        let mut marker = [0; 16];
        exactly(&mut from, &mut marker, "in its header")?;
        let text = |entry: Vec<u8>| {
            String::from_utf8(entry).map_err(|_| Error::Container("its header is no UTF-8".into()))
        };
        let schema = entries.remove(b"avro.schema".as_slice());
        let schema = schema.ok_or_else(|| Error::Container("it has no schema".to_owned()))?;
        let codec = match entries.remove(b"avro.codec".as_slice()).map(text).transpose()? {
            None => Codec::Null,
            Some(name) => Codec::from_str(&name)
                .map_err(|_| Error::Container(format!("unknown compression {name:?}")))?,
        };
        Ok((text(schema)?, Blocks { from, marker, codec }))
    }

    /// The next block; none at the end of the file.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>, Error> {
        let Some(records) = long(&mut self.from)? else {
            return Ok(None);
        };
        let wrong = |what: &str| Error::Container(format!("a block with {what}"));
        let records = u64::try_from(records).map_err(|_| wrong("a negative count"))?;
        let mut bytes = sized(&mut self.from, MAX_BLOCK_BYTES)?;
        let mut marker = [0; 16];
        exactly(&mut self.from, &mut marker, "within a block")?;
        if marker != self.marker {
            return Err(wrong("another file's end mark"));
        }
        self.codec.decompress(&mut bytes)?;
        // Every record of the contract takes some bytes.
        if records > bytes.len() as u64 {
            return Err(wrong("more records than bytes"));
        }
        Ok(Some(Block { records, bytes }))
    }
}

/// The entries of the header, a map in Avro's own encoding.
fn read_header(from: &mut impl Read) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Error> {
    let cut_off = || Error::CutOff("in its header");
    let mut entries = BTreeMap::new();
    loop {
        let count = match long(from)?.ok_or_else(cut_off)? {
            0 => return Ok(entries),
            count if count < 0 => {
                // A negative count is followed by the length in bytes, for those who skip.
                long(from)?.ok_or_else(cut_off)?;
                count.unsigned_abs()
            }
            count => count.unsigned_abs(),
        };
        for _ in 0..count {
            let key = sized(from, MAX_HEADER_BYTES)?;
            entries.insert(key, sized(from, MAX_HEADER_BYTES)?);
            if entries.len() > 1_000 {
                return Err(Error::Container("its header has too many entries".to_owned()));
            }
        }
    }
}

/// Bytes after their length.
fn sized(from: &mut impl Read, most: u64) -> Result<Vec<u8>, Error> {
    let length = long(from)?.ok_or(Error::CutOff("before a length"))?;
    let length = u64::try_from(length).ok().filter(|&length| length <= most);
    let length = length.ok_or_else(|| Error::Container("a length out of range".to_owned()))?;
    let mut bytes = Vec::new();
    // Read until there is no more, rather than make room for what is only claimed.
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(Error::CutOff("within a block")) }
}

/// A number in Avro's variable length; none if nothing is left.
fn long(from: &mut impl Read) -> Result<Option<i64>, Error> {
    let mut number = 0_u64;
    for place in 0..10 {
        let mut byte = [0];
        match from.read_exact(&mut byte) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return if place == 0 { Ok(None) } else { Err(Error::CutOff("within a number")) };
            }
            read => read?,
        }
        number |= u64::from(byte[0] & 0x7f) << (7 * place);
        if byte[0] & 0x80 == 0 {
            return Ok(Some((number >> 1) as i64 ^ -((number & 1) as i64)));
        }
    }
    Err(Error::Container("a number without end".to_owned()))
}

fn exactly(from: &mut impl Read, to: &mut [u8], place: &'static str) -> Result<(), Error> {
    from.read_exact(to).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Error::CutOff(place),
        _ => Error::Io(error),
    })
}

/// Writes the header of a file.
pub(crate) fn write_header(
    to: &mut impl Write,
    schema: &str,
    codec: Codec,
    marker: [u8; 16],
) -> Result<(), Error> {
    let codec: &str = codec.into();
    to.write_all(&MAGIC)?;
    put_long(to, 2)?;
    for text in ["avro.codec", codec, "avro.schema", schema] {
        put_long(to, text.len() as i64)?;
        to.write_all(text.as_bytes())?;
    }
    put_long(to, 0)?;
    Ok(to.write_all(&marker)?)
}

/// Writes one block.
pub(crate) fn write_block(
    to: &mut impl Write,
    mut block: Block,
    codec: Codec,
    marker: [u8; 16],
) -> Result<(), Error> {
    codec.compress(&mut block.bytes)?;
    put_long(to, block.records as i64)?;
    put_long(to, block.bytes.len() as i64)?;
    to.write_all(&block.bytes)?;
    Ok(to.write_all(&marker)?)
}

/// Writes a number in Avro's variable length.
pub(crate) fn put_long(to: &mut impl Write, number: i64) -> Result<(), Error> {
    let mut rest = (number << 1 ^ number >> 63) as u64;
    while rest > 0x7f {
        to.write_all(&[rest as u8 & 0x7f | 0x80])?;
        rest >>= 7;
    }
    Ok(to.write_all(&[rest as u8])?)
}
