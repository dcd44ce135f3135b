//! The configuration file: TOML, every key optional, unknown keys refused by name.
//!
//! What is in it is part of what a result depends on. Secrets may come from a file or from the
//! environment (`IOLAUS_SECRET`; of a broker see `connection.rs`), never from the file itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use enrich::{Enricher, Keys};
use event::EventTime;
use event::intake::Limits;
use serde::Deserialize;

use crate::connection;

/// All that a run needs to know.
pub struct Settings {
    /// What is taken at all.
    pub limits: Limits,
    /// The configuration of the tasks.
    pub pipeline: pipeline::Config,
    /// The enricher, with its keys.
    pub enricher: Enricher,
    /// How to reach a broker, if the file says so.
    pub kafka: Option<kafka::Settings>,
}

/// The secret of a run without one: good for trying things out, and no protection.
const PUBLIC_SECRET: &[u8] = b"iolaus: a public secret for demonstrations";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    time: Time,
    intake: IntakeSection,
    keys: KeySection,
    account: AccountSection,
    object: ObjectSection,
    cluster: ClusterSection,
    kafka: Option<kafka::Settings>,
}

/// Times in seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Time {
    lateness: Option<i64>,
    bucket: Option<i64>,
    table_delay: Option<i64>,
    epoch: Option<i64>,
    lead: Option<i64>,
    confirmations: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct IntakeSection {
    record_bytes: Option<usize>,
    earliest: Option<String>,
    latest: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeySection {
    secret_file: Option<PathBuf>,
    version: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AccountSection {
    dedup_window: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ObjectSection {
    artifact_life: Option<i64>,
    object_life: Option<i64>,
    hot_accounts: Option<u64>,
    hub_accounts: Option<usize>,
    rows_per_slot: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ClusterSection {
    least_accounts: Option<usize>,
}

/// Reads the file, or takes the defaults.
///
/// # Errors
/// If a key is unknown, a value has the wrong type, or values contradict each other.
pub fn read(path: Option<&Path>) -> anyhow::Result<Settings> {
    let file = match path {
        None => File::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read configuration {}", path.display()))?;
            toml::from_str(&text)
                .with_context(|| format!("cannot use configuration {}", path.display()))?
        }
    };
    Ok(Settings {
        limits: limits(&file.intake)?,
        pipeline: pipeline_config(&file)?,
        enricher: Enricher::new(&keys(&file.keys)?, &enrich::Config::default()),
        kafka: connection(file.kafka)?,
    })
}

/// Reads what a verb that needs a broker needs.
///
/// # Errors
/// As [`read`], or if the file says nothing of a broker.
pub fn read_kafka(path: &Path) -> anyhow::Result<(Settings, kafka::Settings)> {
    let mut settings = read(Some(path))?;
    let broker = settings.kafka.take().ok_or_else(|| {
        let path = path.display();
        anyhow!("{path} has no [kafka] section: say where the brokers are, and your topic")
    })?;
    Ok((settings, broker))
}

#[expect(clippy::disallowed_methods, reason = "addresses and secrets come from the environment")]
fn connection(section: Option<kafka::Settings>) -> anyhow::Result<Option<kafka::Settings>> {
    let environment = || {
        // What is no Unicode is no setting of ours.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(text)
    };
    section.map(|settings| connection::resolve(settings, environment())).transpose()
}

fn limits(section: &IntakeSection) -> anyhow::Result<Limits> {
    let mut limits = Limits::default();
    let time = |key: &str, text: &str| -> anyhow::Result<EventTime> {
        event::rfc3339::parse(text)
            .ok_or_else(|| anyhow!("intake.{key}: `{text}` is no RFC 3339 time"))
    };
    if let Some(bytes) = section.record_bytes {
        limits.record_bytes = bytes;
    }
    if let Some(text) = &section.earliest {
        limits.earliest = time("earliest", text)?;
    }
    if let Some(text) = &section.latest {
        limits.latest = time("latest", text)?;
    }
    if limits.earliest >= limits.latest {
        bail!("intake.earliest must be before intake.latest");
    }
    Ok(limits)
}

#[expect(clippy::disallowed_methods, reason = "the secret comes from the environment")]
fn keys(section: &KeySection) -> anyhow::Result<Keys> {
    let from_environment = std::env::var("IOLAUS_SECRET").ok();
    let secret = match (&section.secret_file, from_environment) {
        (Some(path), _) => std::fs::read(path)
            .with_context(|| format!("cannot read keys.secret_file {}", path.display()))?,
        (None, Some(secret)) => secret.into_bytes(),
        (None, None) => PUBLIC_SECRET.to_vec(),
    };
    if secret.len() < 16 {
        bail!("keys: a secret of {} bytes is too short; give at least 16", secret.len());
    }
    Ok(Keys::derive(&secret).with_version(section.version.unwrap_or(1)))
}

fn seconds(key: &str, value: Option<i64>, into: &mut i64) -> anyhow::Result<()> {
    match value {
        None => Ok(()),
        Some(value) if (1..=366 * 86_400).contains(&value) => {
            *into = value * 1_000;
            Ok(())
        }
        Some(value) => bail!("{key}: {value} is no number of seconds between 1 and a year"),
    }
}

fn pipeline_config(file: &File) -> anyhow::Result<pipeline::Config> {
    let mut config = pipeline::Config::default();
    let time = &mut config.time;
    seconds("time.lateness", file.time.lateness, &mut time.lateness)?;
    seconds("time.bucket", file.time.bucket, &mut time.bucket)?;
    seconds("time.table_delay", file.time.table_delay, &mut time.table_delay)?;
    seconds("time.epoch", file.time.epoch, &mut time.epoch)?;
    seconds("time.lead", file.time.lead, &mut time.lead)?;
    time.confirmations = file.time.confirmations.unwrap_or(time.confirmations).max(1);
    if time.table_delay < time.lateness + time.bucket {
        bail!("time.table_delay must be at least time.lateness + time.bucket");
    }
    if time.epoch % time.bucket != 0 {
        bail!("time.epoch must be a multiple of time.bucket");
    }
    seconds(
        "account.dedup_window",
        file.account.dedup_window,
        &mut config.fingerprint.dedup_window,
    )?;
    let object = &mut config.correlate;
    seconds("object.artifact_life", file.object.artifact_life, &mut object.artifact_life)?;
    seconds("object.object_life", file.object.object_life, &mut object.object_life)?;
    object.hot = file.object.hot_accounts.unwrap_or(object.hot).max(2);
    object.hub = file.object.hub_accounts.unwrap_or(object.hub).max(2);
    if let Some(rows) = file.object.rows_per_slot {
        object.rows_max = [rows.max(1); 3];
    }
    let least = file.cluster.least_accounts.unwrap_or(config.cluster.least);
    if least < 3 {
        bail!("cluster.least_accounts: {least} is too few to be told from chance; give at least 3");
    }
    config.cluster.least = least;
    Ok(config.agreed())
}
