//! Attention of one text's tokens to each other, for texts of a few tokens to a few hundred.
//!
//! A text is attended to on its own, so nothing is padded to the length of another, and nothing is masked.

use super::arithmetic::{Arithmetic, Kernel, polynomial, run};

/// Numbers that are computed side by side: two wide registers.
const LANES: usize = 16;
/// Queries that are computed side by side, so that one does not wait for its own sums.
const QUERIES: usize = 4;

/// How rows divide into heads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) count: usize,
    pub(super) size: usize,
}

/// Memory that is used again for every head of every text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// `[tokens][size]`, scaled.
    queries: Vec<f32>,
    /// `[size][tokens]`.
    keys: Vec<f32>,
    /// `[tokens][size]`, rows filled with noughts up to whole lanes.
    values: Vec<f32>,
    /// `[QUERIES][tokens]`, rows filled up to whole lanes.
    scores: Vec<f32>,
}

/// `rows` holds query, key and value of each token beside each other, without their biases: `[tokens, 3 · width]`. The
/// result is `[tokens, width]`.
pub(super) fn attend(rows: &[f32], biases: &[f32], heads: Heads, scratch: &mut Scratch, into: &mut [f32]) {
    run(Attend {
        rows,
        biases,
        heads,
        scratch,
        into,
    });
}

struct Attend<'a> {
    rows: &'a [f32],
    biases: &'a [f32],
    heads: Heads,
    scratch: &'a mut Scratch,
    into: &'a mut [f32],
}

impl Kernel for Attend<'_> {
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let size = self.heads.size;
        let tokens = self.rows.len() / self.biases.len();
        let padded_tokens = tokens.next_multiple_of(LANES);
        let padded_size = size.next_multiple_of(LANES);
        self.scratch.resize(tokens, padded_tokens, size, padded_size);
        for head in 0..self.heads.count {
            self.scratch.gather(
                self.rows,
                self.biases,
                self.heads,
                head,
                padded_tokens,
                padded_size,
            );
            for first in (0..tokens).step_by(QUERIES) {
                // The last queries are computed again where there are not enough.
                let queries: [usize; QUERIES] = std::array::from_fn(|query| (first + query).min(tokens - 1));
                self.scratch.score::<A>(queries, tokens, padded_tokens, size);
                let mut factors = [0.0_f32; QUERIES];
                for (factor, scores) in factors
                    .iter_mut()
                    .zip(self.scratch.scores.chunks_exact_mut(padded_tokens))
                {
                    *factor = 1.0 / exponentials::<A>(scores);
                }
                for block in 0..padded_size / LANES {
                    let sums = self.scratch.mix::<A>(tokens, padded_tokens, padded_size, block);
                    let column = head * size + block * LANES;
                    let width = LANES.min(size - block * LANES);
                    for ((query, sums), factor) in queries.iter().zip(&sums).zip(factors) {
                        let row = &mut self.into[query * self.heads.count * size + column..][..width];
                        for (value, sum) in row.iter_mut().zip(sums) {
                            *value = sum * factor;
                        }
                    }
                }
            }
        }
    }
}

impl Scratch {
    fn resize(&mut self, tokens: usize, padded_tokens: usize, size: usize, padded_size: usize) {
        for (values, length) in [
            (&mut self.queries, tokens * size),
            (&mut self.keys, size * padded_tokens),
            (&mut self.values, tokens * padded_size),
            (&mut self.scores, QUERIES * padded_tokens),
        ] {
            // What fills rows up stays nought only if nothing of another text is left.
            values.clear();
            values.resize(length, 0.0);
        }
    }

