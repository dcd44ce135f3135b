//! From text to words: one streaming pass that hashes each canonical word and hands it on.
//!
//! Case, accents, width and invisible characters do not count; a number is `0` whatever its value;
//! addresses, paths and opaque tokens are one mask each, whatever they name. So two fillings of a
//! template differ in nothing but the words of their slots.
//!
//! The fast way covers ASCII letters, eight at a time; everything else takes the careful way.
//! Both give a word the same hash.

use super::canon::{Canon, Class};

/// One canonical word.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The keyed hash of its letters.
    pub hash: u64,
    /// Letters in it; masks and numbers count as one.
    pub letters: u32,
    /// Whether it is a single character of a script without spaces.
    pub solo: bool,
    /// The byte before it, 0 at the beginning.
    pub before: u8,
}

/// Takes the words of a text, some at a time.
pub trait Sink {
    /// Takes the next words.
    fn words(&mut self, words: &[Word]);
}

/// Words on their way to a sink. Handing them on in lots lets the loops on both sides stay small.
pub struct Lot {
    words: [Word; LOT],
    len: usize,
}

/// Words handed on at a time.
const LOT: usize = 64;

impl Lot {
    /// An empty lot.
    pub fn new() -> Lot {
        Lot { words: [Word { hash: 0, letters: 0, solo: false, before: 0 }; LOT], len: 0 }
    }

    /// Hands on what is left.
    pub fn flush(&mut self, sink: &mut impl Sink) {
        sink.words(&self.words[..self.len.min(LOT)]);
        self.len = 0;
    }

    #[inline(always)]
    fn push(&mut self, word: Word, sink: &mut impl Sink) {
        self.words[self.len % LOT] = word;
        self.len += 1;
        if self.len == LOT {
            self.flush(sink);
        }
    }
}

/// Splits texts into words under a key.
#[derive(Clone, Debug)]
pub struct Splitter {
    start: u64,
    multiplier: u64,
    canon: Canon,
}

/// Both halves of a 64 × 64 bit product, folded: with a secret factor, a fast keyed hash.
#[inline(always)]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

// Canonical words have no control characters, so these stand for nothing else.
const URL: u64 = 1;
const PATH: u64 = 2;
const OPAQUE: u64 = 3;

#[derive(Clone, Copy, PartialEq)]
enum Byte {
    Plain,
    Letter,
    Digit,
    Dot,
    Colon,
    Slash,
    Wide,
}

const BYTES: [Byte; 256] = {
    let mut table = [Byte::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Byte::Letter,
            b'0'..=b'9' => Byte::Digit,
            b'.' => Byte::Dot,
            b':' => Byte::Colon,
            b'/' | b'\\' => Byte::Slash,
            0x80.. => Byte::Wide,
            _ => Byte::Plain,
        };
        byte += 1;
    }
    table
};

impl Splitter {
    /// A splitter with a start value and an odd multiplier, both secret.
    pub fn new([start, multiplier]: [u64; 2]) -> Splitter {
        Splitter { start, multiplier, canon: Canon::get() }
    }

