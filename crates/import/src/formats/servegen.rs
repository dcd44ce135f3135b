//! ServeGen's rates of real API clients per ten minutes, expanded into requests.
//!
//! The trace stands for up to a billion requests, so it is sampled: every window keeps its share of
//! the limit, remainders carry over to the client's next window, and arrivals inside a window keep
//! the shape (Gamma or Weibull) that was fitted to them. Lengths are in another file and left out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use event::EventTime;
use event::time::SECOND;
use serde::Deserialize;

use super::bare;
use crate::batch::Batch;
use crate::random::Draws;
use crate::{Error, Format, Options, source};

pub const FORMAT: Format = Format {
    name: "servegen",
    about: "ServeGen's client_windows (CSV category, model, client, window_start_s, rate_rps, cv, \
        pattern, param1, param2); a client becomes an account; --limit is the size of the sample \
        (100,000 if not given)",
    read,
};

/// The sample if nobody says how large.
const SAMPLE: u64 = 100_000;

/// Seconds of a window.
const WINDOW_S: f64 = 600.0;

#[derive(Clone, Deserialize)]
struct Window {
    category: String,
    model: String,
    client: u64,
    window_start_s: i64,
    rate_rps: f64,
    pattern: Pattern,
    /// The shape of the fitted distribution; its scale follows from the rate.
    param1: f64,
}

#[derive(Clone, Copy, Deserialize)]
enum Pattern {
    Gamma,
    Weibull,
}

fn read(inputs: &[PathBuf], options: &Options, batch: &mut Batch) -> Result<(), Error> {
    let mut windows: Vec<Window> = Vec::new();
    for path in inputs {
        source::for_each_row(path, batch, |_, window: Window| {
            let sound = |value: f64| value.is_finite() && value > 0.0;
            if !sound(window.rate_rps) || !sound(window.param1) {
                return Err("rate and shape must be above 0".to_owned());
            }
            windows.push(window);
            Ok(())
        })?;
    }
    let volume: f64 = windows.iter().map(|window| window.rate_rps * WINDOW_S).sum();
    let scale = (options.limit.unwrap_or(SAMPLE) as f64 / volume).min(1.0);
    let mut owed: BTreeMap<(String, String, u64), f64> = BTreeMap::new();
    for (seed, window) in windows.iter().enumerate() {
        let client = (window.category.clone(), window.model.clone(), window.client);
        // Half a request to begin with, so that sums round to the nearest.
        let owed = owed.entry(client).or_insert(0.5);
        *owed += window.rate_rps * WINDOW_S * scale;
        let count = owed.floor();
        *owed -= count;
        expand(window, count as usize, seed as u64, options.start, batch);
    }
    Ok(())
}

/// Places `count` requests in a window, the gaps between them drawn from its distribution and
/// stretched to fill it.
fn expand(window: &Window, count: usize, seed: u64, start: EventTime, batch: &mut Batch) {
    let mut draws = Draws::new(seed);
    let mut gap = || match window.pattern {
        Pattern::Gamma => draws.gamma(window.param1),
        Pattern::Weibull => draws.weibull(window.param1),
    };
    let gaps: Vec<f64> = (0..=count).map(|_| gap()).collect();
    let whole = gaps.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let begin = start.plus(window.window_start_s.saturating_mul(SECOND));
    let account =
        batch.name(format_args!("{}-{}-{}", window.category, window.model, window.client));
    let mut place = 0.0;
    for gap in &gaps[..count] {
        place += gap;
        let millis = place / whole * WINDOW_S * SECOND as f64;
        batch.push(begin.plus(millis as i64), bare(account.clone(), &window.model));
    }
}
