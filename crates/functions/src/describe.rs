//! Aggregates that describe a group of items, for analysts: `centroid`, `representatives`, `concepts`.
//!
//! Sums are kept in fixed point, so that neither order nor partitioning of the rows shows in the result.

pub mod centroid;
pub mod concepts;
pub mod representatives;

/// Values are multiplied by this before they are added up as integers.
const FIXED_POINT: f64 = 1_099_511_627_776.0; // 2^40

/// A finite value in fixed point; anything else counts as zero.
fn to_fixed(value: f32) -> i64 {
    let scaled = (f64::from(value) * FIXED_POINT).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "float to integer casts saturate, and NaN becomes 0"
    )]
    let fixed = scaled as i64;
    fixed
}
