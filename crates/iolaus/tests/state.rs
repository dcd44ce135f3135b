//! `iolaus state` through the program: what it says of a checkpoint, and how it ends.

use std::path::Path;
use std::process::{Command, Output};

use store::{Identity, Store};

fn iolaus(act: &str, dir: &Path, more: &[&str]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_iolaus"));
    command.args(["state", act, "--dir"]).arg(dir).args(more).output().expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn checkpoint(dir: &Path) {
    let identity = Identity {
        application: "iolaus".into(),
        task: "account".into(),
        partition: 3,
        partitions: 8,
        changelog_topic: "iolaus-account-changelog".into(),
        changelog_topic_id: "some-id".into(),
        configuration: "c0ffee".into(),
        format: 1,
    };
    let (store, _) = Store::open(dir, &identity, 0, 1, 0, |_, _| false).expect("it opens");
    let place = pipeline::message::Place { part: 1, slot: step::Slot(7) };
    let row = (place, (2, b"an account".to_vec(), Some(b"its state".to_vec())));
    store.write([row], 42, 1_800_000_000_000).expect("it is written");
}

#[test]
fn a_checkpoint_is_shown_checked_and_removed() {
    let state = tempfile::tempdir().expect("a directory");
    let dir = state.path().join("account").join("3");
    checkpoint(&dir);

    let shown = iolaus("inspect", state.path(), &[]);
    assert_eq!(shown.status.code(), Some(0));
    for line in
        ["iolaus account 3/8", "offset 42", "2027-01-15", "1 rows, 19 bytes", "part 1 table 2"]
    {
        assert!(text(&shown.stdout).contains(line), "{line}: {}", text(&shown.stdout));
    }
    let shown = iolaus("inspect", &dir, &["--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!((&shown[0]["next_offset"], &shown[0]["rows"]), (&42.into(), &1.into()));

    assert_eq!(iolaus("verify", state.path(), &[]).status.code(), Some(0));
    let database = dir.join("checkpoint/sled/db");
    let bytes = std::fs::read(&database).expect("a file");
    std::fs::write(&database, vec![7; bytes.len()]).expect("a file");
    let verified = iolaus("verify", state.path(), &[]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(text(&verified.stdout).contains("damaged"), "{}", text(&verified.stdout));
    assert!(text(&verified.stderr).contains("1 of 1"), "{}", text(&verified.stderr));

    assert_eq!(iolaus("reset", state.path(), &[]).status.code(), Some(0));
    assert!(!dir.join("checkpoint").exists());
}

#[test]
fn what_is_no_checkpoint_ends_with_code_2_and_one_line() {
    let empty = tempfile::tempdir().expect("a directory");
    for (act, dir) in
        [("inspect", empty.path()), ("verify", Path::new("/nowhere")), ("reset", empty.path())]
    {
        let ended = iolaus(act, dir, &[]);
        assert_eq!(ended.status.code(), Some(2), "{act}");
        assert_eq!(text(&ended.stderr).lines().count(), 1, "{act}: {}", text(&ended.stderr));
    }
}
