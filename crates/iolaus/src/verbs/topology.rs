//! `iolaus topology`: the one table of tasks and topics, printed.

use std::fmt::Write;

use pipeline::topology::{TASKS, TOPICS};

/// The tables as text.
pub fn text() -> String {
    let mut text = String::new();
    let names = |topics: &[pipeline::topology::Topic]| {
        topics.iter().map(|topic| topic.name()).collect::<Vec<_>>().join(", ")
    };
    for task in TASKS {
        let stages: Vec<_> = task.stages.iter().map(|stage| stage.name()).collect();
        let _ = writeln!(text, "{} (partitioned by {})", task.name, task.partitioned_by);
        let _ = writeln!(text, "  runs   {}", stages.join(", "));
        let _ = writeln!(text, "  reads  {}", names(task.reads));
        let _ = writeln!(text, "  writes {}", names(task.writes));
    }
    let _ = writeln!(text);
    for row in TOPICS {
        let whose = if row.public { "public" } else { "internal" };
        let _ = writeln!(text, "{:<14}{whose:<10}by {}: {}", row.name, row.key, row.carries);
    }
    text
}
