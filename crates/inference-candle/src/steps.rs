//! What happens to each row between matrix products: norms, gates, biases, exponentials.
//!
//! Rows are divided between threads. Sums run in sixteen lanes of fixed order, so results do not depend on it.

use rayon::prelude::*;

use crate::kernel::COLUMNS;
use crate::wide::wide;

/// Values of one piece of work.
const PIECE: usize = 1 << 14;

/// Divides each row by the root of its mean square and multiplies it with `weight`: RMSNorm, Zhang and Sennrich 2019.
pub(crate) fn norm_rows(rows: &[f32], weight: &[f32], epsilon: f32, into: &mut [f32]) {
    let width = weight.len();
    let piece = PIECE.div_ceil(width) * width;
    into.par_chunks_mut(piece)
        .zip(rows.par_chunks(piece))
        .for_each(|(into, rows)| {
            for (into, row) in into.chunks_exact_mut(width).zip(rows.chunks_exact(width)) {
                into.copy_from_slice(row);
                norm(into, weight, epsilon);
            }
        });
}

/// The norm of one vector, in place.
pub(crate) fn norm(values: &mut [f32], weight: &[f32], epsilon: f32) {
    wide(
        #[inline(always)]
        || {
            let factor = 1.0 / (sum_of_squares(values) / values.len() as f32 + epsilon).sqrt();
            for (value, weight) in values.iter_mut().zip(weight) {
                *value *= factor * weight;
            }
        },
    );
}

/// `silu(left half) · right half` of each row: `[rows, 2 n]` becomes `[rows, n]`.
pub(crate) fn gate_rows(rows: &[f32], width: usize, into: &mut [f32]) {
    let rows_per_piece = PIECE.div_ceil(width);
    into.par_chunks_mut(rows_per_piece * width)
        .zip(rows.par_chunks(rows_per_piece * 2 * width))
        .for_each(|(into, rows)| {
            for (into, row) in into.chunks_exact_mut(width).zip(rows.chunks_exact(2 * width)) {
                let (gates, values) = row.split_at(width);
                wide(
                    #[inline(always)]
                    || {
                        for ((into, gate), value) in into.iter_mut().zip(gates).zip(values) {
                            *into = gate / (1.0 + exponential(-gate)) * value;
                        }
                    },
                );
            }
        });
}

/// Adds `bias` to each row.
pub(crate) fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
    rows.par_chunks_mut(PIECE.div_ceil(bias.len()) * bias.len())
        .for_each(|rows| {
            for row in rows.chunks_exact_mut(bias.len()) {
                row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
            }
        });
}

/// Replaces scores by `exp(score − largest)` and returns their sum; a score of minus infinity becomes 0.
///
/// The number of scores is a multiple of sixteen; more of them that are minus infinity do not change the result.
pub(crate) fn exponentials(scores: &mut [f32], largest: f32) -> f32 {
    wide(
        #[inline(always)]
        || {
            let mut sums = [0.0_f32; COLUMNS];
            for scores in scores.as_chunks_mut::<COLUMNS>().0 {
                for (sum, score) in sums.iter_mut().zip(scores) {
                    *score = exponential(*score - largest);
                    *sum += *score;
                }
            }
            sum_of_lanes(&sums)
        },
    )
}

/// The largest of some values, whose number is a multiple of sixteen; minus infinity of none.
pub(crate) fn largest(values: &[f32]) -> f32 {
    wide(
        #[inline(always)]
        || {
            let mut lanes = [f32::NEG_INFINITY; COLUMNS];
            for values in values.as_chunks::<COLUMNS>().0 {
                for (lane, &value) in lanes.iter_mut().zip(values) {
                    *lane = if value > *lane { value } else { *lane };
                }
            }
            lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
        },
    )
}

/// Multiplies values with a factor.
pub(crate) fn scale(values: &mut [f32], factor: f32) {
    wide(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value *= factor),
    );
}

