//! Other languages: every word becomes one of another tongue, the same word always the same.
//!
//! These are no real languages: their words are syllables of ours in the scripts of real ones, so that
//! whatever reads texts meets other alphabets, other lengths of words, and text without blanks.

use super::random::{key, mix};

/// A language: its syllables, and whether it puts blanks between words.
struct Tongue {
    syllables: &'static [&'static str],
    blanks: bool,
}

const TONGUES: [Tongue; 12] = [
    Tongue {
        syllables: &["ka", "ri", "mo", "sen", "ta", "lu", "des", "por", "ga", "nte"],
        blanks: true,
    },
    Tongue {
        syllables: &["eu", "ment", "la", "ré", "ton", "vi", "qu", "elle", "son", "ou"],
        blanks: true,
    },
    Tongue {
        syllables: &["ung", "ver", "ge", "lich", "ste", "hau", "kein", "ß", "än", "dor"],
        blanks: true,
    },
    Tongue {
        syllables: &["ção", "vel", "ro", "im", "nha", "do", "pas", "tem", "lo", "ir"],
        blanks: true,
    },
    Tongue {
        syllables: &["ski", "wać", "nie", "rze", "pol", "dzi", "ów", "sta", "kra", "ło"],
        blanks: true,
    },
    Tongue {
        syllables: &["lar", "mak", "bir", "gü", "söy", "den", "kal", "iş", "ya", "ol"],
        blanks: true,
    },
    Tongue {
        syllables: &["на", "ро", "сте", "вет", "ко", "лю", "зна", "пре", "ть", "ми"],
        blanks: true,
    },
    Tongue {
        syllables: &["मा", "कर", "ती", "सं", "या", "पु", "दे", "वि", "रा", "को"], blanks: true
    },
    Tongue {
        syllables: &["بي", "كا", "لم", "را", "تي", "سو", "من", "دا", "عل", "نو"],
        blanks: true,
    },
    Tongue {
        syllables: &["の", "か", "た", "し", "み", "り", "そ", "め", "ひ", "と"],
        blanks: false,
    },
    Tongue {
        syllables: &["明", "学", "火", "力", "生", "木", "中", "山", "工", "水"],
        blanks: false,
    },
    Tongue {
        syllables: &["가", "나", "도", "리", "모", "서", "은", "지", "하", "를"],
        blanks: true,
    },
];

/// A text in the language of a key. Numbers, marks and what stands in brackets stay.
#[must_use]
pub fn spoken(text: &str, language: u64) -> String {
    let number = language % TONGUES.len() as u64;
    let tongue = &TONGUES[number as usize];
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '<'
            && let Some(end) = rest.find('>')
        {
            out.push_str(&rest[..=end]);
            rest = &rest[end + 1..];
        } else if first.is_ascii_alphabetic() {
            let end = rest.bytes().position(|byte| !byte.is_ascii_alphabetic());
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            say(word, number, tongue, &mut out);
            rest = after;
        } else {
            if first != ' ' || tongue.blanks {
                out.push(first);
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn say(word: &str, number: u64, tongue: &Tongue, out: &mut String) {
    let start = key(&[number, word.len() as u64]);
    let mut draw =
        word.bytes().fold(start, |sum, byte| mix(sum ^ u64::from(byte.to_ascii_lowercase())));
    for _ in 0..word.len().div_ceil(3) + usize::from(word.len() < 4) {
        out.push_str(tongue.syllables[(draw % tongue.syllables.len() as u64) as usize]);
        draw = mix(draw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_word_is_always_the_same() {
        let text = spoken("red house, Red <trace> 42", 6);
        let words: Vec<&str> = text.split([' ', ',']).collect();
        assert_eq!(words[0], words[3]);
        assert!(text.contains("<trace>") && text.ends_with("42"), "{text}");
        assert!(!spoken("no blanks here", 9).contains(' '));
    }
}
