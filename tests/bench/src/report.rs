//! Figures as a table for people and as JSON for programs.

use serde_json::{Map, Value, json};

/// What was found, in order.
#[derive(Debug)]
pub struct Report {
    what: &'static str,
    figures: Vec<(String, f64, &'static str)>,
    notes: Vec<String>,
}

impl Report {
    /// A report without figures yet.
    pub fn new(what: &'static str) -> Report {
        Report { what, figures: Vec::new(), notes: Vec::new() }
    }

    /// Adds a figure with its unit.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push((name.into(), value, unit));
    }

    /// Adds the quantiles of some times, in milliseconds.
    pub fn quantiles(&mut self, name: &str, times: &mut [f64]) {
        times.sort_by(f64::total_cmp);
        for (quantile, text) in [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")] {
            self.add(format!("{name}, {text}"), quantile_of(times, quantile), "ms");
        }
        self.add(format!("{name}, counted"), times.len() as f64, "");
    }

    /// Says under what circumstances.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// For people.
    pub fn table(&self) -> String {
        let width = self.figures.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        let mut text = format!("{}\n", self.what);
        for note in &self.notes {
            text.push_str(&format!("  ({note})\n"));
        }
        for (name, value, unit) in &self.figures {
            let digits = if value.fract() == 0.0 { 0 } else { 2 };
            text.push_str(&format!("  {name:<width$}  {value:>12.digits$} {unit}\n"));
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let figures: Map<String, Value> = self
            .figures
            .iter()
            .map(|(name, value, unit)| (name.clone(), json!({ "value": value, "unit": unit })))
            .collect();
        json!({ "what": self.what, "notes": self.notes, "figures": figures })
    }
}

/// The value below which this share of sorted values lies.
pub fn quantile_of(sorted: &[f64], quantile: f64) -> f64 {
    let place = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(place.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}
