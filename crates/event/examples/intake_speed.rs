//! How fast lines are read: `cargo run --release -p event --example intake_speed`.
//!
//! The lines are made here, of about 1.6 KB each: a system prompt with line breaks, a conversation,
//! tools as names and as schemas, a client. The best of many short rounds is printed, since
//! everything else on a machine can only make a round longer.

use std::time::Instant;

use event::intake::{Limits, parse_json};

const ROUNDS: usize = 40;

fn main() {
    for (name, lines) in [
        ("escaped text (line breaks)", lines("\\n")),
        ("plain text", lines(" ")),
        ("text beyond ASCII", lines(" — ")),
        ("without content", bare_lines()),
        ("type at the end", lines(" ").iter().map(|line| late_type(line)).collect()),
        ("a signup, type at the end", lines(" ").iter().map(|line| late_signup(line)).collect()),
    ] {
        let bytes: usize = lines.iter().map(String::len).sum();
        let best = (0..ROUNDS).map(|_| round(&lines)).fold(f64::INFINITY, f64::min);
        let (per_second, size) = (lines.len() as f64 / best, bytes / lines.len());
        let rate = bytes as f64 / best / 1e6;
        println!("{name:28} {size:5} B/line {per_second:10.0} lines/s {rate:7.0} MB/s");
    }
}

/// Seconds for one pass over the lines.
#[allow(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn round(lines: &[String]) -> f64 {
    let limits = Limits::default();
    let start = Instant::now();
    let taken = lines.iter().filter(|line| parse_json(line.as_bytes(), &limits).is_ok()).count();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(taken, lines.len(), "a line was refused");
    seconds
}

/// A thousand requests whose sentences are joined by `joint`.
fn lines(joint: &str) -> Vec<String> {
    (0..1000)
        .map(|index| {
            let sentence = "Explain each step before you give the final answer to the question.";
            let text = |count: usize| vec![sentence; count].join(joint);
            let turns = (0..4)
                .map(|turn| {
                    let role = ["user", "assistant"][turn % 2];
                    format!(r#"{{"role":"{role}","text":"{}"}}"#, text(1 + turn % 2))
                })
                .collect::<Vec<_>>()
                .join(",");
            let [system, response] = [text(5), text(3)];
            let head = head(index);
            format!(
                r#"{head},"system":"{system}","turns":[{turns}],"tools":["search",{{"name":"run","parameters":{{"type":"object"}}}}],"modalities":["text"],"response":"{response}"}}"#
            )
        })
        .collect()
}

/// The same without any content.
fn bare_lines() -> Vec<String> {
    (0..1000).map(|index| head(index) + "}").collect()
}

/// What every request has, without the closing brace.
fn head(index: usize) -> String {
    format!(
        r#"{{"type":"request","event_id":"evt-{index:08}","event_time":"2026-02-23T09:15:00.250Z","account_id":"acct-{index}","model":"large-3","organization_id":"org-{index}","api_key_id":"key-{index}","channel":"api","operation":"chat","conversation_id":"conv-{index}","stream":true,"input_tokens":1523,"output_tokens":{index},"max_tokens":4096,"temperature":0.7,"top_p":0.95,"status_code":200,"finish_reason":"stop","latency_ms":1834.25,"client":{{"ip":"203.0.113.7","country":"DE","asn":64500,"user_agent":"client-python/2.11.0","ja4":"t13d1516h2_8daaf6152771_b186095e22b6","sdk":"python"}}"#
    )
}

/// The same event with its type as the last field.
fn late_type(line: &str) -> String {
    let rest = line.replacen(r#""type":"request","#, "", 1);
    rest[..rest.len() - 1].to_owned() + r#","type":"request"}"#
}

/// An event of another type than the one guessed until `type` is seen.
fn late_signup(line: &str) -> String {
    let rest = line.replacen(r#""type":"request","#, "", 1);
    rest[..rest.len() - 1].to_owned() + r#","type":"signup"}"#
}
