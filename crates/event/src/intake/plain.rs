//! JSON as machines write it, read quickly: one line, no control characters, whole numbers of up to
//! 18 digits, no halves of surrogate pairs. Whatever is otherwise, right or wrong, is [`Unusual`] and
//! left to `serde_json`, which also finds the words for what is wrong; so this reader needs none.
//!
//! What it reads it reads as `serde_json` does: a law in `laws.rs` compares the two.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

/// Not for this reader.
#[derive(Debug)]
pub(super) struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("not for the quick reader")
    }
}

impl std::error::Error for Unusual {}

impl Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Unusual {
        Unusual
    }
}

/// Levels of objects and lists that are read: more than any field of ours has.
const DEEPEST: u32 = 100;

/// A line that is being read.
pub(super) struct Plain<'de> {
    text: &'de str,
    at: usize,
    depth: u32,
}

impl<'de> Plain<'de> {
    /// A reader of `text`, if it has no control character: with none inside strings, and no line
    /// breaks outside, there is less to look out for.
    pub(super) fn new(text: &'de str) -> Option<Plain<'de>> {
        // Without an early end the processor compares many bytes at once.
        let any = text.bytes().fold(false, |any, byte| any | (byte < b' '));
        (!any).then_some(Plain { text, at: 0, depth: 0 })
    }

    /// Nothing but spaces may be left.
    pub(super) fn end(&mut self) -> Result<(), Unusual> {
        if self.next().is_none() { Ok(()) } else { Err(Unusual) }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no space, not taken yet.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
        self.byte()
    }

    #[inline]
    fn take(&mut self, expected: u8) -> Result<(), Unusual> {
        if self.next() != Some(expected) {
            return Err(Unusual);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Unusual> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Unusual);
        }
        self.at += word.len();
        Ok(())
    }

    fn slice(&self, start: usize, end: usize) -> Result<&'de str, Unusual> {
        self.text.get(start..end).ok_or(Unusual)
    }

    /// A string, of which the opening quote was seen.
    #[inline]
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        let start = self.at + 1;
        let end = start + special(self.text.as_bytes().get(start..).unwrap_or_default());
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return visitor.visit_borrowed_str(self.slice(start, end)?);
        }
        let text = self.escaped(start, end)?;
        visitor.visit_string(text)
    }

    /// A string that begins at `start` and has its first escape at `escape`.
    fn escaped(&mut self, start: usize, mut escape: usize) -> Result<String, Unusual> {
        let end = closing_quote(self.text.as_bytes(), escape)?;
        let bytes = self.text.as_bytes().get(..end).ok_or(Unusual)?;
        let mut text = String::with_capacity(end - start);
        let mut from = start;
        while escape < end {
            text.push_str(self.slice(from, escape)?);
            let (char, length) = unescape(bytes, escape + 1)?;
            text.push(char);
            from = escape + 1 + length;
            let rest = bytes.get(from..).ok_or(Unusual)?;
            escape = memchr::memchr(b'\\', rest).map_or(end, |at| from + at);
        }
        text.push_str(self.slice(from, end)?);
        self.at = end + 1;
        Ok(text)
    }

    /// A number, of which the first character was seen.
    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        let start = self.at;
        let negative = self.byte() == Some(b'-');
        self.at += usize::from(negative);
        let (whole, digits) = self.digits();
        let zero_first = self.text.as_bytes().get(self.at - digits) == Some(&b'0');
        if digits == 0 || digits > 18 || zero_first && digits > 1 {
            return Err(Unusual);
        }
        match self.byte() {
            Some(b'.') => {
                self.at += 1;
                let (_, fraction) = self.digits();
                if fraction == 0 || fraction > 18 || matches!(self.byte(), Some(b'e' | b'E')) {
                    return Err(Unusual);
                }
                let number = self.slice(start, self.at)?.parse().map_err(|_| Unusual)?;
                visitor.visit_f64(number)
            }
            Some(b'e' | b'E') => Err(Unusual),
            // Minus zero is no whole number.
            _ if negative && whole == 0 => Err(Unusual),
            _ if negative => visitor.visit_i64(-(whole as i64)),
            _ => visitor.visit_u64(whole),
        }
    }

    /// Digits as far as they go: their value, unless there are too many, and how many.
    fn digits(&mut self) -> (u64, usize) {
        let (start, mut value) = (self.at, 0_u64);
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        (value, self.at - start)
    }

    /// A list or an object, of which the opening bracket was seen.
    fn nested<T>(
        &mut self,
        end: u8,
        read: impl FnOnce(&mut Self) -> Result<T, Unusual>,
    ) -> Result<T, Unusual> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Unusual);
        }
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        self.take(end)?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Plain<'de> {
    type Error = Unusual;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.next() {
            Some(b'"') => self.string(visitor),
            Some(b'-' | b'0'..=b'9') => self.number(visitor),
            Some(b'{') => self.nested(b'}', |from| visitor.visit_map(Inside { from, first: true })),
            Some(b'[') => self.nested(b']', |from| visitor.visit_seq(Inside { from, first: true })),
            Some(b't') => self.word("true").and_then(|()| visitor.visit_bool(true)),
            Some(b'f') => self.word("false").and_then(|()| visitor.visit_bool(false)),
            Some(b'n') => self.word("null").and_then(|()| visitor.visit_unit()),
            _ => Err(Unusual),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        if self.next() == Some(b'"') { self.string(visitor) } else { Err(Unusual) }
    }

    /// An object as the bytes of its JSON text, anything else as what it is.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        if self.next() != Some(b'{') {
            return self.deserialize_any(visitor);
        }
        let start = self.at;
        IgnoredAny::deserialize(&mut *self)?;
        visitor.visit_borrowed_bytes(self.slice(start, self.at)?.as_bytes())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Inside a list or an object.
