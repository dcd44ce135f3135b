//! Mends `\uD83D` without its other half, which is no character.

use std::ops::Range;

/// The text with every half of a surrogate pair replaced by U+FFFD; none if there is no such half.
pub(super) fn mend(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut mended = String::new();
    // Up to `kept` the text is in `mended`; up to `at` it was looked at.
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = bytes.get(at..).and_then(escape) {
        let start = at + found;
        at = match surrogate(bytes, start) {
            // Not an escaped surrogate: pass the backslash and what it escapes.
            None => start + 2,
            Some(unit) if HIGH.contains(&unit) && pairs(bytes, start + 6) => start + 12,
            Some(_) => {
                mended.push_str(&text[kept..start]);
                // As long as what it replaces, so that positions in messages stay true.
                mended.push_str("\\ufffd");
                kept = start + 6;
                kept
            }
        };
    }
    (kept > 0).then(|| mended + &text[kept..])
}

const HIGH: Range<u16> = 0xd800..0xdc00;
const LOW: Range<u16> = 0xdc00..0xe000;

fn escape(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\\')
}

fn pairs(bytes: &[u8], start: usize) -> bool {
    surrogate(bytes, start).is_some_and(|unit| LOW.contains(&unit))
}

/// The surrogate that is escaped at `start`.
fn surrogate(bytes: &[u8], start: usize) -> Option<u16> {
    let digits = bytes.get(start..start + 6)?.strip_prefix(b"\\u")?;
    let unit = digits.iter().try_fold(0_u16, |unit, &byte| {
        let digit = u16::try_from(char::from(byte).to_digit(16)?).ok()?;
        Some(unit << 4 | digit)
    })?;
    (HIGH.start..LOW.end).contains(&unit).then_some(unit)
}
