//! Laws that hold for every text, tried on generated ones.

use event::contract::{Body, Request};
use proptest::prelude::*;

use super::*;
use crate::tests::{enricher, event, turn};

/// Words as a deterministic source makes them; no two calls with different seeds have any five in
/// a row in common, except by chance.
fn prose(seed: u64, words: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    for _ in 0..words {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let mut rest = (state >> 40) % 20_000;
        for _ in 0..3 {
            text.push(char::from(b"bcdfghklmnprstvw"[(rest % 16) as usize]));
            text.push(char::from(b"aeiou"[(rest / 16 % 5) as usize]));
            rest /= 27;
        }
        text.push(' ');
    }
    text
}

fn shares(left: &BlockSketch, right: &BlockSketch) -> bool {
    left.fingerprints.iter().any(|fingerprint| right.fingerprints.contains(fingerprint))
}

#[test]
fn fillings_of_a_template_share_and_strangers_do_not() {
    let enricher = enricher();
    let mut strangers = 0;
    for size in [10, 60, 250, 800] {
        let mut shared = 0;
        for seed in 0..250 {
            let fill = |slot: u64| {
                let (before, after) = (prose(seed, 25), prose(seed + 70_000, 20));
                let text = format!("{before}: {}\n{after}", prose(1_000 * slot + seed, size));
                enricher.sketch_block("", &text)
            };
            shared += usize::from(shares(&fill(1_001), &fill(1_002)));
            let other = enricher.sketch_block("", &prose(seed + 5_000_000, size + 45));
            strangers += usize::from(shares(&fill(1_001), &other));
        }
        println!("slot of {size} words: {shared} of 250 pairs share a fingerprint");
        assert!(shared >= 248, "{size}: {shared}");
    }
    assert_eq!(strangers, 0);
}

#[test]
fn a_template_in_the_middle_of_long_text_is_seen_as_well() {
    let enricher = enricher();
    let mut shared = 0;
    for seed in 0..200 {
        let fill = |slot: u64| {
            let (before, after) = (prose(slot + seed, 150), prose(slot + seed + 500, 150));
            enricher.sketch_block("", &format!("{before}{}{after}", prose(seed, 80)))
        };
        shared += usize::from(shares(&fill(100_000), &fill(200_000)));
    }
    println!("80 words in the middle of 300: {shared} of 200 pairs share a fingerprint");
    assert!(shared >= 120, "{shared}");
}

proptest! {
    #[test]
    fn the_cache_changes_nothing(texts in prop::collection::vec(".{0,600}", 1..6), room in 0..3000_usize) {
        let enricher = enricher();
        let mut recent = Recent::new(room);
        for text in texts.iter().chain(&texts) {
            let request = Request {
                system: Some(text.as_str().into()),
                turns: vec![turn("user", text), turn("user", &texts[0])],
                tools: vec![text.as_str().into(), texts[0].as_str().into()],
                ..Request::default()
            };
            let event = event("t", Body::Request(Box::new(request)));
            let with = enricher.enrich(&event, &mut recent);
            prop_assert_eq!(with, enricher.enrich(&event, &mut Recent::new(0)));
        }
    }

    #[test]
    fn no_text_upsets_the_tokeniser(text in "\\PC{0,300}|[ -~]{0,300}|[\u{0}-\u{10ffff}]{0,200}|[a/:.w0-9\\-]{0,200}") {
        let sketch = enricher().sketch_block("", &text);
        prop_assert!(sketch.fingerprints.len() <= 32);
        prop_assert!(sketch.fingerprints.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(sketch.words as usize <= text.len());
    }

    #[test]
    fn dress_does_not_count(seed in 0..10_000_u64, words in 1..120_usize, every in 1..9_usize) {
        let plain = prose(seed, words);
        let loud = plain.to_uppercase();
        let spaced = plain.replace(' ', " \n\t—");
        let mut strewn = String::new();
        for (index, c) in plain.chars().enumerate() {
            strewn.push(c);
            if index % every == 0 {
                strewn.push(['\u{200b}', '\u{2060}', '\u{feff}', '\u{200d}', '\u{301}'][index % 5]);
            }
        }
        let enricher = enricher();
        let expected = enricher.sketch_block("", &plain);
        for dressed in [loud, spaced, strewn] {
            prop_assert_eq!(&enricher.sketch_block("", &dressed), &expected);
        }
    }

    #[test]
    fn the_value_of_a_number_does_not_count(numbers in prop::collection::vec(0..u64::MAX, 8)) {
        let text = |numbers: &[u64]| {
            let each: Vec<String> =
                numbers.iter().map(|number| format!("case {number} of the long series")).collect();
            each.join(" and then ")
        };
        let enricher = enricher();
        prop_assert_eq!(enricher.sketch_block("", &text(&numbers)), enricher.sketch_block("", &text(&[7; 8])));
    }

    #[test]
    fn sketches_come_back(texts in prop::collection::vec("[a-z ]{0,900}", 3)) {
        let enricher = enricher();
        let fact = |request| {
            let event = event("", Body::Request(Box::new(request)));
            match enricher.enrich(&event, &mut Recent::default()).map(|enriched| enriched.fact) {
                Some(Fact::Request(fact)) => *fact,
                _ => RequestFact::default(),
            }
        };
        let content = Request {
            system: Some(texts[0].as_str().into()),
            turns: vec![turn("user", &texts[1]), turn("user", &texts[2])],
            ..Request::default()
        };
        let full = fact(content);
        let text = enricher.encode_sketch(&full);
        let sent = fact(Request { sketch: Some(text.as_str().into()), ..Request::default() });
        prop_assert_eq!(RequestFact { turns: 0, ..full }, sent);
    }

    #[test]
    fn noise_is_no_sketch(text in "(iol1\\.)?[A-Za-z0-9_-]{0,200}") {
        let mut recent = Recent::default();
        let request = Request { sketch: Some(text.as_str().into()), ..Request::default() };
        let event = event("", Body::Request(Box::new(request)));
        prop_assert!(enricher().enrich(&event, &mut recent).is_some());
        prop_assert_eq!(recent.notes.sketches_refused, 1);
    }
}
