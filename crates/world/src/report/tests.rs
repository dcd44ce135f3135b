//! The report is whole, escaped, and needs no network.

use crate::evaluate::{Evaluation, evaluate};

/// An evaluation of a small world in which one account of two was found.
fn sample() -> Evaluation {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let truth = folder.join("truth.jsonl");
    let lines = [
        r#"{"account_id":"a1","campaign":"<S1>","role":"harvest","segment":"pool"}"#,
        r#"{"account_id":"a2","campaign":"<S1>","role":"harvest","segment":"pool"}"#,
        r#"{"account_id":"b1","campaign":null,"role":"benign","segment":"people & co"}"#,
    ];
    std::fs::write(&truth, lines.join("\n")).expect("a file");
    let acts = r#"{"event_time":"2026-03-02T01:00:00Z","unit":"account","account_id":"a1","action":"safeguard","nats":12.5}"#;
    std::fs::write(folder.join("decisions.jsonl"), acts).expect("a file");
    let request = |id: &str, hour: u32, account: &str| {
        format!(
            "{{\"type\":\"request\",\"event_id\":\"{id}\",\"event_time\":\
             \"2026-03-02T{hour:02}:30:00Z\",\"account_id\":\"{account}\",\"model\":\"m\"}}"
        )
    };
    let stream = [
        request("1", 0, "a1"),
        request("2", 2, "a1"),
        request("3", 3, "a2"),
        request("4", 3, "b1"),
    ];
    let input = folder.join("events.jsonl");
    std::fs::write(&input, stream.join("\n")).expect("a file");
    evaluate(&truth, folder, &[input]).expect("a good world")
}

#[test]
fn the_page_says_what_the_evaluation_says_and_asks_nobody() {
    let evaluation = sample();
    let page = super::html("A run", &evaluation, &[]);
    for words in ["1 of 2", "&lt;S1&gt;", "people &amp; co", "in no cluster", "<svg", "no data"] {
        assert!(page.contains(words), "{words} is not in the page");
    }
    for reach in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!page.contains(reach), "the page reaches out with {reach}");
    }
    assert_eq!(page.matches("<table>").count(), page.matches("</table>").count());
}

#[test]
fn two_runs_stand_side_by_side() {
    let (a, mut b) = (sample(), sample());
    b.campaigns[0].name = "S2".to_owned();
    let text = super::compare_table(&a, &b);
    assert!(text.contains("<S1>") && text.contains("S2") && text.contains("no data"), "{text}");
    assert!(super::compare_page(["one", "two"], &a, &b).contains("people &amp; co"));
}

#[test]
fn what_was_written_is_read_again() {
    let evaluation = sample();
    let text = serde_json::to_string(&evaluation).expect("JSON");
    let again: Evaluation = serde_json::from_str(&text).expect("the same form");
    assert_eq!(again, evaluation);
}