    /// Copies a head's queries, keys and values to where the loops read them in order.
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn gather(
        &mut self,
        rows: &[f32],
        biases: &[f32],
        heads: Heads,
        head: usize,
        padded_tokens: usize,
        padded_size: usize,
    ) {
        let size = heads.size;
        let width = heads.count * size;
        let part = |values: &'_ [f32], part: usize| -> std::ops::Range<usize> {
            debug_assert_eq!(values.len(), 3 * width);
            let start = part * width + head * size;
            start..start + size
        };
        let scale = 1.0 / (size as f32).sqrt();
        for (token, row) in rows.chunks_exact(3 * width).enumerate() {
            let queries = &mut self.queries[token * size..][..size];
            let range = part(row, 0);
            for ((query, value), bias) in queries.iter_mut().zip(&row[range.clone()]).zip(&biases[range]) {
                *query = (value + bias) * scale;
            }
            let range = part(row, 1);
            for (dimension, (value, bias)) in row[range.clone()].iter().zip(&biases[range]).enumerate() {
                self.keys[dimension * padded_tokens + token] = value + bias;
            }
            let values = &mut self.values[token * padded_size..][..size];
            let range = part(row, 2);
            for ((target, value), bias) in values.iter_mut().zip(&row[range.clone()]).zip(&biases[range]) {
                *target = value + bias;
            }
        }
    }

    /// The products of some queries with all keys; places without a key get minus infinity.
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn score<A: Arithmetic>(
        &mut self,
        queries: [usize; QUERIES],
        tokens: usize,
        padded_tokens: usize,
        size: usize,
    ) {
        let queries = queries.map(|query| &self.queries[query * size..][..size]);
        for first in (0..padded_tokens).step_by(LANES) {
            let mut sums = [[0.0_f32; LANES]; QUERIES];
            for dimension in 0..size {
                let Some(keys) = self.keys[dimension * padded_tokens + first..].first_chunk::<LANES>() else {
                    continue;
                };
                for (sums, query) in sums.iter_mut().zip(queries) {
                    let factor = query[dimension];
                    for (sum, key) in sums.iter_mut().zip(keys) {
                        *sum = A::multiply_add(factor, *key, *sum);
                    }
                }
            }
            for (query, sums) in sums.iter().enumerate() {
                self.scores[query * padded_tokens + first..][..LANES].copy_from_slice(sums);
            }
        }
        for scores in self.scores.chunks_exact_mut(padded_tokens) {
            scores[tokens..].fill(f32::NEG_INFINITY);
        }
    }

    /// For each query, the values of all tokens by their weights: one block of lanes.
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn mix<A: Arithmetic>(
        &self,
        tokens: usize,
        padded_tokens: usize,
        padded_size: usize,
        block: usize,
    ) -> [[f32; LANES]; QUERIES] {
        let weights: [&[f32]; QUERIES] =
            std::array::from_fn(|query| &self.scores[query * padded_tokens..][..tokens]);
        let mut sums = [[0.0_f32; LANES]; QUERIES];
        for token in 0..tokens {
            let Some(values) = self.values[token * padded_size + block * LANES..].first_chunk::<LANES>()
            else {
                continue;
            };
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let factor = weights[token];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = A::multiply_add(factor, *value, *sum);
                }
            }
        }
        sums
    }
}

/// Replaces scores by the exponentials of their distances from the greatest, and gives their sum. As many scores as
/// whole lanes.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn exponentials<A: Arithmetic>(scores: &mut [f32]) -> f32 {
    let mut greatest = [f32::NEG_INFINITY; LANES];
    for block in scores.as_chunks::<LANES>().0 {
        for (greatest, score) in greatest.iter_mut().zip(block) {
            *greatest = greatest.max(*score);
        }
    }
    let greatest = greatest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0_f32; LANES];
    for block in scores.as_chunks_mut::<LANES>().0 {
        for (sum, score) in sums.iter_mut().zip(block) {
            *score = exponential::<A>(*score - greatest);
            *sum += *score;
        }
    }
    sums.iter().sum()
}

/// Below this, an exponential adds nothing to a sum of at least 1.
const LEAST_EXPONENT: f32 = -86.0;
/// A number so large that adding it rounds to whole numbers, which then are its lowest bits.
const ROUNDING: f32 = 12_582_912.0;
/// The logarithm of 2, as the sum of one number with few digits and of the rest.
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// Of the exponential's power series; the next term is below half the distance of f32 numbers at 1.
const SERIES: [f32; 7] = [1.0, 1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0];

