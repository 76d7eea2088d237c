//! The matrix product of packed rows with a layer's weights, by the `gemm` crate that candle multiplies with.
//!
//! It is called directly because candle's tensors allocate each result and cannot add a product to what is there. Its
//! caller divides texts between threads, so a product stays on one.

#![expect(unsafe_code, reason = "the matrix product takes pointers")]

use candle_core::{Result, Tensor};
use gemm::{Parallelism, gemm};

/// Weights of a dense layer, and the bias that whatever comes next adds to the product.
#[derive(Debug)]
pub(super) struct Dense {
    /// `[inputs, outputs]`: read in this order, all outputs of a row are sums over the inputs in one order, however many
    /// rows there are; a matrix that lies the other way has kernels of its own for small products.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// What a product is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing: it replaces what is there.
    Zero,
    /// What is there.
    Present,
}

impl Dense {
    /// `weight` has the shape `[outputs, inputs]`, `bias` `[outputs]`.
    pub(super) fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        Ok(Self {
            weight: weight.t()?.contiguous()?.flatten_all()?.to_vec1()?,
            bias: bias.to_vec1()?,
        })
    }

    pub(super) fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `into = base + rows × weight`: `[rows, inputs]` becomes `[rows, outputs]`.
    ///
    /// A row's results do not depend on how many others there are, if there is one: a lone row would go through another
    /// kernel, with another order of summation.
    pub(super) fn product(&self, rows: &[f32], into: &mut [f32], base: Base) {
        let outputs = self.bias.len();
        let inputs = self.weight.len() / outputs;
        let count = into.len() / outputs;
        assert!(
            count > 1 && rows.len() == count * inputs && into.len() == count * outputs,
            "{} values do not give {} by a layer of {inputs} to {outputs}",
            rows.len(),
            into.len()
        );
        let (inputs_apart, outputs_apart) = (inputs.cast_signed(), outputs.cast_signed());
        // SAFETY: the three matrices lie in slices of the asserted lengths, of which only `into` is written to.
        unsafe {
            gemm(
                count,
                outputs,
                inputs,
                into.as_mut_ptr(),
                1,
                outputs_apart,
                base == Base::Present,
                rows.as_ptr(),
                1,
                inputs_apart,
                self.weight.as_ptr(),
                1,
                outputs_apart,
                1.0_f32,
                1.0_f32,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Result, Tensor};

    use super::{Base, Dense};

    fn random(rows: usize, columns: usize) -> Result<Tensor> {
        Tensor::randn(0_f32, 1.0, (rows, columns), &Device::Cpu)
    }

    fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
        tensor.flatten_all()?.to_vec1()
    }

    /// The shapes of real models, and those of small ones.
    const SHAPES: [(usize, usize); 6] = [
        (384, 1152),
        (384, 384),
        (384, 1536),
        (1536, 384),
        (32, 96),
        (8, 8),
    ];

    #[test]
    fn products_agree_with_candles_and_are_added_to_what_is_there() -> Result<()> {
        for (inputs, outputs) in SHAPES {
            let (weight, rows) = (random(outputs, inputs)?, random(7, inputs)?);
            let dense = Dense::new(&weight, &random(1, outputs)?.flatten_all()?)?;
            let expected = flat(&rows.matmul(&weight.t()?)?)?;
            let mut replaced = vec![7.0; expected.len()];
            dense.product(&flat(&rows)?, &mut replaced, Base::Zero);
            let mut added = vec![1.0; expected.len()];
            dense.product(&flat(&rows)?, &mut added, Base::Present);
            for ((replaced, added), expected) in replaced.iter().zip(&added).zip(expected) {
                assert!((replaced - expected).abs() < 1e-3, "{replaced} {expected}");
                assert!((added - expected - 1.0).abs() < 1e-3, "{added} {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_row_is_the_same_to_the_bit_among_any_number_of_rows() -> Result<()> {
        for (inputs, outputs) in SHAPES {
            let dense = Dense::new(&random(outputs, inputs)?, &random(1, outputs)?.flatten_all()?)?;
            let rows = flat(&random(301, inputs)?)?;
            let before = flat(&random(301, outputs)?)?;
            let product = |start: usize, count: usize| {
                let mut into = before[start * outputs..(start + count) * outputs].to_vec();
                dense.product(
                    &rows[start * inputs..(start + count) * inputs],
                    &mut into,
                    Base::Present,
                );
                into
            };
            let all = product(0, 301);
            for (start, count) in [
                (299, 2),
                (17, 2),
                (5, 3),
                (100, 7),
                (64, 16),
                (1, 33),
                (9, 100),
                (0, 257),
                (3, 298),
            ] {
                assert!(
                    product(start, count) == all[start * outputs..(start + count) * outputs],
                    "{inputs} -> {outputs}: rows {start}..+{count}"
                );
            }
        }
        Ok(())
    }
}
