//! Scenarios as files say them: groups of accounts that are alike, and relays that work through
//! them.
//!
//! A scenario is words and numbers only; what follows from them is done by `group` (people) and
//! `relay` (operators). The built-in ones are files too (`crates/world/scenarios`), so whoever wants
//! another one copies a file and changes it.

mod group;
mod library;
mod overlay;
mod relay;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Error;
pub use group::{Group, Mail, Network, Payer, Program, Rhythm, Role, Says, Signup};
pub use library::{NAMES, TYPED, WORLD_1, WORLD_1_SMALL, source, table};
pub use overlay::lay_over;
pub use relay::{Order, Relay, Work, Workload};

/// A scenario: who is there, and who works through them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// What it is called in the truth.
    pub name: String,
    /// What it stands for, in a line.
    pub about: String,
    /// Accounts that are alike, by name.
    #[serde(default)]
    pub group: BTreeMap<String, Group>,
    /// Operators, by name; none in a scenario of honest people.
    #[serde(default)]
    pub relay: BTreeMap<String, Relay>,
}

impl Described {
    /// Reads a scenario from its table.
    ///
    /// # Errors
    /// [`Error::File`] that names the key.
    pub fn read(table: toml::Table) -> Result<Described, Error> {
        let name = table.get("name").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let failed = |error: toml::de::Error| {
            Error::File(format!("scenario {name}: {}", error.message().trim_end()))
        };
        table.try_into().map_err(failed)
    }

    /// How many accounts it has.
    #[must_use]
    pub fn accounts(&self) -> u64 {
        self.group.values().map(|group| group.accounts).sum()
    }

    /// The same scenario with each group `part` of `whole` as large, but none below `least`.
    #[must_use]
    pub fn scaled(mut self, part: u64, whole: u64) -> Described {
        for group in self.group.values_mut() {
            group.accounts = (group.accounts * part / whole).max(group.accounts.min(LEAST));
            if part > whole {
                // More sign up in the same time: the gaps shrink.
                group.signup_gap_seconds *= whole as f64 / part as f64;
            }
        }
        self
    }

    /// What keeps it from being simulated, if anything.
    ///
    /// # Errors
    /// [`Error::Plan`] that names the key.
    pub fn check(&self, hours: f64) -> Result<(), Error> {
        let named = |part: &str, result: Result<(), String>| {
            result.map_err(|reason| Error::Plan(format!("{}: {part}{reason}", self.name)))
        };
        if self.group.is_empty() {
            return named("", Err("it has no group".to_owned()));
        }
        for (name, group) in &self.group {
            named(&format!("group.{name}."), group.check(hours))?;
        }
        for (name, relay) in &self.relay {
            named(&format!("relay.{name}."), relay.check(hours, &self.group))?;
        }
        Ok(())
    }
}

/// What is left of a group, however small the platform.
const LEAST: u64 = 12;

/// Refuses a value, with the key first.
fn require(holds: bool, message: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message.to_owned()) }
}

/// Refuses a share outside 0 to 1.
fn share(value: f64, key: &str) -> Result<(), String> {
    require((0.0..=1.0).contains(&value), &format!("{key} = {value}: a share lies between 0 and 1"))
}
