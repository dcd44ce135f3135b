//! Canonical characters: what is left of a character when case, width, accents and invisible marks
//! do not matter.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a character is to the tokeniser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Ends a word.
    Separator,
    /// Is as if it were not there.
    Invisible,
    /// A digit of any script.
    Digit,
    /// Part of a word, in canonical form.
    Letter(char),
    /// A word of its own, since spaces do not separate words in its script.
    Solo(char),
}

/// The classes of the basic plane, computed once: looking one up is what Cyrillic text costs.
static TABLE: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let code = |point: u32| char::from_u32(point).map_or(SEPARATOR, |c| pack(compute(c)));
    (0..PLANE).map(code).collect()
});

/// Characters in the basic plane.
const PLANE: u32 = 0x1_0000;
const SEPARATOR: u16 = 0;
const INVISIBLE: u16 = 1;
const DIGIT: u16 = 2;

/// Looks characters up.
#[derive(Clone, Copy, Debug)]
pub struct Canon(&'static [u16]);

impl Canon {
    /// The one table.
    pub fn get() -> Canon {
        Canon(&TABLE)
    }

    /// The class of a character.
    #[inline]
    pub fn class(self, c: char) -> Class {
        // Most ideographs and all Hangul are their own canonical form.
        if matches!(c as u32, 0x4e00..=0x9fff | 0xac00..=0xd7a3) {
            return Class::Solo(c);
        }
        match self.0.get(c as usize) {
            Some(&code) => unpack(code),
            None => compute(c),
        }
    }
}

fn pack(class: Class) -> u16 {
    match class {
        Class::Separator => SEPARATOR,
        Class::Invisible => INVISIBLE,
        Class::Digit => DIGIT,
        // Canonical forms of the basic plane stay in it.
        Class::Letter(c) | Class::Solo(c) => u16::try_from(c as u32).unwrap_or(SEPARATOR),
    }
}

#[inline]
fn unpack(code: u16) -> Class {
    match code {
        SEPARATOR => Class::Separator,
        INVISIBLE => Class::Invisible,
        DIGIT => Class::Digit,
        code => match char::from_u32(u32::from(code)) {
            Some(c) if is_solo(c) => Class::Solo(c),
            Some(c) => Class::Letter(c),
            None => Class::Separator,
        },
    }
}

fn compute(c: char) -> Class {
    if is_invisible(c) {
        return Class::Invisible;
    }
    let base = base(c);
    if base.is_numeric() && !base.is_alphabetic() {
        Class::Digit
    } else if !base.is_alphabetic() {
        // Vowel signs are alphabetic; what is left are accents and tone marks.
        if is_combining_mark(c) { Class::Invisible } else { Class::Separator }
    } else if is_solo(base) {
        Class::Solo(base)
    } else {
        Class::Letter(base)
    }
}

/// The lower-case letter under its accents and width, if there is exactly one.
fn base(c: char) -> char {
    let mut plain = std::iter::once(c).nfkd().filter(|part| !is_combining_mark(*part));
    let single = match (plain.next(), plain.next()) {
        (Some(single), None) if (single as u32) < PLANE || (c as u32) >= PLANE => single,
        _ => c,
    };
    single.to_lowercase().find(|part| !is_combining_mark(*part)).unwrap_or(single)
}

/// Characters that show nothing and can be strewn into words.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Thai, Lao, Burmese, Khmer, kana and ideographs: scripts without spaces. And Hangul, whose spaces
/// stand behind particles, so that a word looks different in every sentence.
#[inline]
fn is_solo(c: char) -> bool {
    matches!(c as u32,
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3005..=0x3007
        | 0x3041..=0x30ff | 0x3400..=0x9fff | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_their_class() {
        let canon = Canon::get();
        let table = [
            ('A', Class::Letter('a')),
            ('z', Class::Letter('z')),
            ('É', Class::Letter('e')),
            ('ß', Class::Letter('ß')),
            ('Ａ', Class::Letter('a')),
            ('𝐀', Class::Letter('a')),
            ('Я', Class::Letter('я')),
            ('й', Class::Letter('и')),
            ('İ', Class::Letter('i')),
            ('한', Class::Solo('한')),
            ('ि', Class::Letter('ि')),
            ('7', Class::Digit),
            ('７', Class::Digit),
            ('٣', Class::Digit),
            ('²', Class::Digit),
            ('中', Class::Solo('中')),
            ('カ', Class::Solo('カ')),
            ('ｶ', Class::Solo('カ')),
            ('ก', Class::Solo('ก')),
            ('𠀀', Class::Solo('𠀀')),
            ('\u{200b}', Class::Invisible),
            ('\u{301}', Class::Invisible),
            ('्', Class::Invisible),
            (' ', Class::Separator),
            ('’', Class::Separator),
            ('。', Class::Separator),
            ('😀', Class::Separator),
        ];
        for (c, class) in table {
            assert_eq!(canon.class(c), class, "{c:?}");
        }
    }

    #[test]
    fn the_table_says_what_the_rules_say() {
        let canon = Canon::get();
        for c in (0..=0x1_ffff).filter_map(char::from_u32) {
            assert_eq!(canon.class(c), compute(c), "{c:?}");
        }
    }
}
