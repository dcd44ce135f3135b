//! A process that writes checkpoints is killed at any moment; what it leaves is what one write left.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use tempfile::tempdir;

use super::*;

const KILLS: u64 = 20;

/// Set for the process that is killed: where it writes.
const DIR: &str = "STORE_KILLS_DIR";

/// The same history every time, from whatever write it goes on.
fn write(store: &Store, write: i64) {
    store.write(history(write), write, NOW).expect("it is written");
}

fn history(write: i64) -> Vec<(Place, Change)> {
    changes(&mut Numbers::new(write as u64), 2_000, 300)
}

/// What a store holds after `writes`, given what it holds after `before`.
fn advance(model: &mut Model, before: i64, writes: i64) {
    (before + 1..=writes).for_each(|write| apply(model, &history(write)));
}

/// Not a test by itself: what the process does that [`a_killed_writer_leaves_one_write`] starts.
#[test]
#[expect(clippy::disallowed_methods, reason = "the process that is killed is told where it writes")]
fn writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let (store, opened) = open(Path::new(&dir));
    let done = match opened {
        Opened::Loaded { next_offset } => next_offset,
        Opened::Fresh { .. } => 0,
    };
    println!("begins");
    for next in done + 1.. {
        write(&store, next);
        println!("wrote {next}");
    }
}

#[expect(clippy::disallowed_methods, reason = "only another process can be killed at any moment")]
fn start(dir: &Path) -> Child {
    let program = std::env::current_exe().expect("this test");
    let mut command = Command::new(program);
    command.args(["--exact", "tests::kills::writes_until_it_is_killed", "--nocapture"]);
    let _starting = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    let mut child = command.env(DIR, dir).stdout(Stdio::piped()).spawn().expect("it starts");
    // Only what it says shows that it runs its program, and let go of what it had from this one.
    let said = child.stdout.as_mut().expect("its output").read_exact(&mut [0]);
    said.expect("it says something");
    child
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a kill comes after some time")]
fn a_killed_writer_leaves_one_write() {
    let dir = tempdir().expect("a directory");
    let mut numbers = Numbers::new(20);
    let (mut model, mut done) = (Model::new(), 0);
    for kill in 0..KILLS {
        let mut child = start(dir.path());
        let output = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.find(|line| line.contains("begins")).expect("it begins");
        std::thread::sleep(std::time::Duration::from_micros(numbers.below(250_000)));
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
        let told = lines.filter_map(|line| line.strip_prefix("wrote ")?.parse::<i64>().ok()).last();
        let promised = told.unwrap_or(done);
        let (store, opened) = open(dir.path());
        let found = match opened {
            Opened::Loaded { next_offset } => next_offset,
            Opened::Fresh { why: Some(Refused::Unfinished) } if promised == 0 => 0,
            Opened::Fresh { why } => panic!("kill {kill} after write {promised}: {why:?}"),
        };
        assert!(found == promised || found == promised + 1, "{found} of {promised}");
        advance(&mut model, done, found);
        assert!(held(&store).expect("it reads") == model, "kill {kill} after write {found}");
        done = found;
    }
    assert!(done > 20, "only {done} writes in {KILLS} lives");
}
