//! The built-in scenarios, each as its file says it.

use super::super::Error;

/// The names of all built-in scenarios: attacks (S), look-alikes (N), adversary levels (L).
pub const NAMES: [&str; 48] = [
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14", "S15",
    "S16", "S17", "S18", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9", "N10", "N11", "N12",
    "N13", "N14", "N15", "N16", "N17", "N18", "N19", "N20", "N21", "N22", "N23", "L0", "L1", "L2",
    "L3", "L4", "L5", "L6",
];

/// Those of the demo, whose mechanics are their own.
pub const TYPED: [&str; 7] = ["S1", "S3", "S5", "N1", "N3", "N5", "N7"];

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../scenarios/", $name, ".toml")))),*]
    };
}

const FILES: &[(&str, &str)] = files!(
    "S1" "S2" "S3" "S4" "S5" "S6" "S7" "S8" "S9" "S10" "S11" "S12" "S13" "S14" "S15" "S16" "S17"
    "S18" "N1" "N2" "N3" "N4" "N5" "N6" "N7" "N8" "N9" "N10" "N11" "N12" "N13" "N14" "N15" "N16"
    "N17" "N18" "N19" "N20" "N21" "N22" "N23" "L0" "L1" "L2" "L3" "L4" "L5" "L6"
);

/// The plan of the standing benchmark.
pub const WORLD_1: &str = include_str!("../../../scenarios/world-1.toml");

/// The same, small enough for every change.
pub const WORLD_1_SMALL: &str = include_str!("../../../scenarios/world-1-small.toml");

/// The file of a built-in scenario.
#[must_use]
pub fn source(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
}

/// The table of a built-in scenario in its file, if there is one of that name.
///
/// # Errors
/// If the file is no good, which a test rules out.
pub fn table(name: &str) -> Result<Option<toml::Table>, Error> {
    let Some(text) = source(name) else { return Ok(None) };
    let file: toml::Table =
        text.parse().map_err(|error: toml::de::Error| Error::File(format!("{name}: {error}")))?;
    let first = file.get("scenario").and_then(|list| list.get(0)).and_then(toml::Value::as_table);
    Ok(first.cloned())
}
