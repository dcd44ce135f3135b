//! Progress while a person waits: on standard error, and only if it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with a goal.
pub fn bar(what: &'static str, goal: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<12} {wide_bar} {percent:>3} %  {eta}")
        .expect("the template is a constant");
    ProgressBar::with_draw_target(Some(goal), ProgressDrawTarget::stderr())
        .with_style(style)
        .with_message(what)
}

/// A counter without one.
pub fn counter(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<12} {human_pos} records  {per_sec}")
        .expect("the template is a constant");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_style(style)
        .with_message(what)
}
