//! The house in order: who may depend on whom, what stands where, and whether the pages tell what
//! the code says. A failure names the rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pipeline::topology::{TASKS, TOPICS};

/// What each crate may name of ours. Arrows point down this list.
const MAY_NAME: [(&str, &[&str]); 18] = [
    ("event", &[]),
    ("avro", &["event"]),
    ("step", &["event"]),
    ("enrich", &["event", "step"]),
    ("fingerprint", &["event", "step"]),
    ("correlate", &["event", "step"]),
    ("cluster", &["event", "step"]),
    ("decide", &["event", "step"]),
    ("pipeline", &["event", "step", "enrich", "fingerprint", "correlate", "cluster", "decide"]),
    ("store", &["step", "pipeline"]),
    // `enrich` for its keys: what is read from files is reduced by them at once.
    ("replay", &["event", "avro", "step", "enrich", "pipeline"]),
    ("kafka", &["event", "step", "enrich", "pipeline", "store"]),
    ("import", &["event"]),
    ("world", &["event"]),
    ("iolaus", &["event", "enrich", "pipeline", "store", "replay", "kafka", "import", "world"]),
    ("tests", &EVERYTHING),
    ("kafka-harness", &[]),
    ("broker-bench", &["kafka-harness", "pipeline", "step"]),
];

const EVERYTHING: [&str; 17] = [
    "event",
    "avro",
    "step",
    "enrich",
    "fingerprint",
    "correlate",
    "cluster",
    "decide",
    "pipeline",
    "store",
    "replay",
    "kafka",
    "import",
    "world",
    "iolaus",
    "kafka-harness",
    "broker-bench",
];

/// Functions of their input: no I/O, nothing that waits.
const PURE: [&str; 8] =
    ["event", "step", "enrich", "fingerprint", "correlate", "cluster", "decide", "pipeline"];

/// What stands in the root, beside files that begin with a dot.
const ROOT: [&str; 13] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "crates",
    "deny.toml",
    "docker-compose.yml",
    "ops",
    "rust-toolchain.toml",
    "schemas",
    "tests",
];

const LINES_MOST: usize = 500;

/// Files that are longer, how much, and why.
const LONGER: [(&str, usize, &str); 2] = [
    ("crates/pipeline/src/account.rs", 620, "one shard: its gate, its fold and its batches"),
    ("crates/replay/src/run.rs", 760, "one loop: every queue and shard of a run"),
];

fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &str) -> String {
    text(&root().join(path))
}

/// Every file under `folder` with its path from the root.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of ours").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(root()).expect("under the root");
                found.push(inside.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<String> {
    let all = ["crates", "tests"].into_iter().flat_map(files);
    all.filter(|path| path.ends_with(".rs") && !path.contains("/target/")).collect()
}

/// The name of the crate in a folder.
fn member(path: &str) -> &str {
    match path {
        "tests/kafka" => "kafka-harness",
        "tests/bench" => "broker-bench",
        path => path.strip_prefix("crates/").unwrap_or(path),
    }
}

fn manifest(name: &str) -> String {
    match name {
        "tests" => read("tests/Cargo.toml"),
        "kafka-harness" => read("tests/kafka/Cargo.toml"),
        "broker-bench" => read("tests/bench/Cargo.toml"),
        name => read(&format!("crates/{name}/Cargo.toml")),
    }
}

/// The names under `[dependencies]` of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_member_is_known_and_keeps_the_lints() {
    let workspace = read("Cargo.toml");
    let members = workspace.lines().map(str::trim).filter(|line| line.starts_with('"'));
    let members: BTreeSet<_> = members.map(|line| line.trim_matches(['"', ','])).collect();
    let known: BTreeSet<_> = MAY_NAME.into_iter().map(|(name, _)| name).collect();
    let named: BTreeSet<_> = members.into_iter().map(member).collect();
    assert_eq!(named, known, "a new crate gets its place in MAY_NAME and in ARCHITECTURE.md");
    for name in known {
        let manifest = manifest(name);
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} does not keep the workspace's lints"
        );
    }
}

