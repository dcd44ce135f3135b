//! How the sketches and cues do on recorded texts, where those are at hand.
//!
//! The directory is `IOLAUS_DATA`, or `../shared/data` beside the repository. The figures are
//! printed; the thresholds have room, so that they fail on a mistake and not on a new phrase.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use event::enriched::{CAPABILITIES, Capabilities};
use event::id::Digest;
use serde_json::Value;

use super::*;
use crate::tests::enricher;

/// The text of a recorded file, or nothing, with a line that says so.
#[allow(clippy::disallowed_methods, reason = "tests may look for their data")]
fn read(name: &str) -> Option<String> {
    let root = std::env::var("IOLAUS_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    let Ok(bytes) = std::fs::read(root.join(name)) else {
        println!("skipped: no recorded data {name}");
        return None;
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).ok()?;
    Some(text)
}

/// One field of each line.
fn column(name: &str, field: &str) -> Option<Vec<String>> {
    let text = read(name)?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Some(lines.filter_map(|line| Some(line.get(field)?.as_str()?.to_owned())).collect())
}

fn shares(left: &[Digest], right: &[Digest]) -> bool {
    left.iter().any(|fingerprint| right.contains(fingerprint))
}

#[test]
fn recorded_templates_are_recognised() {
    let Some(text) = read("t0_template_chains/prompts_dev.jsonl.gz") else { return };
    let enricher = enricher();
    let mut chains: BTreeMap<String, (String, Vec<Vec<Digest>>)> = BTreeMap::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let field = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let sketch = enricher.sketch_block("", &field("text"));
        let chain = chains.entry(field("template")).or_default();
        chain.0 = field("family");
        chain.1.push(sketch.fingerprints);
    }
    let (mut pairs, mut shared, mut linked, mut prompts) = (0, 0, 0, 0);
    for (_, chain) in chains.values() {
        for (index, sketch) in chain.iter().enumerate() {
            let next = &chain[(index + 1) % chain.len()];
            (pairs, shared) = (pairs + 1, shared + usize::from(shares(sketch, next)));
            let others = chain.iter().enumerate().filter(|(other, _)| *other != index);
            let sharing = others.filter(|(_, other)| shares(sketch, other)).count();
            (prompts, linked) = (prompts + 1, linked + usize::from(sharing >= 4));
        }
    }
    let all: Vec<_> = chains.values().collect();
    let (mut strange, mut meeting) = (0, 0);
    for (index, left) in all.iter().enumerate() {
        for right in all[index + 1..].iter().filter(|right| right.0 != left.0) {
            strange += 1;
            meeting += usize::from(shares(&left.1[0], &right.1[0]));
        }
    }
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    println!("t0: {} templates, {prompts} prompts", chains.len());
    println!("  neighbours in a template sharing a fingerprint: {:.1} %", percent(shared, pairs));
    println!("  prompts sharing one with 4 others of it: {:.1} %", percent(linked, prompts));
    println!("  pairs of different families sharing one: {:.3} %", percent(meeting, strange));
    assert!(percent(linked, prompts) > 75.0 && percent(meeting, strange) < 0.5);
}

/// Share of texts that have some fingerprint in common with at least four others.
fn crowded(enricher: &Enricher, texts: &[String]) -> f64 {
    let sketches: Vec<BlockSketch> =
        texts.iter().map(|text| enricher.sketch_block("", text)).collect();
    let mut counts: BTreeMap<Digest, u32> = BTreeMap::new();
    for fingerprint in sketches.iter().flat_map(|sketch| &sketch.fingerprints) {
        *counts.entry(*fingerprint).or_default() += 1;
    }
    let hot = |sketch: &&BlockSketch| sketch.fingerprints.iter().any(|f| counts[f] >= 5);
    100.0 * sketches.iter().filter(hot).count() as f64 / texts.len().max(1) as f64
}

#[test]
fn recorded_people_hardly_ever_share_fingerprints() {
    let enricher = enricher();
    let clinc = read("clinc150/utterances.csv.gz").map(|text| {
        text.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.1.into())).collect()
    });
    let hh = column_of_turns("hh_rlhf_harmless_test/dialogues.jsonl.gz");
    let corpora = [
        ("oasst1", column("oasst1_en/train_texts.jsonl.gz", "text"), 6.0),
        ("hh-rlhf first turns", hh, 12.0),
        ("clinc150", clinc, 12.0),
        ("arena-hard", column("arena_hard/prompts.jsonl.gz", "text"), 4.0),
    ];
    for (name, texts, bound) in corpora {
        let Some(texts) = texts else { continue };
        // The more people there are, the more of them say the same: two thousand for comparison.
        let step = texts.len().div_ceil(2_000);
        let some: Vec<String> = texts.iter().step_by(step).cloned().collect();
        let (few, all) = (crowded(&enricher, &some), crowded(&enricher, &texts));
        println!("{name}, texts sharing a fingerprint with 4 others:");
        println!("  {few:.2} % of {}, {all:.2} % of all {}", some.len(), texts.len());
        assert!(few < bound, "{name}");
    }
}

fn column_of_turns(name: &str) -> Option<Vec<String>> {
    let text = read(name)?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Some(lines.filter_map(|line| Some(line["turns"][0]["value"].as_str()?.to_owned())).collect())
}

#[test]
fn recorded_people_hardly_ever_seem_to_harvest() {
    let enricher = enricher();
    let corpora = [
        ("oasst1", column("oasst1_en/train_texts.jsonl.gz", "text")),
        ("arena-hard", column("arena_hard/prompts.jsonl.gz", "text")),
        ("gsm8k", column("gsm8k/train.jsonl.gz", "question")),
        ("hh-rlhf", column_of_turns("hh_rlhf_harmless_test/dialogues.jsonl.gz")),
        ("alpaca", column("alpaca/alpaca_en_dev.jsonl.gz", "instruction")),
    ];
    for (name, texts) in corpora {
        let Some(texts) = texts else { continue };
        let mut counts = [0_usize; CAPABILITIES.len()];
        let mut harvest = 0;
        for text in &texts {
            let found = enricher.capabilities(text);
            harvest += usize::from(found.any(Capabilities::HARVEST));
            for (bit, count) in counts.iter_mut().enumerate() {
                *count += usize::from(found.0 >> bit & 1 == 1);
            }
            if found.any(Capabilities::HARVEST) {
                let names = (0..5).filter(|bit| found.0 >> bit & 1 == 1);
                let names: Vec<_> = names.map(|bit| CAPABILITIES[bit]).collect();
                println!("  {names:?} {:.150?}", text);
            }
        }
        let share = 100.0 * harvest as f64 / texts.len().max(1) as f64;
        println!("{name}: {harvest} of {} ({share:.3} %) seem to harvest", texts.len());
        println!("  {:?}", CAPABILITIES.iter().zip(counts).collect::<Vec<_>>());
        assert!(share < 0.5, "{name}");
    }
}
