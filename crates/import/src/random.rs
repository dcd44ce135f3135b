//! Draws that depend on nothing but their place, so that the same import gives the same events.
//! (Gamma and Weibull draws use the platform's `ln` and `powf`: a time may differ by a millisecond
//! between machines.)
#![expect(clippy::disallowed_methods, reason = "imported times may differ by a millisecond")]

/// A stream of draws from a seed (SplitMix64: small, known, good enough to place arrivals).
pub struct Draws(u64);

impl Draws {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Draws {
        Draws(seed)
    }

    /// The next draw, uniform above 0 and below 1, so that its logarithm exists.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A standard normal draw (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A Weibull draw of scale 1.
    pub fn weibull(&mut self, shape: f64) -> f64 {
        (-self.uniform().ln()).powf(1.0 / shape)
    }

    /// A gamma draw of scale 1 (Marsaglia and Tsang; below shape 1 by a power of a uniform draw).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().powf(1.0 / shape);
            return boost * self.gamma(shape + 1.0);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_distributions() {
        let mut draws = Draws::new(7);
        let mut mean = |draw: &dyn Fn(&mut Draws) -> f64| {
            (0..40_000).map(|_| draw(&mut draws)).sum::<f64>() / 40_000.0
        };
        for (mean, expected) in [
            (mean(&|draws| draws.uniform()), 0.5),
            (mean(&|draws| draws.gamma(3.0)), 3.0),
            (mean(&|draws| draws.gamma(0.25)), 0.25),
            (mean(&|draws| draws.weibull(1.0)), 1.0),
            (mean(&|draws| draws.weibull(0.5)), 2.0),
        ] {
            assert!((mean / expected - 1.0).abs() < 0.05, "{mean} is not {expected}");
        }
    }
}
