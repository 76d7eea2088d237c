//! A linear layer whose rows do not influence each other, down to the last bit.
//!
//! Everything that promises "the same alone or in a batch" rests on this file.

use candle_core::{Result, Tensor};

use crate::elementwise;

/// `rows × weightᵀ + bias`, in f32.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// A view of shape `[inputs, outputs]`; the memory stays `[outputs, inputs]`.
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// `weight` has the shape `[outputs, inputs]`.
    pub(crate) fn new(weight: &Tensor, bias: Option<Tensor>) -> Result<Self> {
        Ok(Self {
            weight: weight.t()?,
            bias,
        })
    }

    /// `rows` has the shape `[row_count, inputs]`.
    ///
    /// A matrix product of one row takes a different path through the kernels (a vector product, with
    /// another order of summation) than one of several rows, so a lone row is computed twice. From two
    /// rows on, each output is the sum over the inputs in one fixed order, whatever the row count; this
    /// needs more than 128 outputs, which every layer of a language model has.
    pub(crate) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let product = if rows.dim(0)? == 1 {
            Tensor::cat(&[rows, rows], 0)?
                .matmul(&self.weight)?
                .narrow(0, 0, 1)?
        } else {
            rows.matmul(&self.weight)?
        };
        if let Some(bias) = &self.bias {
            elementwise::add(&product, bias)?;
        }
        Ok(product)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Result, Tensor};

    use super::Linear;

    /// The shapes of both models; the longest inner dimension is the one that kernels split.
    #[test]
    fn a_row_is_the_same_alone_and_among_any_number_of_rows() -> Result<()> {
        for (inputs, outputs) in [(384, 1152), (1536, 384), (576, 192), (576, 3072), (1536, 576)] {
            let weight = Tensor::randn(0_f32, 1.0, (outputs, inputs), &Device::Cpu)?;
            let linear = Linear::new(&weight, None)?;
            let rows = Tensor::randn(0_f32, 1.0, (301, inputs), &Device::Cpu)?;
            let all = linear.forward(&rows)?.to_vec2::<f32>()?;
            for (start, count) in [
                (0, 1),
                (300, 1),
                (17, 2),
                (5, 3),
                (100, 7),
                (64, 16),
                (1, 33),
                (9, 100),
                (0, 257),
                (3, 298),
            ] {
                let part = linear.forward(&rows.narrow(0, start, count)?)?.to_vec2::<f32>()?;
                assert!(
                    part == all[start..start + count],
                    "{inputs} -> {outputs}: rows {start}..+{count}"
                );
            }
        }
        Ok(())
    }
}
