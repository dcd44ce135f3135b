//! Bad input through the program itself: what cannot be used becomes a dead letter and the run goes
//! on; arguments and files that cannot be used end it with code 2 and one clear message. Never a panic.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

/// A folder for one case; gone when dropped.
struct Bench {
    folder: TempDir,
}

/// What the program did.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Bench {
    fn new() -> Bench {
        Bench { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a temporary file can be written");
        path
    }

    /// `iolaus replay --input INPUT --output …/out MORE`.
    fn replay(&self, input: &Path, more: &[&str]) -> Ran {
        let output = self.path("out");
        let (input, output) = (input.to_string_lossy(), output.to_string_lossy());
        run(&[&["replay", "--input", &*input, "--output", &*output], more].concat())
    }

    fn dead_letters(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("out/dead-letters.jsonl"));
        let text = text.expect("a run leaves its dead letters");
        text.lines().map(|line| serde_json::from_str(line).expect("each is JSON")).collect()
    }

    fn summary(&self) -> Value {
        let text = std::fs::read(self.path("out/summary.json")).expect("a run leaves its summary");
        serde_json::from_slice(&text).expect("it is JSON")
    }
}

#[expect(clippy::disallowed_methods, reason = "the program is what is tested")]
fn run(arguments: &[&str]) -> Ran {
    let Output { status, stdout, stderr } =
        std::process::Command::new(env!("CARGO_BIN_EXE_iolaus"))
            .args(arguments)
            .env_remove("IOLAUS_SECRET")
            .output()
            .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes text");
    let ran = Ran { code: status.code(), out: text(stdout), err: text(stderr) };
    assert!(!ran.err.contains("panicked"), "{arguments:?}: {}", ran.err);
    ran
}

/// A request that is in form, but for what `extra` says of it.
fn request(id: &str, extra: &str) -> String {
    let time = "2026-03-02T09:00:01Z";
    format!(
        r#"{{"type":"request","event_id":"{id}","event_time":"{time}","account_id":"a","model":"m"{extra}}}"#
    )
}

/// Runs one bad line between two good ones; returns its dead letter.
fn dead_letter_of(bad: &[u8]) -> Value {
    let bench = Bench::new();
    let (before, after) = (request("before", ""), request("after", ""));
    let lines = [before.as_bytes(), bad, after.as_bytes()].join(&b'\n');
    let input = bench.file("events.jsonl", lines);
    let ran = bench.replay(&input, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("1 dead letters"), "the count is not said: {}", ran.out);
    let summary = bench.summary();
    assert_eq!((&summary["requests"], &summary["dead_letters"]), (&2.into(), &1.into()));
    let mut letters = bench.dead_letters();
    assert_eq!(letters.len(), 1);
    let letter = letters.remove(0);
    assert_eq!(letter["file"], *input.to_string_lossy());
    assert_eq!(letter["line"], 2);
    assert_eq!(letter["bytes"], bad.len());
    assert_eq!(letter["digest"].as_str().map(str::len), Some(64));
    letter
}

fn dies_of(reason: &str, says: &str, bad: impl AsRef<[u8]>) {
    let letter = dead_letter_of(bad.as_ref());
    assert_eq!(letter["reason"], reason, "{letter}");
    let detail = letter["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(says), "`{detail}` does not say `{says}`");
    assert!(detail.len() < 1_000, "a detail is one sentence, not the record");
}

/// A run that cannot be: code 2, and a message that says what to mend.
fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.code, Some(2), "{} {}", ran.out, ran.err);
    for word in says {
        assert!(ran.err.contains(word), "`{}` does not say `{word}`", ran.err);
    }
    assert!(ran.out.is_empty(), "nothing was done, yet it says {}", ran.out);
}

