//! Recorded real data, imported and replayed to the end. Where it is not there, a line says so.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use import::{Options, import};
use pipeline::Config;
use replay::{Faults, Inputs};
use tests::runs::replay_into;

/// Events taken of each recording.
const EVENTS: u64 = 1_500;

/// Formats with recordings in that form.
const RECORDINGS: [(&str, &[&str]); 13] = [
    ("mooncake", &["mooncake_fast25/conversation_trace.jsonl.gz"]),
    ("azure-llm", &["azure_llm_2023/conv.csv.gz"]),
    ("azure-llm", &["azure_llm_2023/code.csv.gz"]),
    ("servegen", &["servegen/client_windows.csv.gz", "servegen/client_lengths.jsonl.gz"]),
    ("oasst", &["oasst1_en/validation_messages.jsonl.gz"]),
    ("prompts-chat", &["prompts_chat/prompt_versions.csv.gz"]),
    ("instructions", &["alpaca/alpaca_en_dev.jsonl.gz"]),
    ("instructions", &["codealpaca/new_codealpaca.jsonl.gz"]),
    ("dialogues", &["hh_rlhf_harmless_test/dialogues.jsonl.gz"]),
    ("questions", &["gsm8k/test.jsonl.gz"]),
    ("templates", &["t0_template_chains/prompts_dev.jsonl.gz"]),
    ("utterances", &["clinc150/utterances.csv.gz"]),
    ("coortweet", &["coortweet/russian_coord_tweets.csv.gz"]),
];

#[expect(clippy::disallowed_methods, reason = "where the recordings are is the tester's to say")]
fn data() -> Option<PathBuf> {
    let named = std::env::var_os("IOLAUS_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = named.unwrap_or(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recorded data in {} (set IOLAUS_DATA)", folder.display());
    None
}

#[test]
fn recorded_data_goes_through_to_the_end() {
    let Some(data) = data() else { return };
    for (format, files) in RECORDINGS {
        let files: Vec<PathBuf> = files.iter().map(|file| data.join(file)).collect();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let events = folder.path().join("events.jsonl");
        let mut to = BufWriter::new(File::create(&events).expect("a file can be made"));
        let options =
            Options { accounts: 50, rate: 400.0, limit: Some(EVENTS), ..Options::default() };
        let counts = import(format, &files, &options, &mut to).expect("the recording can be read");
        to.flush().expect("a file can be written");
        assert!(counts.written > 500, "{files:?}: only {} events", counts.written);

        let inputs = Inputs::Files(vec![events]);
        let run = |name: &str, faults| {
            replay_into(inputs.clone(), &folder.path().join(name), Config::default(), faults)
        };
        let plain = run("plain", Faults::default());
        let read = (plain.summary.events, plain.summary.requests, plain.summary.dead_letters);
        assert_eq!(read, (counts.written, counts.written, 0), "{files:?}");
        assert_eq!(
            (plain.summary.accounts, plain.summary.duplicates),
            (counts.accounts, 0),
            "{files:?}"
        );
        let faults = Faults {
            instances: 3,
            restart_seed: Some(1),
            interleave_seed: Some(2),
            ..Faults::default()
        };
        assert_eq!(plain.difference(&run("again", faults)), None, "{files:?}");
    }
}
