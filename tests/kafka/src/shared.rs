//! One broker for all tests of a test program, and what happens where there is no Kafka.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Instant;

use crate::cluster::Cluster;
use crate::error::Error;
use crate::options::Options;

static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();

/// The broker that the tests of this program share, started at the first call. Each test has topics
/// of its own. `None` where no Kafka is to be had: then the test has nothing to do.
///
/// # Panics
/// If there is no Kafka and `CI` is set, or if there is one and it does not start.
pub fn one_broker() -> Option<&'static Cluster> {
    SHARED.get_or_init(|| or_skip(Cluster::one_broker)).as_ref()
}

/// A cluster of a test's own. `None` where no Kafka is to be had.
///
/// # Panics
/// If there is no Kafka and `CI` is set, or if there is one and it does not start.
#[must_use]
pub fn start_or_skip(options: &Options) -> Option<Cluster> {
    or_skip(|| Cluster::start(options))
}

fn or_skip(begin: impl FnOnce() -> Result<Cluster, Error>) -> Option<Cluster> {
    let start = Instant::now();
    match begin() {
        Ok(cluster) => {
            say(&format!(
                "Kafka for tests: {} ({} broker(s) at {}, ready after {:.1} s)",
                cluster.distribution().describe(),
                cluster.size().max(1),
                cluster.bootstrap(),
                start.elapsed().as_secs_f64(),
            ));
            Some(cluster)
        }
        Err(error @ Error::Nowhere { .. }) if std::env::var_os("CI").is_none() => {
            say(&format!("\n*** KAFKA TESTS SKIPPED *** {error}\n"));
            None
        }
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// To standard error itself: what tests print is shown only when they fail.
fn say(line: &str) {
    // A closed standard error hears nothing.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
