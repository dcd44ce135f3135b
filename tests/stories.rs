//! The stories: each folder of `stories/` is replayed and says what it said before.
//!
//! `UPDATE_STORIES=1` writes down what is said now; whoever does so reads the difference.

use std::path::Path;

use replay::Faults;
use tests::stories::{Story, all};

fn stories() -> Vec<Story> {
    all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stories"))
}

#[expect(clippy::disallowed_methods, reason = "whoever tells a story anew says so")]
fn updates() -> bool {
    std::env::var_os("UPDATE_STORIES").is_some_and(|value| value == "1")
}

#[test]
fn every_story_is_told_as_before() {
    let stories = stories();
    assert!(stories.len() >= 8, "only {} stories", stories.len());
    for story in stories {
        let said = story.said(Faults::default());
        if updates() {
            story.expect(&said);
        }
        for (topic, text) in said {
            let (now, before) = (text.lines(), story.expected(topic));
            for (index, (now, before)) in now.zip(before.lines()).enumerate() {
                assert_eq!(now, before, "{}: line {} of {topic}", story.name(), index + 1);
            }
            let (now, before) = (text.lines().count(), before.lines().count());
            assert_eq!(now, before, "{}: as many {topic}", story.name());
        }
    }
}

#[test]
fn every_story_says_what_happened_in_two_sentences() {
    for story in stories() {
        let told = story.told();
        let sentences = told.matches(['.', '?']).count();
        assert!((2..=4).contains(&sentences), "{}: {sentences} sentences", story.name());
    }
}

#[test]
fn every_story_is_the_same_for_three_instances_that_restart() {
    for story in stories() {
        let plain = story.said(Faults::default());
        let faults = Faults {
            instances: 3,
            restart_seed: Some(3),
            interleave_seed: Some(4),
            ..Faults::default()
        };
        assert!(plain == story.said(faults), "{}: the schedule shows", story.name());
    }
}
