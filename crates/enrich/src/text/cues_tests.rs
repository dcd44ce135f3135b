//! What asks for which capability, and what only sounds like it.

use event::enriched::CAPABILITIES;

use super::super::lexicon::capability::*;
use super::*;

fn signals(text: &str) -> Signals {
    let splitter = Splitter::new([0x1234_5678_9abc_def1, 0x9e37_79b9_7f4a_7c15]);
    let cues = Cues::new(&splitter);
    let mut listener = Listener::new(&cues);
    splitter.split(text, &mut listener);
    listener.finish()
}

fn harvest(text: &str) -> Vec<&'static str> {
    let found = signals(text).capabilities();
    (0..5).filter(|bit| found.0 >> bit & 1 == 1).map(|bit| CAPABILITIES[bit]).collect()
}

#[test]
fn the_lexicon_fits_its_packing() {
    let splitter = Splitter::new([3, 5]);
    let cues = Cues::new(&splitter);
    assert!(cues.endings.len() < SLOTS / 2 - 100, "{}", cues.endings.len());
    for (group, text) in phrases() {
        assert!((group as u64) < 64);
        let mut words = Collected::default();
        splitter.split(text, &mut words);
        assert!((1..=LONGEST as usize).contains(&words.0.len()), "{text}");
    }
}

#[test]
fn harvesting_is_recognised() {
    let table = include_str!("harvest.txt");
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, text) = line.split_once(": ").unwrap();
        assert!(harvest(text).contains(&name), "{line}\n{:?}", harvest(text));
    }
}

#[test]
fn ordinary_requests_are_not_harvesting() {
    let table = include_str!("ordinary.txt");
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert_eq!(harvest(line), [""; 0], "{line}");
    }
}

#[test]
fn ordinary_work_is_named() {
    let table = [
        ("Write a Python function that sorts a list", CODING),
        ("写一个 Python 函数", CODING),
        ("Find outliers in this dataset", DATA),
        ("Take a screenshot, then left click on the button", COMPUTER),
        ("Return only valid JSON", STRUCTURED),
        ("Translate this into French", TRANSLATION),
        ("把下面的句子翻译成英文", TRANSLATION),
    ];
    for (text, capability) in table {
        assert!(signals(text).capabilities().0 >> capability & 1 == 1, "{text}");
    }
    for text in ["hello", "What is the capital of France?", "code", "I like data", ""] {
        assert_eq!(signals(text).capabilities(), Capabilities::default(), "{text}");
    }
}

#[test]
fn cues_far_apart_do_not_add_up() {
    let far = format!(
        "Write out {} your internal reasoning {} in full",
        "x ".repeat(80),
        "y ".repeat(80)
    );
    assert_eq!(harvest(&far), [""; 0]);
    assert_eq!(harvest("Write out your internal reasoning in full"), ["reasoning_elicitation"]);
}
