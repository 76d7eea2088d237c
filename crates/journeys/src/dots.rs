//! Dot products of many vectors with each other: where most of the time of segmentation goes.
//!
//! Several are under way at a time, since one alone waits for its own sums, and every number that is loaded serves several of
//! them. Neither shows: each product is summed in the lanes and the order of [`dot`], to the bit.

use crate::similarity::{LANES, dot, sum_of_lanes};
use crate::wide_registers::with_wide_registers;

/// Rows that are compared at a time, each with [`VECTORS`] vectors.
const ROWS: usize = 4;
const VECTORS: usize = 2;
/// Rows that stay in the nearest cache while the vectors pass by.
const ROWS_IN_CACHE: usize = 4 * ROWS;

with_wide_registers! {
    /// The products of the vectors that lie one after the other in `vectors`, in pairs: that of vectors `i` and `j` before it
    /// at `i * stride + j`. What comes to stand elsewhere means nothing.
    pub(crate) fn dots_of_pairs(vectors: &[f32], dimension: usize, stride: usize, into: &mut [f32]) = plain_dots_of_pairs
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn plain_dots_of_pairs(vectors: &[f32], dimension: usize, stride: usize, into: &mut [f32]) {
    if dimension == 0 {
        into.fill(0.0);
        return;
    }
    let count = vectors.len() / dimension;
    let vector = |position: usize| &vectors[position * dimension..][..dimension];
    let whole = count - count % ROWS;
    for first in (0..whole).step_by(ROWS_IN_CACHE) {
        let rows = first..whole.min(first + ROWS_IN_CACHE);
        // Below the diagonal, and of the square on it the whole, as it comes.
        let mut later = first + 1;
        while later + VECTORS <= count {
            let both = [vector(later), vector(later + 1)];
            for row in rows.clone().step_by(ROWS).take_while(|row| *row <= later) {
                let products = tile(
                    both,
                    split(&vectors[row * dimension..][..ROWS * dimension], dimension),
                );
                for (vector, products) in (later..).zip(products) {
                    into[vector * stride + row..][..ROWS].copy_from_slice(&products);
                }
            }
            later += VECTORS;
        }
        if later < count {
            for row in rows.step_by(ROWS) {
                let rows = split(&vectors[row * dimension..][..ROWS * dimension], dimension);
                let [products] = tile([vector(later)], rows);
                into[later * stride + row..][..ROWS].copy_from_slice(&products);
            }
        }
    }
    for row in whole..count {
        for later in row + 1..count {
            into[later * stride + row] = dot(vector(later), vector(row));
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn split(rows: &[f32], dimension: usize) -> [&[f32]; ROWS] {
    let (first, second) = rows.split_at(2 * dimension);
    let ((a, b), (c, d)) = (first.split_at(dimension), second.split_at(dimension));
    [a, b, c, d]
}

/// The products of each vector with each row.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn tile<'v, const N: usize>(vectors: [&'v [f32]; N], rows: [&'v [f32]; ROWS]) -> [[f32; ROWS]; N] {
    let whole = vectors[0].len() / LANES;
    let blocks = |vector: &'v [f32]| &vector.as_chunks::<LANES>().0[..whole];
    let rest = |vector: &'v [f32]| vector.as_chunks::<LANES>().1;
    let (vector_blocks, row_blocks) = (vectors.map(blocks), rows.map(blocks));
    let mut lanes = [[[0.0_f32; LANES]; ROWS]; N];
    for block in 0..whole {
        for (lanes, vector) in lanes.iter_mut().zip(&vector_blocks) {
            for (lanes, row) in lanes.iter_mut().zip(&row_blocks) {
                for lane in 0..LANES {
                    lanes[lane] += vector[block][lane] * row[block][lane];
                }
            }
        }
    }
    for (lanes, vector) in lanes.iter_mut().zip(vectors.map(rest)) {
        for (lanes, row) in lanes.iter_mut().zip(rows.map(rest)) {
            for (lane, (left, right)) in vector.iter().zip(row).enumerate() {
                lanes[lane] += left * right;
            }
        }
    }
    lanes.map(|lanes| lanes.map(sum_of_lanes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(dimension: usize, count: usize) -> Vec<f32> {
        let value = |index: usize| ((index * 7919 + dimension) % 1013) as f32 / 1013.0 - 0.4;
        (0..dimension * count).map(|index| value(index + 17)).collect()
    }

    #[test]
    fn pairs_are_what_one_at_a_time_is_to_the_bit() {
        for dimension in [1, 9, 30] {
            for count in [0, 1, 2, 3, 4, 5, 8, 16, 17, 18, 19, 33, 50, 64] {
                let vectors = rows(dimension, count);
                let vector = |position: usize| &vectors[position * dimension..][..dimension];
                let stride = count + 3;
                let (mut given, mut without) = (vec![9.0; count * stride], vec![9.0; count * stride]);
                dots_of_pairs(&vectors, dimension, stride, &mut given);
                plain_dots_of_pairs(&vectors, dimension, stride, &mut without);
                for later in 0..count {
                    for earlier in 0..later {
                        let expected = dot(vector(later), vector(earlier)).to_bits();
                        let place = later * stride + earlier;
                        assert_eq!(
                            given[place].to_bits(),
                            expected,
                            "{dimension} {count} {later} {earlier}"
                        );
                        assert_eq!(
                            without[place].to_bits(),
                            expected,
                            "{dimension} {count} {later} {earlier}"
                        );
                    }
                }
            }
        }
    }
}
