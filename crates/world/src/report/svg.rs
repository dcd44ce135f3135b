//! Drawings: a campaign's hours, and shares with their intervals.

use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 20.0;

/// Harvest by the hour: what was made, and on it what was contained.
#[must_use]
pub fn timeline(hours: &BTreeMap<i64, [u64; 2]>, label: &str) -> String {
    let (Some(first), Some(last)) = (hours.keys().next(), hours.keys().next_back()) else {
        return String::new();
    };
    let most = hours.values().map(|counts| counts[0]).max().unwrap_or(1).max(1) as f64;
    let count = (last - first + 1) as f64;
    let slot = (WIDTH - LEFT) / count;
    let mut out = open(label, HEIGHT + BOTTOM);
    for (hour, [made, contained]) in hours {
        let x = LEFT + (hour - first) as f64 * slot;
        for (value, colour) in [(made, "var(--bad)"), (contained, "var(--good)")] {
            let high = *value as f64 / most * (HEIGHT - 8.0);
            rect(&mut out, x, HEIGHT - high, (slot - 0.6).max(0.4), high, colour);
        }
    }
    line(&mut out, LEFT, HEIGHT, WIDTH, HEIGHT);
    text(&mut out, LEFT - 6.0, 14.0, "end", &format!("{most}"));
    text(&mut out, LEFT - 6.0, HEIGHT, "end", "0");
    text(&mut out, LEFT, HEIGHT + 15.0, "start", "hour 0");
    text(&mut out, WIDTH, HEIGHT + 15.0, "end", &format!("hour {}", last - first));
    out.push_str("</svg>");
    out
}

/// Shares with their intervals, one a line, from 0 to 1.
#[must_use]
pub fn shares(rows: &[(String, f64, f64, f64)], label: &str) -> String {
    let (step, left) = (24.0, 150.0);
    let mut out = open(label, step * rows.len() as f64 + 24.0);
    let at = |share: f64| left + share * (WIDTH - left - 10.0);
    for (place, (name, share, low, high)) in rows.iter().enumerate() {
        let y = step * place as f64 + 16.0;
        text(&mut out, left - 8.0, y + 4.0, "end", name);
        rect(&mut out, at(0.0), y - 6.0, at(*share) - at(0.0), 12.0, "var(--mark)");
        line(&mut out, at(*low), y, at(*high), y);
    }
    let y = step * rows.len() as f64 + 18.0;
    for (share, words) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
        text(&mut out, at(share), y, if share == 1.0 { "end" } else { "middle" }, words);
    }
    out.push_str("</svg>");
    out
}

/// Several lines over a common axis: a curve for each name, of (x, y) with y from 0 to 1.
#[must_use]
pub fn curves(lines: &[(String, Vec<(f64, f64)>)], axis: &str, label: &str) -> String {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let (low, high) = points()
        .fold((f64::MAX, f64::MIN), |(low, high), point| (low.min(point.0), high.max(point.0)));
    let tall = 200.0;
    let x = |value: f64| LEFT + (value - low) / (high - low).max(1e-12) * (WIDTH - LEFT - 120.0);
    let y = |value: f64| tall - value * (tall - 16.0);
    let mut out = open(label, tall + BOTTOM);
    line(&mut out, LEFT, tall, WIDTH - 120.0, tall);
    text(&mut out, LEFT - 6.0, 20.0, "end", "100 %");
    text(&mut out, LEFT - 6.0, tall, "end", "0 %");
    text(&mut out, LEFT, tall + 15.0, "start", &format!("{axis} {low}"));
    text(&mut out, WIDTH - 120.0, tall + 15.0, "end", &format!("{high}"));
    for (place, (name, points)) in lines.iter().enumerate() {
        let colour = ["var(--mark)", "var(--bad)", "var(--good)", "var(--dim)"][place % 4];
        let path: Vec<String> =
            points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
        write!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        )
        .expect("a string takes everything");
        if let Some(last) = points.last() {
            text(&mut out, WIDTH - 114.0, y(last.1) + 4.0, "start", name);
        }
    }
    out.push_str("</svg>");
    out
}

fn open(label: &str, height: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        super::page::escaped(label)
    )
}

fn rect(out: &mut String, x: f64, y: f64, width: f64, height: f64, colour: &str) {
    write!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         fill=\"{colour}\"/>"
    )
    .expect("a string takes everything");
}

fn line(out: &mut String, x: f64, y: f64, to_x: f64, to_y: f64) {
    write!(
        out,
        "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{to_x:.1}\" y2=\"{to_y:.1}\" \
         stroke=\"var(--ink)\"/>"
    )
    .expect("a string takes everything");
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    write!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
        super::page::escaped(words)
    )
    .expect("a string takes everything");
}
