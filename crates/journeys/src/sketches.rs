//! Unit vectors in whole numbers, by which many cosines are known nearly and fast.
//!
//! A whole-number product is exact whatever its order, takes half the memory of the vectors and half the instructions, and
//! differs from the cosine by less than a bound that follows from rounding: what is surely not the most similar need not be
//! compared with the vectors themselves.

/// What 1 becomes. A vector longer than 1 by a fiftieth does not overflow either.
const SCALE: f32 = 32_000.0;
/// Sketches are filled with zeros to whole blocks.
const BLOCK: usize = 16;
/// Added to a number of at most 2^22, it leaves the nearest whole number in the low bits.
const ROUNDING: f32 = 12_582_912.0;

/// Sketches of vectors of one dimension, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Sketches {
    /// Blocks of each.
    blocks: usize,
    values: Vec<[i16; BLOCK]>,
}

impl Sketches {
    pub(crate) fn of_dimension(dimension: usize) -> Self {
        Self {
            blocks: dimension.div_ceil(BLOCK),
            values: Vec::new(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    /// Sketches the vector, scaled by `factor` to length 1, in place of those at `position`, or after the last.
    pub(crate) fn put(&mut self, position: usize, vector: &[f32], factor: f32) {
        let needed = (position + 1) * self.blocks;
        if self.values.len() < needed {
            self.values.resize(needed, [0; BLOCK]);
        }
        sketch(
            vector,
            factor * SCALE,
            &mut self.values[position * self.blocks..needed],
        );
    }

    pub(crate) fn get(&self, position: usize) -> &[[i16; BLOCK]] {
        &self.values[position * self.blocks..][..self.blocks]
    }

    /// The cosines, nearly, of the sketch with all of these.
    pub(crate) fn cosines(&self, sketch: &[[i16; BLOCK]], into: &mut Vec<f32>) {
        into.clear();
        into.resize(self.values.len().checked_div(self.blocks).unwrap_or(0), 0.0);
        products(sketch, &self.values, into);
    }

    /// By how much a near cosine of unit vectors may be wrong: each number is rounded by at most half, and so each of the
    /// two vectors by at most half of the root of the dimension. The rest is for rounding of the vectors' own product.
    pub(crate) fn largest_error(&self) -> f32 {
        let rounded = ((self.blocks * BLOCK) as f32).sqrt() / SCALE;
        1.05 * rounded + 1e-4
    }
}

fn sketch(vector: &[f32], factor: f32, into: &mut [[i16; BLOCK]]) {
    let (blocks, rest) = vector.as_chunks::<BLOCK>();
    for (block, into) in blocks.iter().zip(into.iter_mut()) {
        for (value, into) in block.iter().zip(into) {
            *into = nearest_whole(value * factor);
        }
    }
    for (value, into) in rest.iter().zip(into.last_mut().into_iter().flatten()) {
        *into = nearest_whole(value * factor);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half holds the number")]
#[inline]
fn nearest_whole(value: f32) -> i16 {
    (value + ROUNDING).to_bits() as i16
}

fn products(sketch: &[[i16; BLOCK]], others: &[[i16; BLOCK]], into: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
        // SAFETY: the processor has the feature that the function is compiled for.
        unsafe {
            wide::products(sketch, others, into);
        }
        return;
    }
    plain_products(sketch, others, into);
}

fn plain_products(sketch: &[[i16; BLOCK]], others: &[[i16; BLOCK]], into: &mut [f32]) {
    for (other, into) in others.chunks_exact(sketch.len().max(1)).zip(into) {
        let pairs = sketch.as_flattened().iter().zip(other.as_flattened());
        *into = scaled(
            pairs
                .map(|(left, right)| i32::from(*left) * i32::from(*right))
                .sum(),
        );
    }
}

#[inline]
fn scaled(product: i32) -> f32 {
    product as f32 / (SCALE * SCALE)
}

#[cfg(target_arch = "x86_64")]
mod wide {
    //! The same with registers of 256 bits, which hold a block.

    use std::arch::x86_64::{
        __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_add_epi32,
        _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16,
        _mm256_setzero_si256,
    };

    use super::{BLOCK, scaled};

    /// Under way at a time, since one alone waits for its own sums.
    const ROWS: usize = 4;

    #[target_feature(enable = "avx2")]
    pub(super) fn products(sketch: &[[i16; BLOCK]], others: &[[i16; BLOCK]], into: &mut [f32]) {
        let blocks = sketch.len();
        if blocks == 0 {
            return;
        }
        let (fours, rest) = into.as_chunks_mut::<ROWS>();
        let (of_fours, of_rest) = others.split_at(fours.len() * ROWS * blocks);
        for (into, others) in fours.iter_mut().zip(of_fours.chunks_exact(ROWS * blocks)) {
            let mut sums = [_mm256_setzero_si256(); ROWS];
            for (position, block) in sketch.iter().enumerate() {
                let block = load(block);
                for (row, sum) in sums.iter_mut().enumerate() {
                    let other = load(&others[row * blocks + position]);
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(block, other));
                }
            }
            *into = sums.map(|sum| scaled(total(sum)));
        }
        for (into, other) in rest.iter_mut().zip(of_rest.chunks_exact(blocks)) {
            let mut sum = _mm256_setzero_si256();
            for (block, other) in sketch.iter().zip(other) {
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load(block), load(other)));
            }
            *into = scaled(total(sum));
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(block: &[i16; BLOCK]) -> __m256i {
        #[expect(unsafe_code, reason = "registers are loaded by address")]
        // SAFETY: a block is as long as the register, which need not be aligned.
        unsafe {
            _mm256_loadu_si256(block.as_ptr().cast())
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn total(sums: __m256i) -> i32 {
        let halves = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
        let pairs = _mm_add_epi32(halves, _mm_shuffle_epi32::<0b00_00_11_10>(halves));
        _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<0b00_00_00_01>(pairs)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::{dot, norm};

    fn unit(values: &[f32]) -> Vec<f32> {
        let length = norm(values);
        values.iter().map(|value| value / length).collect()
    }

    proptest! {
        #[test]
        fn near_cosines_are_as_near_as_they_say(
            values in prop::collection::vec(-1.0_f32..1.0, 60..2_000), count in 2_usize..12
        ) {
            let dimension = values.len() / count;
            let vectors: Vec<Vec<f32>> = values.chunks_exact(dimension).map(unit).collect();
            let (vector, others) = vectors.split_first().unwrap();
            prop_assume!(vectors.iter().flatten().all(|value| value.is_finite()));
            let mut sketches = Sketches::of_dimension(dimension);
            for (position, other) in others.iter().enumerate() {
                sketches.put(position, other, 1.0);
            }
            let mut own = Sketches::of_dimension(dimension);
            own.put(0, vector, 1.0);
            let mut cosines = Vec::new();
            sketches.cosines(own.get(0), &mut cosines);
            let mut plain = vec![0.0; cosines.len()];
            plain_products(own.get(0), &sketches.values, &mut plain);
            prop_assert_eq!(&cosines, &plain);
            prop_assert_eq!(cosines.len(), others.len());
            for (near, other) in cosines.iter().zip(others) {
                let exact = dot(vector, other);
                prop_assert!((near - exact).abs() <= sketches.largest_error(), "{near} {exact}");
            }
        }
    }

    #[test]
    fn whole_numbers_are_the_nearest() {
        for (value, expected) in [(0.4, 0), (-0.6, -1), (31_999.6, 32_000), (-32_640.0, -32_640)] {
            assert_eq!(nearest_whole(value), expected);
        }
    }

    #[test]
    fn one_direction_does_not_overflow() {
        let mut sketches = Sketches::of_dimension(1);
        sketches.put(0, &[1.02], 1.0);
        let mut cosines = Vec::new();
        sketches.cosines(sketches.get(0), &mut cosines);
        assert!((cosines[0] - 1.0404).abs() < 1e-3, "{cosines:?}");
    }
}
