//! A Kafka broker by hand, for development: prints its bootstrap address and runs until standard input
//! closes or Ctrl-C. `--three` starts three brokers.

use std::io::{Read, Write};
use std::time::Instant;

use kafka_harness::{Cluster, Options};

#[expect(clippy::disallowed_methods, reason = "how many, and how long it took to start them")]
fn main() -> Result<(), kafka_harness::Error> {
    let options = match std::env::args().nth(1).as_deref() {
        Some("--three") => Options::three(),
        _ => Options::one(),
    };
    let start = Instant::now();
    let cluster = Cluster::start(&options)?;
    eprintln!(
        "{}, ready after {:.1} s; ends with standard input or Ctrl-C",
        cluster.distribution().describe(),
        start.elapsed().as_secs_f64(),
    );
    println!("{}", cluster.bootstrap());
    // Nobody may be reading; what matters is that standard input is open.
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}
