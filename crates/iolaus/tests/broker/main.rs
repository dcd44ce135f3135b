//! The program on a real Kafka: what it commits is what a replay of the same stream says, however it is
//! run and whatever happens to it.

#![expect(clippy::disallowed_methods, reason = "programs are started, killed and waited for")]

mod equal;
mod kills;
mod live;
mod malformed;
mod memory;
mod recording;
mod refused;
mod routed;
mod stage;
mod stories;
mod warm;
