//! What the laws, the planted faults and the stories are made with.
//!
//! `scene` writes a small platform's log in which clusters, decisions and table rows arise;
//! `arrival` makes the log late, silent and jumping; `runs` sends it through the replay and tells
//! two results apart byte for byte; `driver` is a second, small driver over encoded records, in which
//! faults can be planted without touching the product; `apart` runs each stage by itself.

pub mod apart;
pub mod arrival;
pub mod driver;

mod random;
pub mod runs;
pub mod scene;
pub mod stories;

pub use random::Random;

use proptest::test_runner::{Config, RngSeed};

/// How a law is tried: this many cases unless `PROPTEST_CASES` asks for more, always the same ones.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "how long to test is the tester's business")]
pub fn trials(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config {
        cases: asked.unwrap_or(cases),
        rng_seed: RngSeed::Fixed(0x0010_1a05),
        failure_persistence: None,
        max_shrink_iters: 120,
        ..Config::default()
    }
}