#[test]
fn arrows_point_down() {
    for (name, may) in MAY_NAME {
        for other in dependencies(&manifest(name)) {
            if EVERYTHING.contains(&other.as_str()) {
                assert!(may.contains(&other.as_str()), "{name} may not depend on {other}");
            }
        }
    }
}

#[test]
fn pure_crates_name_no_runtime_broker_or_store() {
    let edges = ["tokio", "rdkafka", "sled", "async-std", "smol", "rand", "chrono", "time", "log"];
    for name in PURE {
        for other in dependencies(&manifest(name)) {
            assert!(!edges.contains(&other.as_str()), "{name} is pure and may not use {other}");
        }
    }
}

/// A source without its tests: those at its end.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

/// Files that are compiled for tests only, as `#[cfg(test)]` before a `mod` says.
fn only_for_tests(sources: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in sources {
        let source = read(path);
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = match file {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            file => format!("{folder}/{}", file.trim_end_matches(".rs")),
        };
        let modules = source.split("#[cfg(test)]\n").skip(1).filter_map(|after| {
            after.lines().next()?.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
        });
        for module in modules {
            let inside = format!("{folder}/{module}/");
            let alone = format!("{folder}/{module}.rs");
            found.extend(
                sources.iter().filter(|path| **path == alone || path.starts_with(&inside)).cloned(),
            );
        }
    }
    found
}

