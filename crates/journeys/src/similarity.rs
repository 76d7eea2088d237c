//! Arithmetic shared by joining, merging and describing: dot product, cosine, combination and decay.
//!
//! Only operations that IEEE 754 rounds exactly, in a fixed order: a result is the same on every machine,
//! whether or not the compiler turns the lanes into vector instructions.

pub(crate) const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

const LANES: usize = 8;

/// The dot product over the common prefix of both slices, summed in eight interleaved lanes that are added
/// pairwise at the end.
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let length = left.len().min(right.len());
    let (left_blocks, left_rest) = left[..length].as_chunks::<LANES>();
    let (right_blocks, right_rest) = right[..length].as_chunks::<LANES>();
    for (a, b) in left_blocks.iter().zip(right_blocks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in left_rest.iter().zip(right_rest).enumerate() {
        lanes[lane] += a * b;
    }
    ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
}

pub(crate) fn norm(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

/// Cosine in -1..=1; 0 where a vector has no direction.
pub(crate) fn cosine(left: &[f32], left_norm: f32, right: &[f32], right_norm: f32) -> f32 {
    let lengths = left_norm * right_norm;
    if lengths > 0.0 {
        (dot(left, right) / lengths).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// The weighted mean of the two cosines. It never falls when one of them rises, so `combine(vector, 1.0, share)`
/// bounds it from above, exactly, before the concepts are looked at.
pub(crate) fn combine(vector_cosine: f32, concept_cosine: f32, concept_share: f32) -> f32 {
    (1.0 - concept_share) * vector_cosine + concept_share * concept_cosine
}

/// The fraction left after `half_lives`: exact at whole numbers, linear between them (at most 6% above the
/// exponential). The exponential itself is not exactly rounded everywhere, and would differ between machines.
pub fn decay(half_lives: f64) -> f64 {
    // The last exponent of a normal number; further halving would lose digits before it reaches nothing.
    const SMALLEST_EXPONENT: f64 = 1022.0;
    if half_lives <= 0.0 {
        return 1.0;
    }
    let whole = half_lives.floor();
    if whole > SMALLEST_EXPONENT {
        return 0.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to 1022"
    )]
    let power_of_half = f64::from_bits((1023 - whole as u64) << 52);
    power_of_half * (1.0 - (half_lives - whole) / 2.0)
}

/// Decay over the time between two instants in microseconds; nothing decays backwards.
pub(crate) fn decay_between(earlier_us: i64, later_us: i64, half_life_days: f32) -> f64 {
    decay(days_between(earlier_us, later_us) / f64::from(half_life_days))
}

pub(crate) fn days_between(earlier_us: i64, later_us: i64) -> f64 {
    later_us.saturating_sub(earlier_us) as f64 / MICROSECONDS_PER_DAY as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}
