//! The stories of `tests/stories` on a broker: two processes commit what is said of each, and what a
//! replay of its partitions remembers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kafka_harness::Cluster;

use crate::recording::Recording;
use crate::stage::{Stage, replay_all};

const PATIENCE: Duration = Duration::from_secs(120);

/// Stories that are told at the same time.
const AT_ONCE: usize = 4;

#[test]
fn every_story_is_told_by_two_processes() {
    let Some(cluster) = kafka_harness::one_broker() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stories");
    let entries = std::fs::read_dir(folder).expect("the stories are there").flatten();
    let stories: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    assert!(stories.len() >= 8, "only {} stories", stories.len());
    for some in stories.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            some.iter().for_each(|story| {
                scope.spawn(|| tell(cluster, story));
            });
        });
    }
}

fn tell(cluster: &Cluster, story: &Path) {
    let name = story.file_name().unwrap_or_default().to_string_lossy();
    let events = std::fs::read(story.join("events.jsonl")).expect("a story has events");
    let recording = Recording::keyed(&events, 4);
    let stage = Stage::new(cluster, 4);
    let files = recording.files(stage.folder.path());
    let expected = replay_all(&files, &["--keyed"]);
    stage.fill(&recording);
    let mut children = ["p0", "p1"].map(|instance| (instance, stage.start(instance, &[])));
    for (instance, child) in &mut children {
        stage.wait(instance, child, PATIENCE);
    }
    stage.assert_committed(&expected, &name);
}
