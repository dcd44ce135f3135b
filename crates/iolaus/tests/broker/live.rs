//! A system that runs: it is asked how it is, its inputs fall silent, it is stopped and goes on, and a
//! recording of it says what it said.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::stage::{Stage, hours, replay_all, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(120);

/// A port that is free now.
fn address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address")
}

/// The status of an answer, if there is one.
fn get(address: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: iolaus\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

fn until(what: &str, stage: &Stage<'_>, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not in {PATIENCE:?}\n{}", stage.log("p0"));
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn terminate(child: &Child) {
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

#[test]
fn a_recording_of_a_system_that_fell_silent_says_what_it_said() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let folder = tempfile::TempDir::new().expect("a folder");
    let lines = hours(&unpacked(&simulate(folder.path(), 300, 3)), 10, 11);
    let mut stage = Stage::new(cluster, 4);
    stage.settings.silence_s = 1;
    stage.settings.health = Some(address());
    let address = stage.settings.health.expect("just set");
    stage.produce(&lines);
    let mut child = stage.start_live("p0", &[]);
    until("ready", &stage, || get(address, "/ready") == Some(200));
    assert_eq!(get(address, "/live"), Some(200));
    until("silence is heard", &stage, || stage.count("clocks") >= 8);
    terminate(&child);
    stage.wait("p0", &mut child, PATIENCE);

    // It goes on where it was, and its inputs end.
    let mut child = stage.start("p0", &[]);
    stage.wait("p0", &mut child, PATIENCE);
    let files = stage.record();
    let expected = replay_all(&files, &["--keyed"]);
    stage.assert_committed(&expected, "a recording with clock records");
}
