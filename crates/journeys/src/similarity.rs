//! Arithmetic that is exact to the bit: dot product, cosine and days.
//!
//! Only operations that IEEE 754 rounds exactly, in a fixed order: a result is the same on every machine,
//! whether or not the compiler turns the lanes into vector instructions.

pub(crate) const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

pub(crate) const LANES: usize = 8;

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
    sum_of_lanes(lanes)
}

#[inline]
pub(crate) fn sum_of_lanes(lanes: [f32; LANES]) -> f32 {
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
