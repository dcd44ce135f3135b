//! Texts that must, and texts that must not, have the same words.

use super::*;

#[derive(Default)]
struct Hashes(Vec<u64>);

impl Sink for Hashes {
    fn words(&mut self, words: &[Word]) {
        self.0.extend(words.iter().map(|word| word.hash));
    }
}

fn words(text: &str) -> Vec<u64> {
    let mut hashes = Hashes::default();
    Splitter::new([0x1234_5678_9abc_def1, 0x9e37_79b9_7f4a_7c15]).split(text, &mut hashes);
    hashes.0
}

#[test]
fn these_are_the_same_words() {
    let table = [
        ("Hello, World!", "hello world"),
        ("  hello\n\tworld ", "hello world"),
        ("HELLO\u{200b}", "hel\u{2060}lo"),
        ("\u{feff}hello", "hello"),
        ("café", "cafe\u{301}"),
        ("CAFÉ", "cafe"),
        ("ｈｅｌｌｏ", "hello"),
        ("internationalisation!", "INTERNATIONALISATION"),
        ("abcdefgh", "ABCDEF\u{200d}GH"),
        ("abcdefghi", "abcdefgh\u{200b}i"),
        ("answer 42", "answer 1234567"),
        ("about 3.14 or 12:30", "about 7 or 1"),
        ("on 2024-05-06", "on 1999-12-31"),
        ("1,000,000 users", "5 users"),
        ("gpt4o", "gpt55o"),
        ("٣ и ＴＥＳＴ", "7 И test"),
        ("see https://example.org/a?b=c now", "see http://x.io now"),
        ("see www.example.org now", "see ftp://x.io/y now"),
        ("in /usr/lib/x.so now", "in /home/me/y now"),
        ("in ~/a/b now", "in /a/b now"),
        ("id 550e8400-e29b-41d4-a716-446655440000.", "id 12345678-e29b-41d4-a716-44665544abcd"),
        ("sha da39a3ee5e6b4b0d3255bfef95601890", "sha 0beec7b5ea3f0fdbc95d0dd47f3c5bc2"),
        ("用 Python 写", "用python写"),
        ("中文。", "中 文"),
        ("don’t", "don't"),
    ];
    for (left, right) in table {
        assert_eq!(words(left), words(right), "{left:?} {right:?}");
    }
}

#[test]
fn these_are_not() {
    let table = [
        ("hello world", "world hello"),
        ("helloworld", "hello world"),
        ("abcdefgh i", "abcdefghi"),
        ("and or", "and/or/xor"),
        ("", "a"),
        ("</div>", "/a/b"),
        ("чай", "час"),
        ("中文", "文中"),
        ("straße", "strase"),
    ];
    for (left, right) in table {
        assert_ne!(words(left), words(right), "{left:?} {right:?}");
    }
}

#[test]
fn counts_words() {
    let table = [
        ("", 0),
        ("...", 0),
        ("one two three", 3),
        ("it's", 2),
        ("and/or", 2),
        ("a </b> c", 3),
        ("snake_case", 2),
        ("// comment here", 2),
        ("中文字", 3),
        ("한국어 문장", 5),
        ("x=3.5;", 2),
        ("C:\\Users\\me\\x", 2),
        ("5.", 1),
    ];
    for (text, count) in table {
        assert_eq!(words(text).len(), count, "{text:?}");
    }
}

#[test]
fn eight_at_a_time_is_one_at_a_time() {
    for text in ["", "a", "abcdefg", "abcdefgh", "ABCDEFGHIJ", "zZaA@[`{", "abc\u{e9}", "ab cd"] {
        let expected = text.bytes().take(8).take_while(u8::is_ascii_alphabetic).count();
        assert_eq!(Letters::of(eight(text.as_bytes(), 0)).count, expected, "{text:?}");
    }
}
