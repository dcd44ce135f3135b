//! A real Apache Kafka for tests.
//!
//! Starts one broker or three on free ports of the loopback, with their data in a temporary folder,
//! and takes everything away afterwards, also when a test panics or its process is killed. Where
//! Kafka comes from is said on standard error (`distribution.rs`). A proxy before the brokers can
//! hold back single kinds of requests, and lose their answers. Knows nothing of Iolaus.

#![expect(
    clippy::disallowed_methods,
    reason = "it starts other programs and waits for them, which is what it is for"
)]

mod acls;
mod cluster;
mod distribution;
mod error;
mod node;
mod options;
mod ports;
mod proxy;
mod shared;
mod watchdog;

pub use acls::{Acl, Pattern, Resource};
pub use cluster::Cluster;
pub use distribution::Distribution;
pub use error::Error;
pub use options::{Options, User};
pub use proxy::{Action, ApiKey, Proxy};
pub use shared::{one_broker, start_or_skip};
