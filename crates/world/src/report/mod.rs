//! The report: one HTML file that needs no network, with what was found, what leaked, who was touched
//! and what was missed.

mod compare;
mod page;
mod parts;
mod svg;
mod sweep;
#[cfg(test)]
mod tests;

pub use compare::{compare_page, compare_table};
pub use sweep::{SweepPoint, sweep_page, sweep_table};

use crate::baselines::Standing;
use crate::evaluate::Evaluation;
use page::Page;

/// The report of one evaluation, with the baselines beside it where they were run.
#[must_use]
pub fn html(title: &str, evaluation: &Evaluation, baselines: &[Standing]) -> String {
    let mut page = Page::new(title);
    parts::headline(&mut page, evaluation);
    parts::campaigns(&mut page, evaluation);
    parts::timelines(&mut page, evaluation);
    parts::segments(&mut page, evaluation);
    parts::clusters(&mut page, evaluation);
    parts::baselines(&mut page, baselines);
    parts::misses(&mut page, evaluation);
    parts::notes(&mut page, evaluation);
    page.finish()
}
