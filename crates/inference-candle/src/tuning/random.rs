//! A small seeded generator (splitmix64), so that a seed means the same training in every version of every dependency.
//!
//! Not for secrets.

const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of numbers.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// An own sequence for each (seed, stream).
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(scatter(
            scatter(seed.wrapping_add(INCREMENT)).wrapping_add(stream.wrapping_mul(INCREMENT)),
        ))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(INCREMENT);
        scatter(self.0)
    }

    /// Uniform in `0..bound`; 0 for an empty range.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from((u128::from(self.next()) * bound as u128) >> 64).unwrap_or_default()
    }

    /// Normally distributed with mean 0 and variance 1, by Box and Muller's method.
    #[expect(clippy::cast_possible_truncation, reason = "f32 is what is wanted")]
    pub(super) fn normal(&mut self) -> f32 {
        let mut unit = || ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let (radius, angle) = ((-2.0 * unit().ln()).sqrt(), std::f64::consts::TAU * unit());
        (radius * angle.cos()) as f32
    }

    /// The numbers `0..count` in some order.
    pub(super) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for place in (1..count).rev() {
            order.swap(place, self.below(place + 1));
        }
        order
    }
}

/// A permutation of the 64-bit numbers in which neighbours have nothing in common.
fn scatter(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_their_mean_and_variance() {
        let mut random = Random::new(1, 2);
        let numbers: Vec<f64> = (0..20_000).map(|_| f64::from(random.normal())).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
    }

    #[test]
    fn an_order_holds_each_number_once() {
        let mut order = Random::new(3, 0).order(50);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        assert_ne!(order, Random::new(3, 1).order(50));
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
