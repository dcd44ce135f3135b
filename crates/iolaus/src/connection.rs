//! The `[kafka]` section with what does not stand in the file: addresses and secrets.
//!
//! `IOLAUS_KAFKA_BOOTSTRAP_SERVERS` and `IOLAUS_KAFKA_INSTANCE` replace what the file says, and `IOLAUS_KAFKA_` with a property's name in
//! capitals, dots as underscores, sets that property (`IOLAUS_KAFKA_SASL_PASSWORD`). A property whose
//! name ends in `_file` is read from that file. A secret in the file itself is refused.

use anyhow::{Context, bail};
use kafka::Settings;

const VARIABLE: &str = "IOLAUS_KAFKA_";

/// Puts in what `environment` and files tell, and checks the whole.
///
/// # Errors
/// If a file can't be read, a secret stands in the configuration, or a value can't be used.
pub fn resolve(
    mut settings: Settings,
    environment: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<Settings> {
    for (key, value) in std::mem::take(&mut settings.properties) {
        let (name, value) = match key.strip_suffix("_file") {
            Some(name) => {
                let text = std::fs::read_to_string(&value)
                    .with_context(|| format!("cannot read kafka.properties.\"{key}\" {value}"))?;
                (name.to_owned(), text.trim_end_matches(['\r', '\n']).to_owned())
            }
            None if kafka::settings::is_secret(&key) => bail!(
                "kafka.properties.\"{key}\": a secret has no place in this file; put it in a file of its \
                 own and name that as \"{key}_file\", or set {}",
                variable(&key)
            ),
            None => (key.clone(), value),
        };
        if settings.properties.insert(name.clone(), value).is_some() {
            bail!("kafka.properties: \"{name}\" is given twice, itself and as \"{name}_file\"");
        }
    }
    for (name, value) in environment {
        match name.strip_prefix(VARIABLE) {
            Some("BOOTSTRAP_SERVERS") => settings.bootstrap_servers = value,
            Some("INSTANCE") => settings.instance = Some(value),
            Some(name) => {
                settings.properties.insert(name.to_lowercase().replace('_', "."), value);
            }
            None => {}
        }
    }
    settings.check()?;
    Ok(settings)
}

fn variable(property: &str) -> String {
    format!("{VARIABLE}{}", property.to_uppercase().replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(properties: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::new("one:9092", &["requests"]);
        for (key, value) in properties {
            settings.properties.insert((*key).to_owned(), (*value).to_owned());
        }
        settings
    }

    fn resolved(
        properties: &[(&str, &str)],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Settings> {
        let owned = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        resolve(settings(properties), owned)
    }

    #[test]
    fn addresses_and_secrets_come_from_outside() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let path = file.path().display().to_string();
        let environment = [
            ("IOLAUS_KAFKA_BOOTSTRAP_SERVERS", "two:9092"),
            ("IOLAUS_KAFKA_SASL_USERNAME", "iolaus"),
            ("IOLAUS_SECRET", "something else"),
        ];
        let settings = resolved(&[("sasl.password_file", &path)], &environment).unwrap();
        assert_eq!(settings.bootstrap_servers, "two:9092");
        let properties: Vec<_> = settings.properties.into_iter().collect();
        let owned = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = [owned("sasl.password", "hunter2"), owned("sasl.username", "iolaus")];
        assert_eq!(properties, expected);
    }

    #[test]
    fn what_cannot_be_used_is_said_with_the_way_out_and_without_the_secret() {
        let error = resolved(&[("sasl.password", "hunter2")], &[]).unwrap_err().to_string();
        assert!(error.contains("IOLAUS_KAFKA_SASL_PASSWORD"), "{error}");
        assert!(error.contains("\"sasl.password_file\"") && !error.contains("hunter2"), "{error}");
        let error = resolved(&[("ssl.ca.pem_file", "/nowhere")], &[]).unwrap_err().to_string();
        assert!(error.contains("/nowhere"), "{error}");
        let wrong = [("IOLAUS_KAFKA_ISOLATION_LEVEL", "read_uncommitted")];
        let error = resolved(&[], &wrong).unwrap_err().to_string();
        assert!(error.contains("isolation.level"), "{error}");
    }
}