struct Inside<'r, 'de> {
    from: &'r mut Plain<'de>,
    first: bool,
}

impl Inside<'_, '_> {
    /// Whether another entry comes; takes the comma before it.
    #[inline]
    fn more(&mut self, end: u8) -> Result<bool, Unusual> {
        match self.from.next() {
            Some(byte) if byte == end => return Ok(false),
            Some(b',') if !self.first => self.from.at += 1,
            Some(_) if self.first => {}
            _ => return Err(Unusual),
        }
        self.first = false;
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Inside<'_, 'de> {
    type Error = Unusual;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unusual> {
        if self.more(b']')? { seed.deserialize(&mut *self.from).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Inside<'_, 'de> {
    type Error = Unusual;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unusual> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        if self.from.next() != Some(b'"') {
            return Err(Unusual);
        }
        seed.deserialize(&mut *self.from).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unusual> {
        self.from.take(b':')?;
        seed.deserialize(&mut *self.from)
    }
}

/// Where the first quote or backslash is; the length if there is none. Short strings are looked
/// through eight bytes at a time, the rest of long ones by `memchr`.
#[inline]
fn special(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The high bit of each zero byte; of bytes above the lowest zero it may be wrong.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    for at in [0, 8, 16, 24] {
        let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) else { break };
        let word = u64::from_le_bytes(*chunk);
        let found = zeros(word ^ (ONES * b'"' as u64)) | zeros(word ^ (ONES * b'\\' as u64));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
    }
    memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len())
}

/// The quote that ends the string in which a backslash stands at `escape`, the first: the next one
/// that has an even number of backslashes before it.
fn closing_quote(bytes: &[u8], escape: usize) -> Result<usize, Unusual> {
    let inside = bytes.get(escape..).unwrap_or_default();
    let ends = |quote: &usize| {
        let before = inside[..*quote].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 0
    };
    let quote = memchr::memchr_iter(b'"', inside).find(ends);
    quote.map(|at| escape + at).ok_or(Unusual)
}

/// The character that is escaped by what stands at `at`, and how long that is.
fn unescape(bytes: &[u8], at: usize) -> Result<(char, usize), Unusual> {
    let char = match bytes.get(at) {
        Some(b'n') => '\n',
        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => {
            let digits = bytes.get(at + 1..at + 5).ok_or(Unusual)?;
            let unit = digits.iter().try_fold(0, |unit, byte| {
                char::from(*byte).to_digit(16).map(|digit| unit << 4 | digit)
            });
            // Halves of pairs are no characters.
            return Ok((unit.and_then(char::from_u32).ok_or(Unusual)?, 5));
        }
        _ => return Err(Unusual),
    };
    Ok((char, 1))
}
