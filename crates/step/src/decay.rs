//! Exponential decay of counters, in integers: `value × 2^(−elapsed / half_life)`.

/// 2^(-i/64) in units of 2^-32, for i in 0..64.
const POWERS: [u64; 64] = powers();

const fn powers() -> [u64; 64] {
    // 2^(-1/64) in units of 2^-62; repeated multiplication stays exact to far below 2^-32.
    const STEP: u128 = 4_562_008_997_483_360_349;
    let mut table = [0_u64; 64];
    let mut power: u128 = 1 << 62;
    let mut index = 0;
    while index < 64 {
        table[index] = (power >> 30) as u64;
        power = (power * STEP) >> 62;
        index += 1;
    }
    table
}

/// What is left of `value` after `elapsed` at the given half-life (same unit; negative counts as
/// none). Exact to about one part in a hundred: between table steps it takes the earlier one.
#[must_use]
pub fn decayed(value: u64, elapsed: i64, half_life: i64) -> u64 {
    if elapsed <= 0 || value == 0 {
        return value;
    }
    let steps = (i128::from(elapsed) * 64 / i128::from(half_life.max(1))) as u64;
    let halvings = steps / 64;
    if halvings >= 64 {
        return 0;
    }
    let scaled = (u128::from(value) * u128::from(POWERS[(steps % 64) as usize])) >> 32;
    (scaled >> halvings) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_at_the_half_life() {
        assert_eq!(decayed(1 << 20, 24, 24), 1 << 19);
        assert_eq!(decayed(1 << 20, 48, 24), 1 << 18);
        assert_eq!(decayed(1 << 20, 0, 24), 1 << 20);
        assert_eq!(decayed(1 << 20, -5, 24), 1 << 20);
        assert_eq!(decayed(u64::MAX, i64::MAX, 1), 0);
    }

    #[test]
    fn is_close_to_the_real_thing_in_between() {
        let half = decayed(1_000_000_000, 12, 24) as f64;
        assert!((half / 707_106_781.0 - 1.0).abs() < 0.011, "{half}");
    }

    #[test]
    fn never_grows() {
        let mut last = u64::MAX;
        for elapsed in 0..500 {
            let now = decayed(u64::MAX, elapsed, 37);
            assert!(now <= last);
            last = now;
        }
    }
}
