//! What was recorded of real traffic, as small tables: how long prompts and answers are, how
//! unequal clients are, and how their day goes.
//!
//! Sources. Tokens: Azure LLM inference trace 2023, `conv` (19,366 requests) and `code` (8,819),
//! github Azure/AzurePublicDataset b469a11, CC-BY-4.0. Clients: ServeGen, 313 language clients over
//! 14 days in windows of ten minutes, github alibaba/ServeGen f891d11, Apache-2.0. People: OpenAssistant
//! oasst1, 779 prompts of 570 users, github TurkuNLP/oasst-fi 45e9c46, Apache-2.0. The tables are
//! quantiles that we computed; between two of them we go straight.
//!
//! What they say that one would not guess: among clients with their own programs one in ten thousand
//! makes a large part of all traffic (sigma of the logarithm of their rates 2.57, the largest of 313
//! makes 30 per cent); half of them leave no night; most people ask once or twice.

use super::random::Rng;

/// The quantiles that the tables give.
const AT: [f64; 13] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// A quantity by its quantiles at [`AT`]; beyond the last it stays.
#[derive(Clone, Copy, Debug)]
pub struct Quantiles([f64; 13]);

/// Tokens of prompts in conversations.
pub const TALK_INPUT: Quantiles = Quantiles([
    2.0, 181.0, 207.0, 387.0, 403.0, 703.0, 1020.0, 1071.0, 1130.0, 1315.0, 2735.0, 4083.0, 4142.0,
]);

/// Tokens of answers in conversations.
pub const TALK_OUTPUT: Quantiles = Quantiles([
    7.0, 41.0, 54.0, 77.0, 91.0, 103.0, 129.0, 177.0, 384.0, 400.0, 424.0, 451.0, 601.0,
]);

/// Tokens of prompts in programming.
pub const CODE_INPUT: Quantiles = Quantiles([
    3.0, 75.0, 147.0, 385.0, 770.0, 1075.0, 1469.0, 1909.0, 2433.0, 3193.0, 5194.0, 7315.0, 7436.0,
]);

/// Tokens of answers in programming.
pub const CODE_OUTPUT: Quantiles =
    Quantiles([6.0, 6.0, 7.0, 8.0, 9.0, 11.0, 13.0, 16.0, 20.0, 29.0, 55.0, 90.0, 252.0]);

/// Coefficient of variation of the gaps between the requests of a client, over clients.
pub const BURSTINESS: Quantiles =
    Quantiles([0.24, 0.82, 0.94, 1.01, 1.08, 1.18, 1.44, 1.71, 2.07, 2.93, 6.83, 10.1, 24.9]);

/// The quietest hour of a client's day over its mean hour, over clients: no night from 0.6 on.
pub const NIGHT: Quantiles =
    Quantiles([0.0, 0.0, 0.0, 0.0, 0.012, 0.049, 0.12, 0.23, 0.47, 0.60, 0.72, 0.86, 0.94]);

/// Spread of the logarithm of the rates: of people, and of programs (2.57 was recorded; a platform's
/// limits cut the largest off).
pub const SPREAD_OF_PEOPLE: f64 = 1.1;
/// See [`SPREAD_OF_PEOPLE`].
pub const SPREAD_OF_PROGRAMS: f64 = 2.0;

impl Quantiles {
    /// A draw from the table.
    pub fn draw(&self, rng: &mut Rng) -> f64 {
        self.at(rng.unit())
    }

    /// The quantile at a share.
    #[must_use]
    pub fn at(&self, share: f64) -> f64 {
        let above = AT.partition_point(|&at| at <= share).clamp(1, AT.len());
        let Some(&next) = AT.get(above) else { return self.0[AT.len() - 1] };
        let (low, high) = (self.0[above - 1], self.0[above]);
        low + (high - low) * (share - AT[above - 1]) / (next - AT[above - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_recorded_median() {
        let mut rng = Rng::new(3);
        let mut draws: Vec<f64> = (0..4_001).map(|_| TALK_INPUT.draw(&mut rng)).collect();
        draws.sort_by(f64::total_cmp);
        assert!((draws[2_000] - 1_020.0).abs() < 60.0, "{}", draws[2_000]);
        assert_eq!(TALK_INPUT.at(0.999), 4_142.0);
    }

    #[test]
    fn tables_rise() {
        for table in [TALK_INPUT, TALK_OUTPUT, CODE_INPUT, CODE_OUTPUT, BURSTINESS, NIGHT] {
            assert!(table.0.is_sorted());
        }
    }
}