    /// Hands every word of `text` to `sink`.
    pub fn split(&self, text: &str, sink: &mut impl Sink) {
        let bytes = text.as_bytes();
        let mut lot = Lot::new();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let class = BYTES[usize::from(byte)];
            at = if class == Byte::Letter {
                self.letters(text, at, &mut lot, sink)
            } else if class == Byte::Plain {
                at + 1
            } else {
                self.other(text, at, class, &mut lot, sink)
            };
        }
        lot.flush(sink);
    }

    /// Whatever begins with neither a letter nor a plain separator.
    #[inline(never)]
    fn other(
        &self,
        text: &str,
        at: usize,
        class: Byte,
        lot: &mut Lot,
        sink: &mut impl Sink,
    ) -> usize {
        match class {
            Byte::Digit => self.careful(text, at, lot, sink),
            Byte::Slash => self.slash(text.as_bytes(), at, lot, sink),
            Byte::Wide => self.wide(text, at, lot, sink),
            Byte::Plain | Byte::Letter | Byte::Dot | Byte::Colon => at + 1,
        }
    }

    /// A word that begins with an ASCII letter; gives where to go on.
    #[inline(always)]
    fn letters(&self, text: &str, start: usize, lot: &mut Lot, sink: &mut impl Sink) -> usize {
        let bytes = text.as_bytes();
        let (mut hash, mut at) = (self.start, start);
        let mut letters = Letters::of(eight(bytes, at));
        while letters.count == 8 {
            hash = fold(hash ^ letters.lower, self.multiplier);
            at += 8;
            letters = Letters::of(eight(bytes, at));
        }
        if letters.count > 0 {
            hash = fold(hash ^ letters.lower, self.multiplier);
            at += letters.count;
        }
        let end = bytes.get(at).map_or(Byte::Plain, |byte| BYTES[usize::from(*byte)]);
        if end != Byte::Plain && self.is_unusual(bytes, start, at, end) {
            return self.careful(text, start, lot, sink);
        }
        let letters = (at - start) as u32;
        let before = before(bytes, start);
        lot.push(Word { hash, letters, solo: false, before }, sink);
        // What ends a word is no part of the next one.
        at + usize::from(end != Byte::Slash)
    }

    /// Whether the letters up to `at` are only the beginning of something.
    #[inline]
    fn is_unusual(&self, bytes: &[u8], start: usize, at: usize, end: Byte) -> bool {
        match end {
            Byte::Digit | Byte::Wide => true,
            Byte::Colon => bytes[at..].starts_with(b"://"),
            Byte::Dot => at - start == 3 && bytes[start..at].eq_ignore_ascii_case(b"www"),
            Byte::Plain | Byte::Letter | Byte::Slash => false,
        }
    }

    /// A run of characters that are not ASCII, up to the first that begins a spelled word.
    fn wide(&self, text: &str, start: usize, lot: &mut Lot, sink: &mut impl Sink) -> usize {
        let mut at = start;
        let mut before = before(text.as_bytes(), start);
        for c in text.get(start..).unwrap_or_default().chars() {
            let canonical = match self.canon.class(c) {
                _ if c.is_ascii() => return at,
                Class::Separator | Class::Invisible => None,
                Class::Digit | Class::Letter(_) => return self.careful(text, at, lot, sink),
                Class::Solo(canonical) => Some(canonical),
            };
            if let Some(canonical) = canonical {
                // Above every spelled word's bytes, so that it can't be mistaken for one.
                let spelled = 0xff << 56 | u64::from(canonical as u32);
                let hash = fold(self.start ^ spelled, self.multiplier);
                lot.push(Word { hash, letters: 1, solo: true, before }, sink);
            }
            at += c.len_utf8();
            before = 0x80;
        }
        at.max(start + 1)
    }

    /// A word that has something else in it than ASCII letters; gives where it ends.
    fn careful(&self, text: &str, start: usize, lot: &mut Lot, sink: &mut impl Sink) -> usize {
        let bytes = text.as_bytes();
        if is_uuid(bytes, start) {
            lot.push(self.mask(OPAQUE, bytes, start), sink);
            return start + UUID;
        }
        let mut word = Spelling::new(self);
        let mut at = start;
        for c in text.get(start..).unwrap_or_default().chars() {
            match self.canon.class(c) {
                Class::Letter(letter) => word.letter(letter),
                Class::Digit => word.digit(c),
                Class::Invisible => {}
                // 1,234.5 and 12:30 and 2024-05-06 are one number each.
                Class::Separator if word.joins(c) && next_is_digit(bytes, at) => {}
                Class::Separator | Class::Solo(_) => break,
            }
            at += c.len_utf8();
        }
        if word.is_opaque() {
            lot.push(self.mask(OPAQUE, bytes, start), sink);
        } else if word.is_address(bytes, at) {
            lot.push(self.mask(URL, bytes, start), sink);
            return end_of_token(bytes, at);
        } else {
            let (hash, letters) = word.finish();
            let before = before(bytes, start);
            lot.push(Word { hash, letters, solo: false, before }, sink);
        }
        at
    }

    /// A slash: the beginning of a path, or nothing.
    #[cold]
    fn slash(&self, bytes: &[u8], start: usize, lot: &mut Lot, sink: &mut impl Sink) -> usize {
        // Not `and/or`, not `</tag>`, not `// comment`.
        if before(bytes, start).is_ascii_alphanumeric()
            || matches!(before(bytes, start), b'<' | b'/')
        {
            return start + 1;
        }
        let end = end_of_token(bytes, start);
        let token = &bytes[start..end];
        let slashes = token.iter().filter(|byte| matches!(byte, b'/' | b'\\')).count();
        let named = token.get(1).is_some_and(u8::is_ascii_alphanumeric);
        if slashes < 2 || !named {
            return start + 1;
        }
        lot.push(self.mask(PATH, bytes, start), sink);
        end
    }

    fn mask(&self, mask: u64, bytes: &[u8], start: usize) -> Word {
        let hash = fold(self.start ^ mask, self.multiplier);
        Word { hash, letters: 1, solo: false, before: before(bytes, start) }
    }
}

