//! Each format on a few lines of its own, and all of them on the recorded data where it is at hand.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::fs;
use std::path::{Path, PathBuf};

use event::EventTime;
use event::contract::Body;
use event::intake::{Limits, parse_json};
use serde_json::{Value, json};

use crate::{Counts, Error, Options, formats, import};

/// Imports files of the given texts; the events as JSON, and the counts.
fn run(format: &str, files: &[(&str, &str)], options: &Options) -> (Vec<Value>, Counts) {
    let directory = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        paths.push(path);
    }
    let mut out = Vec::new();
    let counts = import(format, &paths, options, &mut out).unwrap();
    (events(&out), counts)
}

fn events(out: &[u8]) -> Vec<Value> {
    let lines = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// The values of one field, absent ones as null.
fn all(events: &[Value], pointer: &str) -> Vec<Value> {
    events.iter().map(|event| event.pointer(pointer).cloned().unwrap_or(Value::Null)).collect()
}

#[test]
fn mooncake_rebuilds_conversations_from_prefixes() {
    let text = r#"{"timestamp":0,"input_length":1200,"output_length":5,"hash_ids":[0,1,2]}
{"timestamp":10,"input_length":900,"output_length":6,"hash_ids":[0,3]}
{"timestamp":20,"input_length":2000,"output_length":7,"hash_ids":[0,1,4,5]}
{"timestamp":30,"input_length":2500,"output_length":8,"hash_ids":[0,1,4,6,7]}
"#;
    let (events, counts) = run("mooncake", &[("a.jsonl", text)], &Options::default());
    let accounts = all(&events, "/account_id");
    assert_eq!(accounts[0], accounts[2]);
    assert_eq!(accounts[2], accounts[3]);
    assert_ne!(accounts[0], accounts[1], "the block that everybody shares links nobody");
    assert_eq!(events[0]["event_id"], "mooncake-000001");
    assert_eq!(events[1]["event_time"], "2026-01-01T00:00:00.010Z");
    assert_eq!(events[0]["content_hashes"], json!(["0", "1", "2"]));
    assert_eq!(
        (&events[0]["input_tokens"], &events[0]["output_tokens"]),
        (&json!(1200), &json!(5))
    );
    assert_eq!((counts.written, counts.accounts), (4, 2));
}

#[test]
fn azure_makes_one_account_per_service_and_sorts_by_time() {
    let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    let code = format!("{header}2023-11-16 18:17:04.0319600,3180,8\n");
    let conv = format!(
        "{header}2023-11-16 18:15:46.6805900,374,44\nyesterday,1,1\n2023-11-16 18:17:00,1\n"
    );
    let (events, counts) =
        run("azure-llm", &[("code.csv", &code), ("conv.csv", &conv)], &Options::default());
    assert_eq!(all(&events, "/account_id"), ["azure-llm-conv", "azure-llm-code"]);
    assert_eq!(events[0]["event_time"], "2023-11-16T18:15:46.680Z");
    assert_eq!((counts.read, counts.written, counts.malformed), (4, 2, 2));
    assert!(
        counts.reports[0].ends_with("conv.csv:3: \"yesterday\" is no time"),
        "{:?}",
        counts.reports
    );
    assert!(
        counts.reports[1].ends_with("conv.csv:4: 2 columns where the header has 3"),
        "{:?}",
        counts.reports
    );
}

#[test]
fn servegen_samples_in_proportion() {
    let text = "category,model,client,window_start_s,rate_rps,cv,pattern,param1,param2
language,m-large,0,0,9.0,8.6,Weibull,0.375,0.4
language,m-large,0,1200,9.0,6.0,Gamma,0.5,3.4
language,m-small,1,600,2.0,1.0,Gamma,1.0,0.5
language,m-small,1,600,0,1.0,Gamma,1.0,0.5
";
    let options = Options { limit: Some(100), ..Options::default() };
    let (events, counts) = run("servegen", &[("w.csv", text)], &options);
    assert_eq!((counts.written, counts.malformed, counts.accounts), (100, 1, 2));
    let of_small = events.iter().filter(|event| event["model"] == "m-small").count();
    assert_eq!(of_small, 10);
    let times = all(&events, "/event_time");
    assert!(times.iter().all(|time| time.as_str().unwrap() < "2026-01-01T00:30:00.000Z"));
    assert!(times.windows(2).all(|pair| pair[0].as_str() <= pair[1].as_str()));
    assert_eq!(run("servegen", &[("w.csv", text)], &options).0, events);
}

#[test]
fn oasst_gives_a_request_the_messages_above_it() {
    let message = |id: &str, parent: Option<&str>, user: &str, minute: u32, role: &str| {
        json!({"message_id": id, "parent_id": parent, "message_tree_id": "t", "user_id": user,
            "created_date": format!("2023-02-07T17:{minute:02}:24.727400+00:00"), "role": role,
            "lang": "en", "text": format!("text of {id}")})
        .to_string()
    };
    let lines = [
        message("d", Some("b"), "u2", 30, "prompter"),
        message("a", None, "u1", 10, "prompter"),
        message("b", Some("a"), "u3", 20, "assistant"),
        message("e", Some("gone"), "u4", 40, "prompter"),
        "{\"message_id\": \"f\"}".to_owned(),
    ];
    let (events, counts) = run("oasst", &[("m.jsonl", &lines.join("\n"))], &Options::default());
    assert_eq!(all(&events, "/account_id"), ["u1", "u2", "u4"]);
    assert_eq!(all(&events, "/response"), [json!("text of b"), Value::Null, Value::Null]);
    assert_eq!(
        events[1]["turns"],
        json!([{"role": "user", "text": "text of a"}, {"role": "assistant", "text": "text of b"},
            {"role": "user", "text": "text of d"}])
    );
    assert_eq!(events[0]["event_time"], "2023-02-07T17:10:24.727Z");
    assert_eq!((counts.read, counts.malformed), (5, 1));
}

#[test]
fn prompts_chat_keeps_contributors_apart() {
    let text = "first_seen_unix,contributor,act,type,for_devs,text,commit
1670978690,,Linux Terminal,,,\"I want you to act, \"\"now\"\"
as a terminal\",def06
1670978691,ann,Poet,,,Write a poem,abc
";
    let (events, _) = run("prompts-chat", &[("p.csv", text)], &Options::default());
    assert_eq!(all(&events, "/account_id"), ["prompts-chat-commit-def06", "prompts-chat-ann"]);
    assert_eq!(events[0]["turns"][0]["text"], "I want you to act, \"now\"\nas a terminal");
    assert_eq!(events[0]["event_time"], "2022-12-14T00:44:50.000Z");
}

#[test]
fn texts_are_dealt_out_at_the_rate_asked_for() {
    let line = |i: u32| {
        format!("{{\"i\":{i},\"instruction\":\"do {i}\",\"input\":\"\",\"output\":\"done\"}}\n")
    };
    let mut text: String = (0..6).map(line).collect();
    text.push_str("{\"instruction\":\"add\",\"input\":\"1 2\",\"output\":\"3\"}\n");
    let options = Options { accounts: 2, rate: 24.0, ..Options::default() };
    let (events, counts) = run("instructions", &[("i.jsonl", &text)], &options);
    assert_eq!((counts.written, counts.accounts), (7, 2));
    for (index, event) in events.iter().take(6).enumerate() {
        let hour = format!("2026-01-01T{:02}:", index / 2);
        assert!(event["event_time"].as_str().unwrap().starts_with(&hour), "{event}");
    }
    assert_eq!(events[6]["turns"][0]["text"], "add\n\n1 2");
    assert_eq!(events[6]["response"], "3");

    let limited = Options { limit: Some(2), ..options };
    assert_eq!(run("instructions", &[("i.jsonl", &text)], &limited).1.written, 2);
}

#[test]
fn questions_templates_and_utterances_become_one_request_each() {
    let options = Options::default();
    let (events, _) =
        run("questions", &[("q.jsonl", r#"{"question":"1+1?","answer":"2"}"#)], &options);
    assert_eq!(
        (&events[0]["turns"][0]["text"], &events[0]["response"]),
        (&json!("1+1?"), &json!("2"))
    );
    let line =
        r#"{"template":"rewrite_it","k":3,"text":"Rewrite: x","completion_len":1,"family":"f"}"#;
    let (events, _) = run("templates", &[("t.jsonl", line)], &options);
    assert_eq!(events[0]["event_id"], "templates-rewrite_it-3");
    let rows = "split,text,intent\ntrain,what is my balance,balance\n";
    let (events, _) = run("utterances", &[("u.csv", rows)], &options);
    assert_eq!(events[0]["event_id"], "utterances-000001-balance");
    assert_eq!(events[0]["turns"][0]["text"], "what is my balance");
}

#[test]
fn dialogues_become_accounts_that_come_back() {
    let said = |from: &str, text: &str| json!({"from": from, "value": text});
    let whole = json!({"turns": [said("human", "a"), said("assistant", "b"), said("human", "c")]});
    let broken = json!({"turns": [said("dog", "woof")]});
    let text = &format!("{whole}\n{broken}\n");
    let (events, counts) = run("dialogues", &[("d.jsonl", text)], &Options::default());
    assert_eq!((counts.written, counts.accounts, counts.malformed), (2, 1, 1));
    assert_eq!(events[0]["response"], "b");
    assert_eq!(events[1]["turns"].as_array().unwrap().len(), 3);
    assert_eq!(events[1]["response"], Value::Null);
}

#[test]
fn coortweet_shares_are_content_hashes() {
    let text = "object_id,account_id,content_id,timestamp_share\nobj,acc,con,1610870193\n";
    let (events, _) = run("coortweet", &[("c.csv", text)], &Options::default());
    assert_eq!(events[0]["content_hashes"], json!(["obj"]));
    assert_eq!(events[0]["account_id"], "acc");
    assert_eq!(events[0]["event_time"], "2021-01-17T07:56:33.000Z");
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let refused = |format: &str, options: &Options| {
        import(format, &[], options, &mut Vec::new()).expect_err("refused").to_string()
    };
    let text = refused("mooncak", &Options::default());
    assert!(text.contains("\"mooncak\"") && text.contains("mooncake, oasst"), "{text}");
    assert!(
        refused("mooncake", &Options { accounts: 0, ..Options::default() }).contains("accounts")
    );
    assert!(refused("mooncake", &Options { rate: 0.0, ..Options::default() }).contains("rate"));
    let missing =
        import("mooncake", &["no/such/file".into()], &Options::default(), &mut Vec::new());
    assert!(matches!(missing, Err(Error::Open { .. })));
}

/// The recorded data, if it is at hand.
#[expect(clippy::disallowed_methods, reason = "data too large to ship is where the tester has it")]
fn recorded() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("IOLAUS_DATA").map_or(beside, PathBuf::from);
    path.is_dir().then_some(path)
}

#[test]
fn recorded_data_is_read_whole() {
    let Some(data) = recorded() else {
        println!("skipped: no recorded data (IOLAUS_DATA is not set to its folder)");
        return;
    };
    // Format, file, events and accounts. The data's own notes count 8,056 conversations in the
    // first: one fewer than the rule stated here gives.
    let cases = [
        ("mooncake", "mooncake_fast25/conversation_trace.jsonl.gz", 12_031, 8_057),
        ("mooncake", "mooncake_fast25/synthetic_trace.jsonl.gz", 3_993, 2_549),
        ("azure-llm", "azure_llm_2023/conv.csv.gz", 19_366, 1),
        ("oasst", "oasst1_en/validation_messages.jsonl.gz", 779, 0),
        ("prompts-chat", "prompts_chat/prompt_versions.csv.gz", 1_899, 0),
        ("instructions", "alpaca/alpaca_en_dev.jsonl.gz", 26_000, 50),
        ("instructions", "codealpaca/new_codealpaca.jsonl.gz", 4_535, 50),
        ("dialogues", "hh_rlhf_harmless_test/dialogues.jsonl.gz", 5_756, 2_312),
        ("questions", "gsm8k/test.jsonl.gz", 1_319, 50),
        ("templates", "t0_template_chains/prompts_dev.jsonl.gz", 35_423, 50),
        ("utterances", "clinc150/utterances.csv.gz", 23_700, 50),
        ("coortweet", "coortweet/russian_coord_tweets.csv.gz", 35_125, 9_509),
    ];
    for (format, file, written, accounts) in cases {
        let mut out = Vec::new();
        let options = Options { accounts: 50, ..Options::default() };
        let counts = import(format, &[data.join(file)], &options, &mut out).unwrap();
        assert_eq!((counts.written, counts.malformed), (written, 0), "{file} {:?}", counts.reports);
        if accounts > 0 {
            assert_eq!(counts.accounts, accounts, "{file}");
        }
        check_stream(&out, file);
    }
    let options = Options { limit: Some(5_000), ..Options::default() };
    let mut out = Vec::new();
    let windows = data.join("servegen/client_windows.csv.gz");
    let counts = import("servegen", &[windows], &options, &mut out).unwrap();
    assert!(counts.malformed == 0 && (4_500..=5_000).contains(&counts.written), "{counts:?}");
    check_stream(&out, "servegen");
}

/// Every line is an event that is taken in, in order of time, under an id of its own.
fn check_stream(out: &[u8], file: &str) {
    let (mut ids, mut last) = (std::collections::BTreeSet::new(), EventTime::MIN);
    for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let event = parse_json(line, &Limits::default()).unwrap().event;
        assert!(matches!(event.body, Body::Request(_)), "{file}");
        assert!(last <= event.event_time, "{file}: {} is out of order", event.event_id);
        last = event.event_time;
        assert!(ids.insert(event.event_id.clone()), "{file}: {} repeats", event.event_id);
    }
}

#[test]
fn every_format_says_what_it_is() {
    let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(formats().iter().all(|format| !format.about.is_empty()));
}
