//! What is committed equals the replay, with one process and with several.

use std::time::Duration;

use crate::stage::{Stage, replay, simulate, unpacked};

const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn one_process_or_several_commit_what_a_replay_says() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let folder = tempfile::TempDir::new().expect("a folder");
    let events = simulate(folder.path(), 300, 3);
    let lines = unpacked(&events);
    let expected = replay(&events, &["--partitions", "4"]);
    assert!(!expected.lines["decisions"].is_empty(), "the stream is worth looking at");
    for processes in [1, 2, 4] {
        let stage = Stage::new(cluster, 4);
        stage.produce(&lines);
        let names: Vec<String> = (0..processes).map(|number| format!("p{number}")).collect();
        let mut children: Vec<_> = names.iter().map(|name| stage.start(name, &[])).collect();
        for (name, child) in names.iter().zip(&mut children) {
            stage.wait(name, child, PATIENCE);
        }
        stage.assert_committed(&expected, &format!("{processes} processes"));
    }
}
