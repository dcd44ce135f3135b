//! Other people's data as canonical events: public traces, corpora and logs, one file per format.
//!
//! Reads what a source publishes, plain or compressed, and writes the data contract's JSON lines in
//! order of time. A source with its own clock keeps it; one without is spread over accounts and
//! days as the options say. What a source doesn't tell stays absent. Nothing is drawn from chance:
//! the same files and options give the same events.

mod batch;
mod error;
mod formats;
mod random;
mod source;
mod spread;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::PathBuf;

use event::EventTime;

pub use batch::Counts;
pub use error::Error;

use batch::Batch;

/// A source that can be read.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, which files it takes, and what becomes an account.
    pub about: &'static str,
    read: fn(&[PathBuf], &Options, &mut Batch) -> Result<(), Error>,
}

/// What the sources leave open.
#[derive(Clone, Debug)]
pub struct Options {
    /// When the first event happens, for sources without a date.
    pub start: EventTime,
    /// Over how many accounts requests are spread, for sources without accounts.
    pub accounts: u32,
    /// How many requests each of them makes in a day, for sources without a clock.
    pub rate: f64,
    /// The model that is named, for sources without one.
    pub model: String,
    /// The most events to write. A trace of rates is sampled down to it, any other source is cut.
    pub limit: Option<u64>,
}

impl Default for Options {
    /// One account, a hundred requests a day, from the first day of 2026.
    fn default() -> Self {
        Options {
            start: EventTime(1_767_225_600_000),
            accounts: 1,
            rate: 100.0,
            model: "imported".to_owned(),
            limit: None,
        }
    }
}

/// All formats, by name.
#[must_use]
pub fn formats() -> &'static [Format] {
    formats::ALL
}

/// Reads `inputs` as `format` and writes their events to `out`, in order of time.
///
/// # Errors
/// For an unknown format, options that make no sense, a file that can't be read, or an output that
/// can't be written. A line that is not in form is counted and named in the result.
pub fn import(
    format: &str,
    inputs: &[PathBuf],
    options: &Options,
    out: &mut dyn Write,
) -> Result<Counts, Error> {
    let known = formats().iter().find(|known| known.name == format);
    let format = known.ok_or_else(|| Error::unknown_format(format))?;
    if options.accounts == 0 {
        return Err(Error::Options("requests can't be spread over no accounts"));
    }
    if !(options.rate.is_finite() && options.rate > 0.0) {
        return Err(Error::Options("the rate must be a number of requests a day above 0"));
    }
    let mut batch = Batch::new(format.name, options.limit);
    (format.read)(inputs, options, &mut batch)?;
    batch.write(out)
}