#[test]
fn pure_crates_do_no_input_or_output() {
    let sources = sources();
    let tests = only_for_tests(&sources);
    let reaches = [
        "std::fs",
        "TcpStream",
        "UdpSocket",
        "ToSocketAddrs",
        "std::process",
        "std::io::std",
        "println!",
        "std::sync::mpsc",
    ];
    for path in &sources {
        let pure = PURE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
        if !pure || tests.contains(path) {
            continue;
        }
        let source = read(path);
        for reach in reaches {
            assert!(
                !without_tests(&source).contains(reach),
                "{path} is of a pure crate and may not use {reach}"
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_is_not_long() {
    let sources = sources();
    let tests = only_for_tests(&sources);
    for path in &sources {
        let source = read(path);
        assert!(source.starts_with("//!"), "{path} does not say what it is for: open with `//!`");
        if tests.contains(path) || path.starts_with("tests/") {
            continue;
        }
        let lines = without_tests(&source).lines().count();
        let most = LONGER.iter().find(|longer| longer.0 == path).map_or(LINES_MOST, |one| one.1);
        assert!(lines <= most, "{path} has {lines} lines without its tests, at most {most}");
    }
    for (path, _, _) in LONGER {
        let lines = without_tests(&read(path)).lines().count();
        assert!(lines > LINES_MOST, "{path} is no longer an exception");
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, or this file would be found.
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X "), concat!("todo", "!(")];
    let pages = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Cargo.toml", "deny.toml"];
    let pages = pages.into_iter().map(str::to_owned);
    let others = ["schemas", "ops"].into_iter().filter(|folder| root().join(folder).is_dir());
    for path in sources().into_iter().chain(pages).chain(others.flat_map(files)) {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for mark in marks {
            assert!(!text.contains(mark), "{path} has a leftover {mark}: do it, or write an issue");
        }
    }
}

#[test]
fn the_root_holds_what_it_must_and_no_more() {
    let ignored = read(".gitignore");
    let ignored: BTreeSet<_> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    for entry in fs::read_dir(root()).expect("the root").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            name.starts_with('.') || ROOT.contains(&name.as_str()) || ignored.contains(&*name),
            "{name} does not belong in the root"
        );
    }
}

fn code(names: impl IntoIterator<Item = &'static str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_readme_shows_the_topology() {
    let readme = read("README.md");
    let mut rows = Vec::new();
    for task in TASKS {
        let stages: Vec<_> = task.stages.iter().map(|stage| stage.name()).collect();
        rows.push(format!(
            "| `{}` | {} | {} | {} | {} |",
            task.name,
            task.partitioned_by,
            stages.join(", "),
            code(task.reads.iter().map(|topic| topic.name())),
            code(task.writes.iter().map(|topic| topic.name())),
        ));
    }
    for topic in TOPICS {
        let public = if topic.public { "yes" } else { "no" };
        rows.push(format!(
            "| `{}` | {} | {} | {} | {public} | {} |",
            topic.name,
            topic.key,
            topic.partitions.name(),
            topic.kept.name(),
            topic.carries,
        ));
    }
    for row in &rows {
        assert!(readme.contains(row), "README.md lacks a row of topology.rs:\n{row}");
    }
    let shown = readme.lines().filter(|line| {
        let first = line.strip_prefix("| `").and_then(|line| line.split('`').next());
        let is = |name: &str| first == Some(name);
        TASKS.iter().any(|task| is(task.name)) || TOPICS.iter().any(|topic| is(topic.name))
    });
    assert_eq!(shown.count(), rows.len(), "README.md shows a task or topic twice");
}

#[test]
fn the_readme_shows_every_setting() {
    let source = read("crates/iolaus/src/config.rs");
    // The fields of each struct, by its name.
    let mut structs: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut open = None;
    for line in source.lines() {
        if let Some(name) = line.strip_prefix("struct ").and_then(|line| line.strip_suffix(" {")) {
            open = Some(name);
        } else if line == "}" {
            open = None;
        } else if let (Some(name), Some((field, kind))) = (open, line.trim().split_once(": ")) {
            structs.entry(name).or_default().push((field, kind.trim_end_matches(',')));
        }
    }
    let broker = read("crates/kafka/src/settings.rs");
    let fields =
        broker.split("pub struct Settings {\n").nth(1).and_then(|rest| rest.split("}\n").next());
    let fields = fields.into_iter().flat_map(str::lines);
    let fields = fields.filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "));
    structs.insert("Option<kafka::Settings>", fields.collect());
    let mut settings = BTreeSet::new();
    for (section, kind) in &structs["File"] {
        for (key, _) in structs.get(kind).into_iter().flatten() {
            settings.insert(format!("{section}.{key}"));
        }
    }
    assert!(settings.len() > 10, "config.rs is not read as it should be: {settings:?}");
    let readme = read("README.md");
    let sections: Vec<_> =
        structs["File"].iter().map(|(section, _)| format!("{section}.")).collect();
    let shown: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| sections.iter().any(|section| name.starts_with(section)))
        .map(str::to_owned)
        .collect();
    assert_eq!(shown, settings, "the README's table of settings is not that of config.rs");
}

#[test]
fn the_readme_begins_with_the_two_commands_that_are_checked() {
    let readme = read("README.md");
    let check = read(".ci/run");
    for command in ["cargo run --release -- demo", "cargo test --workspace --locked"] {
        let place = readme.find(command).unwrap_or_else(|| panic!("README.md lacks {command}"));
        assert!(readme[..place].lines().count() < 20, "{command} does not come first");
    }
    assert!(check.contains("\nstep cargo test --workspace --locked\n"), "they must be the same");
}

#[test]
fn files_that_the_pages_name_exist() {
    let all: Vec<String> = ["crates", "schemas", "tests"].into_iter().flat_map(files).collect();
    for page in ["README.md", "ARCHITECTURE.md", "schemas/README.md"] {
        for name in read(page).split('`').skip(1).step_by(2) {
            let kinds = [".rs", ".txt", ".toml"];
            let plain = !name.contains(['<', '*', '{', ' ', '%']);
            if plain && kinds.iter().any(|kind| name.ends_with(kind)) {
                let there = root().join(name).exists()
                    || all.iter().any(|path| path.ends_with(&format!("/{name}")));
                assert!(there, "{page} names {name}, which is not there");
            }
        }
    }
}
