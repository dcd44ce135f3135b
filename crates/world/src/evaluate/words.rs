//! Numbers as people read them; what has no support is `no data`, never 0 or 1.

use std::fmt::Write;

/// Appends rows under a header, the first column left, the others right aligned.
pub fn columns(text: &mut String, header: &[&str], rows: &[Vec<String>], empty: &str) {
    if rows.is_empty() {
        writeln!(text, "{empty}\n").expect("a string takes everything");
        return;
    }
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let lines = || std::iter::once(&header).chain(rows);
    let widths: Vec<usize> = (0..header.len())
        .map(|column| lines().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines() {
        let mut out = format!("{:<1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            write!(out, "  {cell:>width$}").expect("a string takes everything");
        }
        writeln!(text, "{}", out.trim_end()).expect("a string takes everything");
    }
    text.push('\n');
}

/// A number, where it is known.
#[must_use]
pub fn count(value: Option<u64>) -> String {
    value.map_or_else(|| "no data".to_owned(), |value| value.to_string())
}

/// A figure with three decimals.
#[must_use]
pub fn decimal(value: Option<f64>) -> String {
    value.map_or_else(|| "no data".to_owned(), |value| format!("{value:.3}"))
}

/// A share as percent, with as many decimals as one near nothing or all needs.
#[must_use]
pub fn percent(value: Option<f64>) -> String {
    let Some(value) = value else { return "no data".to_owned() };
    let percent = value * 100.0;
    let plain = percent == 0.0 || percent == 100.0 || (0.1..99.95).contains(&percent);
    if plain {
        format!("{percent:.1} %")
    } else if percent >= 0.001 {
        format!("{percent:.4} %")
    } else {
        format!("{percent:.1e} %")
    }
}

/// A duration in its two largest units.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as i64;
    match whole {
        ..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {} s", whole / 60, whole % 60),
        3_600..86_400 => format!("{} h {} min", whole / 3_600, whole / 60 % 60),
        _ => format!("{} d {} h", whole / 86_400, whole / 3_600 % 24),
    }
}