/// A word as it is being spelled, character by character.
struct Spelling {
    hash: u64,
    multiplier: u64,
    chunk: u64,
    filled: u32,
    letters: u32,
    digits: u32,
    symbols: u32,
    in_number: bool,
    hexadecimal: bool,
}

impl Spelling {
    fn new(splitter: &Splitter) -> Spelling {
        Spelling {
            hash: splitter.start,
            multiplier: splitter.multiplier,
            chunk: 0,
            filled: 0,
            letters: 0,
            digits: 0,
            symbols: 0,
            in_number: false,
            hexadecimal: true,
        }
    }

    fn letter(&mut self, letter: char) {
        let mut bytes = [0; 4];
        let length = letter.encode_utf8(&mut bytes).len() as u32;
        if self.filled + length <= 8 {
            self.chunk |= u64::from(u32::from_le_bytes(bytes)) << (8 * self.filled);
            self.filled += length;
        } else {
            bytes[..length as usize].iter().for_each(|byte| self.push(*byte));
        }
        self.in_number = false;
        self.letters += 1;
        self.symbols += 1;
        self.hexadecimal &= letter.is_ascii_hexdigit();
    }

    fn digit(&mut self, digit: char) {
        if !self.in_number {
            self.push(b'0');
            self.symbols += 1;
        }
        self.in_number = true;
        self.digits += 1;
        self.hexadecimal &= digit.is_ascii_digit();
    }

    fn push(&mut self, byte: u8) {
        if self.filled == 8 {
            self.hash = fold(self.hash ^ self.chunk, self.multiplier);
            (self.chunk, self.filled) = (0, 0);
        }
        self.chunk |= u64::from(byte) << (8 * self.filled);
        self.filled += 1;
    }

    fn joins(&self, c: char) -> bool {
        self.in_number && self.letters == 0 && matches!(c, '.' | ',' | ':' | '-' | '/')
    }

    /// `scheme://…` or `www.…`, of which the first part has been spelled.
    fn is_address(&self, bytes: &[u8], at: usize) -> bool {
        let rest = bytes.get(at..).unwrap_or_default();
        let host = self.chunk == u64::from_le_bytes(*b"www\0\0\0\0\0");
        rest.starts_with(b"://") || host && rest.starts_with(b".")
    }

    /// Long mixtures of letters and digits are ids, hashes and keys.
    fn is_opaque(&self) -> bool {
        let length = self.letters + self.digits;
        let long = length >= 24 || self.hexadecimal && length >= 16;
        long && self.letters > 0 && self.digits > 0
    }

    fn finish(self) -> (u64, u32) {
        let hash =
            if self.filled > 0 { fold(self.hash ^ self.chunk, self.multiplier) } else { self.hash };
        (hash, self.symbols)
    }
}

/// Eight bytes from `at` on, zeros after the end.
#[inline(always)]
fn eight(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => last_eight(bytes, at),
    }
}

#[cold]
fn last_eight(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The ASCII letters that eight bytes begin with.
#[derive(Clone, Copy)]
struct Letters {
    /// In lower case, zeros after them.
    lower: u64,
    count: usize,
}

impl Letters {
    #[inline(always)]
    fn of(chunk: u64) -> Letters {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x80 * ONES;
        let lower = chunk | (0x20 * ONES);
        // Per byte, without carries between them: the high bit says "at least a" and "more than z".
        let seven = lower & !HIGH;
        let from_a = seven + (0x80 - b'a' as u64) * ONES;
        let past_z = seven + (0x80 - b'z' as u64 - 1) * ONES;
        let other = !(from_a & !past_z & !chunk) & HIGH;
        // All bits below the byte of the lowest bit that is set; all there are if none is.
        let mask = ((other & other.wrapping_neg()) >> 7).wrapping_sub(1);
        Letters { lower: lower & mask, count: (other.trailing_zeros() / 8) as usize }
    }
}

#[inline(always)]
fn before(bytes: &[u8], at: usize) -> u8 {
    at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(0)
}

fn next_is_digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// Where a path or address ends: at white space, a quotation mark, a bracket, or another script.
fn end_of_token(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || !byte.is_ascii()
            || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'(' | b')' | b'[' | b']')
            || matches!(byte, b'{' | b'}' | b'|' | b',' | b';')
    };
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().position(ends).unwrap_or(rest.len())
}

const UUID: usize = 36;

fn is_uuid(bytes: &[u8], start: usize) -> bool {
    let Some(token) = bytes.get(start..start + UUID) else { return false };
    token.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
