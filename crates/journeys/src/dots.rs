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
                let rows = split(&vectors[row * dimension..][..ROWS * dimension], dimension);
                let products = products_of_two(both, rows);
                for (vector, products) in (later..).zip(products) {
                    into[vector * stride + row..][..ROWS].copy_from_slice(&products);
                }
            }
            later += VECTORS;
        }
        if later < count {
            for row in rows.step_by(ROWS) {
                let rows = split(&vectors[row * dimension..][..ROWS * dimension], dimension);
                let products = products_of_one(vector(later), rows);
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

/// The products of both vectors with each row. Every sum is named: the compiler keeps only such sums in registers.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn products_of_two(vectors: [&[f32]; VECTORS], rows: [&[f32]; ROWS]) -> [[f32; ROWS]; VECTORS] {
    let [x, y] = vectors.map(|vector| vector.as_chunks::<LANES>());
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<LANES>());
    let mut of_x = [[0.0_f32; LANES]; ROWS];
    let mut of_y = [[0.0_f32; LANES]; ROWS];
    let of_rows = a.0.iter().zip(b.0).zip(c.0).zip(d.0);
    for ((x, y), (((a, b), c), d)) in x.0.iter().zip(y.0).zip(of_rows) {
        for lane in 0..LANES {
            of_x[0][lane] += x[lane] * a[lane];
            of_x[1][lane] += x[lane] * b[lane];
            of_x[2][lane] += x[lane] * c[lane];
            of_x[3][lane] += x[lane] * d[lane];
            of_y[0][lane] += y[lane] * a[lane];
            of_y[1][lane] += y[lane] * b[lane];
            of_y[2][lane] += y[lane] * c[lane];
            of_y[3][lane] += y[lane] * d[lane];
        }
    }
    let rests = [a.1, b.1, c.1, d.1];
    [summed(of_x, x.1, rests), summed(of_y, y.1, rests)]
}

/// The products of one vector with each row.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn products_of_one(vector: &[f32], rows: [&[f32]; ROWS]) -> [f32; ROWS] {
    let x = vector.as_chunks::<LANES>();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<LANES>());
    let mut lanes = [[0.0_f32; LANES]; ROWS];
    let of_rows = a.0.iter().zip(b.0).zip(c.0).zip(d.0);
    for (x, (((a, b), c), d)) in x.0.iter().zip(of_rows) {
        for lane in 0..LANES {
            lanes[0][lane] += x[lane] * a[lane];
            lanes[1][lane] += x[lane] * b[lane];
            lanes[2][lane] += x[lane] * c[lane];
            lanes[3][lane] += x[lane] * d[lane];
        }
    }
    summed(lanes, x.1, [a.1, b.1, c.1, d.1])
}

/// Adds what is left of a vector and of each row behind the last whole block, and each row's lanes to one number.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn summed(mut lanes: [[f32; LANES]; ROWS], rest: &[f32], rests: [&[f32]; ROWS]) -> [f32; ROWS] {
    for (lanes, row) in lanes.iter_mut().zip(rests) {
        for (lane, (left, right)) in rest.iter().zip(row).enumerate() {
            lanes[lane] += left * right;
        }
    }
    lanes.map(sum_of_lanes)
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
