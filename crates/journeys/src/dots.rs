//! Dot products of one vector with many: where most of the time of segmentation goes.
//!
//! Four are under way at a time, since one alone waits for its own sums; with wide registers where the machine has them.
//! Neither shows: each product is summed in the lanes and the order of [`dot`], to the bit.

use crate::similarity::{LANES, dot, sum_of_lanes};

const AT_A_TIME: usize = 4;

/// The products of `vector` with the vectors that lie one after the other in `rows`, as many as `into` takes.
pub(crate) fn dots(vector: &[f32], rows: &[f32], into: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
        // SAFETY: the processor has the feature that the function is compiled for.
        unsafe {
            with_avx2(vector, rows, into);
        }
        return;
    }
    plain(vector, rows, into);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(vector: &[f32], rows: &[f32], into: &mut [f32]) {
    plain(vector, rows, into);
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn plain(vector: &[f32], rows: &[f32], into: &mut [f32]) {
    let dimension = vector.len();
    if dimension == 0 {
        into.fill(0.0);
        return;
    }
    let (fours, rest) = into.as_chunks_mut::<AT_A_TIME>();
    let (of_fours, of_rest) = rows.split_at(fours.len() * AT_A_TIME * dimension);
    for (products, rows) in fours.iter_mut().zip(of_fours.chunks_exact(AT_A_TIME * dimension)) {
        let (first, second) = rows.split_at(2 * dimension);
        let ((a, b), (c, d)) = (first.split_at(dimension), second.split_at(dimension));
        *products = four(vector, [a, b, c, d]);
    }
    for (product, row) in rest.iter_mut().zip(of_rest.chunks_exact(dimension)) {
        *product = dot(vector, row);
    }
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn four(vector: &[f32], rows: [&[f32]; AT_A_TIME]) -> [f32; AT_A_TIME] {
    let (blocks, rest) = vector.as_chunks::<LANES>();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<LANES>());
    let mut lanes = [[0.0_f32; LANES]; AT_A_TIME];
    let others = a.0.iter().zip(b.0).zip(c.0).zip(d.0);
    for (block, (((a, b), c), d)) in blocks.iter().zip(others) {
        for lane in 0..LANES {
            lanes[0][lane] += block[lane] * a[lane];
            lanes[1][lane] += block[lane] * b[lane];
            lanes[2][lane] += block[lane] * c[lane];
            lanes[3][lane] += block[lane] * d[lane];
        }
    }
    for (lanes, row) in lanes.iter_mut().zip([a.1, b.1, c.1, d.1]) {
        for (lane, (left, right)) in rest.iter().zip(row).enumerate() {
            lanes[lane] += left * right;
        }
    }
    lanes.map(sum_of_lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_what_one_at_a_time_is_to_the_bit() {
        for dimension in [1, 7, 8, 9, 30, 384] {
            for count in [0, 1, 3, 4, 5, 11] {
                let value = |index: usize| ((index * 7919 + dimension) % 1013) as f32 / 1013.0 - 0.4;
                let vector: Vec<f32> = (0..dimension).map(value).collect();
                let rows: Vec<f32> = (0..dimension * count).map(|index| value(index + 17)).collect();
                let expected: Vec<f32> = rows.chunks(dimension).map(|row| dot(&vector, row)).collect();
                let (mut given, mut without) = (vec![0.0; count], vec![0.0; count]);
                dots(&vector, &rows, &mut given);
                plain(&vector, &rows, &mut without);
                let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&given), bits(&expected), "{dimension} {count}");
                assert_eq!(bits(&without), bits(&expected), "{dimension} {count}");
            }
        }
    }
}
