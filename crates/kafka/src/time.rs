//! Wall time at the edge: how long something took, and waiting for a broker. No result depends on it.

use std::time::{Duration, Instant};

/// Now.
#[expect(clippy::disallowed_methods, reason = "decides when to commit and when to give up waiting")]
pub fn now() -> Instant {
    Instant::now()
}

/// Waits between two looks at something that a broker must do first.
#[expect(clippy::disallowed_methods, reason = "a broker is asked again after a while")]
pub fn nap(time: Duration) {
    std::thread::sleep(time);
}

/// Milliseconds since 1970: how old a checkpoint is.
#[expect(clippy::disallowed_methods, reason = "a checkpoint that is too old is not used")]
pub fn unix_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}
