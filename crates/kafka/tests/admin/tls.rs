//! TLS, client certificates and SCRAM at once, on a listener that takes nothing less:
//! `cargo test -p kafka --features tls --test admin`. Needs the program `openssl` for a certificate.

use std::path::Path;
use std::process::Command;

use kafka::admin::check::check;
use kafka::admin::{Connection, topics};
use kafka::{Counts, Settings};
use kafka_harness::{Cluster, Options};
use tempfile::TempDir;

use crate::settings;

const PASSWORD: &str = "open-sesame";

/// A key and a certificate that vouches for itself, for brokers and clients alike.
fn certificate(folder: &Path, name: &str) {
    let path = |what: &str| folder.join(format!("{name}.{what}"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2"])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .arg("-keyout")
        .arg(path("key"))
        .arg("-out")
        .arg(path("crt"))
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = |what| std::fs::read_to_string(path(what)).expect("it was made");
    std::fs::write(path("pem"), text("key") + &text("crt")).expect("a file");
}

fn start(folder: &Path) -> Option<Cluster> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut options = Options::one().user("admin", PASSWORD).set(
        "listener.security.protocol.map",
        "CLIENT:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    );
    for (key, value) in [
        ("keystore.type", "PEM"),
        ("keystore.location", &file("own.pem")),
        ("truststore.type", "PEM"),
        ("truststore.location", &file("own.crt")),
        ("client.auth", "required"),
    ] {
        options = options.set(&format!("listener.name.client.ssl.{key}"), value);
    }
    kafka_harness::start_or_skip(&options)
}

/// Settings of a client with its own certificate, which trusts another.
fn client(settings: &Settings, folder: &Path, own: &str, trusted: &str) -> Settings {
    let file = |name: &str, what: &str| folder.join(format!("{name}.{what}")).display().to_string();
    let mut settings = settings.clone();
    let properties = [
        ("security.protocol", "sasl_ssl".to_owned()),
        ("ssl.ca.location", file(trusted, "crt")),
        ("ssl.certificate.location", file(own, "crt")),
        ("ssl.key.location", file(own, "key")),
        ("sasl.mechanism", "SCRAM-SHA-512".to_owned()),
        ("sasl.username", "admin".to_owned()),
        ("sasl.password", PASSWORD.to_owned()),
    ];
    settings.properties.extend(properties.map(|(key, value)| (key.to_owned(), value)));
    settings
}

#[test]
fn topics_are_made_over_tls_with_scram_and_a_certificate() {
    let folder = TempDir::new().expect("a folder");
    certificate(folder.path(), "own");
    certificate(folder.path(), "other");
    let Some(cluster) = start(folder.path()) else { return };
    let settings = settings(&cluster, "tls");
    cluster.create_topic(&settings.input[0], 2, &[]).expect("the cluster does it");
    let good = client(&settings, folder.path(), "own", "own");
    let connection = Connection::open(&good).expect("it answers");
    let findings = check(&connection, &good).expect("it answers");
    let missing = topics::missing(&findings).expect("it may see them");
    topics::create(&connection, &good, &missing, 1).expect("it may make them");
    assert_eq!(Counts::ask(&good).expect("it fits").accounts, 2);
    // Each is refused in words that help: a broker that is not trusted, a certificate that the broker does
    // not trust, a wrong password, and a client that knows nothing of TLS.
    let mut wrong = good.clone();
    wrong.properties.insert("sasl.password".to_owned(), "guessed".to_owned());
    let refused = [
        (client(&settings, folder.path(), "own", "other"), "certificate verify failed"),
        (client(&settings, folder.path(), "other", "own"), "kafka.properties"),
        (wrong, "Authentication failed"),
        (settings, "kafka.properties"),
    ];
    for (settings, part) in refused {
        let error = Connection::open(&settings).and_then(|open| check(&open, &settings).map(drop));
        let error = error.expect_err("nobody gets in like this").to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("guessed") && !error.contains(PASSWORD), "{error}");
    }
}