/// `exp(value)` to about 2 units in the last place; exactly 0 below −87, and not above `exp(88)`.
///
/// `exp(value) = 2^n · exp(rest)` with the nearest integer n, which adding 1.5 · 2^23 leaves in the low bits, and a
/// polynomial of degree 6 for the rest (coefficients of Cephes' `expf`).
#[inline(always)]
pub(crate) fn exponential(value: f32) -> f32 {
    const ROUNDING: f32 = 12_582_912.0;
    const MOST: f32 = 88.0;
    let value = if value > MOST { MOST } else { value };
    let shifted = value * std::f32::consts::LOG2_E + ROUNDING;
    let whole = shifted - ROUNDING;
    let rest = value - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4_f32;
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_66,
        0.500_000_06,
    ] {
        sum = sum * rest + coefficient;
    }
    let mantissa = sum * rest * rest + rest + 1.0;
    let power = f32::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 23));
    if value < -87.0 { 0.0 } else { power }
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn sum_of_squares(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<COLUMNS>();
    let mut sums = [0.0_f32; COLUMNS];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value * value;
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += value * value;
    }
    sum_of_lanes(&sums)
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn sum_of_lanes(lanes: &[f32; COLUMNS]) -> f32 {
    let mut lanes = *lanes;
    let mut half = COLUMNS / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_close_where_softmax_and_gates_need_it() {
        for step in -8700..=8800 {
            let value = step as f32 / 100.0;
            let exact = f64::from(value).exp();
            let error = (f64::from(exponential(value)) - exact).abs() / exact;
            assert!(error < 3e-7 || value < -86.9, "{value}: {error}");
        }
        assert!(exponential(f32::NEG_INFINITY) <= 0.0 && exponential(-90.0) <= 0.0);
        assert!((exponential(0.0) - 1.0).abs() <= 0.0);
    }

    #[test]
    fn masked_scores_change_no_sum() {
        let mut scores: Vec<f32> = (0..32).map(|index| (index as f32 * 0.7).sin() * 5.0).collect();
        let mut longer = scores.clone();
        longer.extend([f32::NEG_INFINITY; 96]);
        assert_eq!(largest(&scores).to_bits(), largest(&longer).to_bits());
        let top = largest(&scores);
        let (sum, longer_sum) = (exponentials(&mut scores, top), exponentials(&mut longer, top));
        assert_eq!(sum.to_bits(), longer_sum.to_bits());
        assert!(longer[..32] == scores && longer[32..].iter().all(|&weight| weight <= 0.0));
    }

    #[test]
    fn norms_and_gates_are_what_their_formulas_say() {
        let width = 50;
        let rows: Vec<f32> = (0..3 * width)
            .map(|index| (index as f32 * 0.37).sin() * 3.0)
            .collect();
        let weight: Vec<f32> = (0..width).map(|index| 0.5 + index as f32 / 50.0).collect();
        let mut normed = vec![0.0; rows.len()];
        norm_rows(&rows, &weight, 1e-5, &mut normed);
        for (row, normed) in rows.chunks(width).zip(normed.chunks(width)) {
            let mean = row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / width as f64;
            for ((value, weight), found) in row.iter().zip(&weight).zip(normed) {
                let expected = f64::from(*value) / (mean + 1e-5).sqrt() * f64::from(*weight);
                assert!((f64::from(*found) - expected).abs() < 1e-5);
            }
        }
        let mut gated = vec![0.0; rows.len() / 2];
        gate_rows(&rows, width / 2, &mut gated);
        for (row, gated) in rows.chunks(width).zip(gated.chunks(width / 2)) {
            for (index, found) in gated.iter().enumerate() {
                let gate = f64::from(row[index]);
                let expected = gate / (1.0 + (-gate).exp()) * f64::from(row[index + width / 2]);
                assert!((f64::from(*found) - expected).abs() < 1e-5);
            }
        }
    }
}