/// `exp(x)` for `x` of at most 0, by `2ⁿ · exp(r)` with `r` between plus and minus half the logarithm of 2.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn exponential<A: Arithmetic>(x: f32) -> f32 {
    let x = x.max(LEAST_EXPONENT);
    let rounded = A::multiply_add(x, std::f32::consts::LOG2_E, ROUNDING);
    let whole = rounded - ROUNDING;
    let rest = A::multiply_add(whole, -LN_2.1, A::multiply_add(whole, -LN_2.0, x));
    let power = rounded.to_bits().wrapping_sub(ROUNDING.to_bits()) << 23;
    f32::from_bits(polynomial::<A, 7>(SERIES, rest).to_bits().wrapping_add(power))
}

#[cfg(test)]
mod tests {
    use candle_core::{D, DType, Device, Result, Tensor};

    use super::super::arithmetic::run_portably;
    use super::{Attend, Heads, Scratch, attend};

    /// The same in f64 by candle.
    fn expected(rows: &Tensor, biases: &Tensor, heads: Heads) -> Result<Vec<f64>> {
        let tokens = rows.dim(0)?;
        let parts = rows
            .broadcast_add(biases)?
            .to_dtype(DType::F64)?
            .reshape((tokens, 3, heads.count, heads.size))?
            .permute((1, 2, 0, 3))?
            .contiguous()?;
        let scores = (parts.get(0)?.matmul(&parts.get(1)?.t()?)? / (heads.size as f64).sqrt())?;
        candle_nn::ops::softmax(&scores, D::Minus1)?
            .matmul(&parts.get(2)?)?
            .transpose(0, 1)?
            .contiguous()?
            .flatten_all()?
            .to_vec1()
    }

    #[test]
    fn it_agrees_with_candles_for_any_number_of_tokens_and_any_size_of_head() -> Result<()> {
        let mut scratch = Scratch::default();
        for (count, size) in [(12, 32), (2, 64), (3, 5), (1, 17)] {
            let heads = Heads { count, size };
            let width = 3 * count * size;
            for tokens in [2, 1, 3, 4, 5, 16, 17, 40, 256, 7] {
                let rows = Tensor::randn(0_f32, 2.0, (tokens, width), &Device::Cpu)?;
                let biases = Tensor::randn(0_f32, 1.0, (1, width), &Device::Cpu)?;
                let exact = expected(&rows, &biases, heads)?;
                let rows = rows.flatten_all()?.to_vec1::<f32>()?;
                let biases = biases.flatten_all()?.to_vec1::<f32>()?;
                let (mut wide, mut portable) = (vec![f32::NAN; exact.len()], vec![f32::NAN; exact.len()]);
                attend(&rows, &biases, heads, &mut scratch, &mut wide);
                run_portably(Attend {
                    rows: &rows,
                    biases: &biases,
                    heads,
                    scratch: &mut scratch,
                    into: &mut portable,
                });
                for found in [&wide, &portable] {
                    for (ours, exact) in found.iter().zip(&exact) {
                        assert!(
                            (f64::from(*ours) - exact).abs() < 3e-5,
                            "{count} heads of {size}, {tokens} tokens: {ours} {exact}"
                        );
                    }
                }
            }
        }
        Ok(())
    }

    #[test]
    fn scores_far_apart_leave_numbers() {
        let heads = Heads { count: 1, size: 1 };
        let rows = [1000.0, 1000.0, 1.0, 1000.0, -1000.0, 2.0];
        let mut into = [0.0; 2];
        attend(&rows, &[0.0; 3], heads, &mut Scratch::default(), &mut into);
        assert!(into.iter().all(|value| (value - 1.0).abs() < 1e-6), "{into:?}");
    }
}