#[test]
fn lines_that_are_cut_off() {
    let whole = request("cut", r#","system":"some words""#);
    dies_of("truncated", "ends too early", &whole[..whole.len() - 1]);
    dies_of("truncated", "system", &whole[..whole.len() - 6]);
    dies_of("truncated", "ends too early", "{");
}

#[test]
fn what_is_no_object() {
    for (line, says) in [("null", "null"), ("[]", "list"), ("7", "7"), ("\"text\"", "text")] {
        dies_of("not_an_object", says, line);
    }
    dies_of("invalid_json", "not JSON", "event");
}

#[test]
fn values_of_another_type() {
    dies_of("wrong_type", "system", request("x", r#","system":7"#));
    dies_of("wrong_type", "input_tokens", request("x", r#","input_tokens":-1"#));
    dies_of("wrong_type", "input_tokens", request("x", r#","input_tokens":"many""#));
    dies_of("wrong_type", "client", request("x", r#","client":"here""#));
    dies_of("wrong_type", "turns", request("x", r#","turns":{"role":"user"}"#));
    dies_of("duplicate_field", "model", request("x", r#","model":"another""#));
    dies_of("missing_field", "model", request("x", "").replace(r#","model":"m""#, ""));
    dies_of("empty_id", "account_id", request("x", "").replace(r#""a""#, r#""""#));
}

#[test]
fn words_that_the_contract_does_not_know() {
    dies_of("unknown_type", "purchase", request("x", "").replace(r#""request""#, r#""purchase""#));
    let time = r#""event_id":"x","event_time":"2026-03-02T09:00:01Z""#;
    dies_of("unknown_value", "mode", format!(r#"{{"type":"policy",{time},"mode":"perhaps"}}"#));
    let release = format!(r#"{{"type":"model_release",{time},"model":"m","kind":"rumour"}}"#);
    dies_of("unknown_value", "kind", release);
    let approval = format!(r#"{{"type":"approval",{time},"account_id":"a","action":"shout"}}"#);
    dies_of("unknown_value", "action", approval);
}

#[test]
fn times_beyond_the_years_that_are_taken() {
    for time in ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "1999-12-31T23:59:59.999Z"] {
        let line = request("x", "").replace("2026-03-02T09:00:01Z", time);
        dies_of("time_out_of_range", "event_time", line);
    }
    for time in ["0", "-1", "4102444800000", "99999999999999"] {
        let line = request("x", "").replace(r#""2026-03-02T09:00:01Z""#, time);
        dies_of("time_out_of_range", "event_time", line);
    }
    for time in [r#""yesterday""#, r#""2026-02-30T00:00:00Z""#, "1e300", "1.5"] {
        let line = request("x", "").replace(r#""2026-03-02T09:00:01Z""#, time);
        let letter = dead_letter_of(line.as_bytes());
        assert!(letter["detail"].as_str().unwrap_or_default().contains("event_time"), "{letter}");
    }
}

#[test]
fn numbers_that_are_none() {
    for number in ["NaN", "Infinity", "-Infinity", "nan"] {
        let line = request("x", &format!(r#","temperature":{number}"#));
        dies_of("invalid_json", "temperature", line);
    }
    let letter = dead_letter_of(request("x", r#","temperature":1e999"#).as_bytes());
    assert!(letter["detail"].as_str().unwrap_or_default().contains("temperature"), "{letter}");
}

#[test]
fn nesting_without_an_end() {
    let deep = 100_000;
    dies_of("not_an_object", "list", "[".repeat(deep));
    dies_of("too_deep", "64", r#"{"a":"#.repeat(deep));
    let (open, shut) = (r#"{"a":"#.repeat(deep), "}".repeat(deep));
    dies_of("too_deep", "unheard_of", request("x", &format!(r#","unheard_of":{open}1{shut}"#)));
    dies_of("too_deep", "tools", request("x", &format!(r#","tools":[{open}1{shut}]"#)));
    let (open, shut) = ("[".repeat(deep), "]".repeat(deep));
    dies_of("wrong_type", "tools", request("x", &format!(r#","tools":{open}{shut}"#)));
}

#[test]
fn bytes_that_are_no_text() {
    dies_of("invalid_utf8", "UTF-8", b"{\"type\":\"request\",\"account_id\":\"\xff\xfe\"}");
    dies_of("invalid_utf8", "UTF-8", [0x80; 64]);
    dies_of("control_character", "account_id", request("x", "").replace(r#""a""#, r#""a\u0000""#));
}

#[test]
fn records_above_the_stated_size() {
    let huge = request("x", &format!(r#","system":"{}""#, "word ".repeat(2_000_000)));
    dies_of("too_large", "at most 8388608 bytes", huge);
    // A large one is taken.
    let bench = Bench::new();
    let large = request("x", &format!(r#","system":"{}""#, "word ".repeat(1_500_000)));
    let ran = bench.replay(&bench.file("events.jsonl", large), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(bench.summary()["requests"], 1);
    // And the size is a setting.
    let config = bench.file("small.toml", "[intake]\nrecord_bytes = 200\n");
    let lines = [request("one", ""), request("two", &" ".repeat(200))].join("\n");
    let input = bench.file("events.jsonl", lines);
    let ran = bench.replay(&input, &["--config", &config.to_string_lossy()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(bench.dead_letters()[0]["reason"], "too_large");
    assert_eq!(bench.summary()["requests"], 1);
}

#[test]
fn files_without_anything() {
    let blank = "\n \n\t\n".as_bytes();
    let newline = b"\n".as_slice();
    for bytes in [b"".as_slice(), newline, blank] {
        let bench = Bench::new();
        let ran = bench.replay(&bench.file("events.jsonl", bytes), &["--json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_eq!(bench.summary()["events"], 0);
        for topic in ["alerts", "clusters", "decisions", "fingerprints", "dead-letters"] {
            let file = std::fs::read(bench.path(&format!("out/{topic}.jsonl")));
            assert_eq!(file.expect("every topic has its file"), b"", "{topic}");
        }
    }
}

#[test]
fn an_empty_file_beside_others() {
    let bench = Bench::new();
    let empty = bench.file("empty.jsonl", "");
    let empty = empty.to_string_lossy();
    let input = bench.file("events.jsonl", request("one", ""));
    for more in [&["--input", &*empty][..], &["--partitions", "8", "--input", &*empty]] {
        let ran = bench.replay(&input, more);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_eq!(bench.summary()["requests"], 1);
    }
}

#[test]
fn inputs_that_are_none() {
    let bench = Bench::new();
    refused(&bench.replay(bench.folder.path(), &[]), &["is a directory"]);
    let missing = bench.path("missing.jsonl");
    let ran = bench.replay(&missing, &[]);
    refused(&ran, &["cannot read input", "missing.jsonl", "No such file"]);
    assert_eq!(ran.err.lines().count(), 1, "one line: {}", ran.err);
    assert_eq!(ran.err.matches("No such file").count(), 1, "said once: {}", ran.err);
    let avro = bench.file("events.avro", b"Obj\x01 and then nothing of the kind");
    refused(&bench.replay(&avro, &[]), &["cannot read input", "events.avro"]);
    refused(&run(&["replay", "--output", &bench.path("out").to_string_lossy()]), &["--input"]);
}

#[test]
fn compressed_files_that_are_cut_off() {
    let lines: String = (0..2_000).map(|index| request(&format!("e{index}"), "") + "\n").collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.as_bytes()).expect("memory can be written");
    let gzip = gzip.finish().expect("memory can be written");
    let zstd = zstd::encode_all(lines.as_bytes(), 1).expect("memory can be read");
    for (name, whole) in [("events.jsonl.gz", gzip), ("events.jsonl.zst", zstd)] {
        let bench = Bench::new();
        let ran = bench.replay(&bench.file(name, &whole), &[]);
        assert_eq!((ran.code, &bench.summary()["events"]), (Some(0), &2_000.into()));
        for cut in [whole.len() / 2, whole.len() - 3, 12] {
            let input = bench.file(name, &whole[..cut]);
            let ran = bench.replay(&input, &[]);
            assert_eq!(ran.code, Some(0), "{name} cut at {cut}: {}", ran.err);
            let last = bench.dead_letters().pop().expect("what is missing is told");
            assert_eq!(last["reason"], "truncated", "{name} cut at {cut}");
            assert_eq!(last["file"], *input.to_string_lossy());
            assert!(ran.out.contains("1 dead letters"), "{}", ran.out);
        }
    }
}

#[test]
fn outputs_that_cannot_be_written() {
    let bench = Bench::new();
    let input = bench.file("events.jsonl", request("one", ""));
    let in_the_way = bench.file("out", "a file where a folder should be");
    refused(&bench.replay(&input, &[]), &["cannot write", "out"]);
    let kept = std::fs::read(&in_the_way).expect("it is still there");
    assert_eq!(kept, b"a file where a folder should be");
    std::fs::remove_file(&in_the_way).expect("it can be removed");
    std::fs::create_dir_all(bench.path("out/decisions.jsonl")).expect("a folder can be made");
    let ran = bench.replay(&input, &[]);
    refused(&ran, &["cannot write", "decisions.jsonl"]);
    assert_eq!(ran.err.lines().count(), 1, "one line: {}", ran.err);
}

#[test]
fn configurations_that_cannot_be_used() {
    let bench = Bench::new();
    let input = bench.file("events.jsonl", request("one", ""));
    for (text, says) in [
        ("[time]\nlatenes = 5\n", "latenes"),
        ("[tim]\nlateness = 5\n", "tim"),
        ("[time]\nlateness = \"long\"\n", "lateness"),
        ("[time]\nlateness = 100\n", "time.table_delay"),
        ("[time]\nbucket = 0\n", "time.bucket"),
        ("[time]\nbucket = 7\nepoch = 30\n", "time.epoch"),
        ("[time]\nlateness = 999999999999\n", "time.lateness"),
        ("[intake]\nearliest = \"soon\"\n", "intake.earliest"),
        (
            "[intake]\nearliest = \"2030-01-01T00:00:00Z\"\nlatest = \"2029-01-01T00:00:00Z\"\n",
            "intake",
        ),
        ("[cluster]\nleast_accounts = 1\n", "cluster.least_accounts"),
        ("[keys]\nsecret_file = \"/nowhere/at/all\"\n", "keys.secret_file"),
        ("[time\n", "TOML"),
    ] {
        let config = bench.file("iolaus.toml", text);
        refused(&bench.replay(&input, &["--config", &config.to_string_lossy()]), &[says]);
        assert!(!bench.path("out").exists(), "{text}: nothing may be begun");
    }
    let missing = bench.path("missing.toml");
    let ran = bench.replay(&input, &["--config", &missing.to_string_lossy()]);
    refused(&ran, &["missing.toml", "No such file"]);
    let binary = bench.file("binary.toml", [0xff_u8; 16]);
    refused(&bench.replay(&input, &["--config", &binary.to_string_lossy()]), &["binary.toml"]);
}

#[test]
fn arguments_that_cannot_be_used() {
    let bench = Bench::new();
    let input = bench.file("events.jsonl", request("one", ""));
    for (more, says) in [
        (&["--partitions", "3"][..], "must divide 256"),
        (&["--partitions", "0"], "must divide 256"),
        (&["--partitions", "512"], "must divide 256"),
        (&["--instances", "0"], "--instances"),
        (&["--partitions", "many"], "--partitions"),
        (&["--restarts", "3"], "--restart-seed"),
        (&["--no-such-flag"], "--no-such-flag"),
    ] {
        refused(&bench.replay(&input, more), &[says]);
        assert!(!bench.path("out").exists(), "{more:?}: nothing may be begun");
    }
}

#[test]
fn files_that_are_no_partitions() {
    let bench = Bench::new();
    let line = |account: &str| request(account, "").replace(r#""a""#, &format!("\"{account}\""));
    let all: Vec<String> = (0..16).map(|index| line(&format!("account-{index}"))).collect();
    let one = bench.file("one.jsonl", all.join("\n"));
    let two = bench.file("two.jsonl", request("x", ""));
    let two = two.to_string_lossy();
    let ran = bench.replay(&one, &["--keyed", "--input", &two]);
    refused(&ran, &["one.jsonl", "murmur2", "--keyed"]);
    refused(&bench.replay(&one, &["--keyed", "--input", &two, &two]), &["--keyed", "divide 256"]);
}
