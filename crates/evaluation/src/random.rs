//! A small seeded generator (splitmix64), so that a seed means the same data in every version of every dependency.
//!
//! Not for secrets.

const INCREMENT: u64 = 0x9e37_79b9_7f4a_7c15;

/// A permutation of the 64-bit numbers in which neighbours have nothing in common.
pub(crate) fn scatter(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// An own sequence for each (seed, stream), so that one user's data does not depend on the others'.
    pub(crate) fn stream(seed: u64, stream: u64) -> Self {
        Self(scatter(
            scatter(seed.wrapping_add(INCREMENT)).wrapping_add(stream.wrapping_mul(INCREMENT)),
        ))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(INCREMENT);
        scatter(self.0)
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..bound`; 0 for an empty range.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from((u128::from(self.next()) * bound as u128) >> 64).unwrap_or_default()
    }

    /// Uniform in `from..=to`.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// Uniform in `0..bound` microseconds; 0 for an empty range.
    pub(crate) fn microseconds_below(&mut self, bound: i64) -> i64 {
        let bound = u128::from(bound.unsigned_abs());
        i64::try_from((u128::from(self.next()) * bound) >> 64).unwrap_or_default()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}
