//! Layer normalisation of rows, with what is added to them before.

use super::arithmetic::{Arithmetic, Kernel, run};

/// Sums under way at a time, in a fixed order: a row's numbers depend on the row alone.
const LANES: usize = 16;

/// The learnt scale and shift of a layer normalisation.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) epsilon: f32,
}

impl Norm {
    /// Adds `addend` to each row, then normalises it, in place. Rows are as long as `addend`.
    pub(super) fn forward(&self, rows: &mut [f32], addend: &[f32]) {
        run(Normalise {
            norm: self,
            rows,
            addend,
        });
    }
}

struct Normalise<'a> {
    norm: &'a Norm,
    rows: &'a mut [f32],
    addend: &'a [f32],
}

impl Kernel for Normalise<'_> {
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let width = self.addend.len() as f32;
        let (weight, bias) = (&self.norm.weight, &self.norm.bias);
        for row in self.rows.chunks_exact_mut(self.addend.len()) {
            for (value, addend) in row.iter_mut().zip(self.addend) {
                *value += addend;
            }
            let mean = sum(row, |value, sum| sum + value) / width;
            for value in row.iter_mut() {
                *value -= mean;
            }
            let variance = sum(row, |value, sum| A::multiply_add(value, value, sum)) / width;
            let factor = 1.0 / (variance + self.norm.epsilon).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                *value = A::multiply_add(*value * factor, *weight, *bias);
            }
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn sum(row: &[f32], add: impl Fn(f32, f32) -> f32) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = add(*value, *lane);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = add(*value, *lane);
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Result, Tensor};

    use super::super::arithmetic::run_portably;
    use super::{Norm, Normalise};

    #[test]
    fn it_agrees_with_candles_for_widths_of_any_kind() -> Result<()> {
        for width in [1, 16, 23, 384] {
            let random = |rows| Tensor::randn(0.5_f32, 2.0, (rows, width), &Device::Cpu);
            let (rows, addend, weight, bias) = (random(5)?, random(1)?, random(1)?, random(1)?);
            let flat = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
            let expected = candle_nn::ops::layer_norm(
                &rows.broadcast_add(&addend)?,
                &weight.flatten_all()?,
                &bias.flatten_all()?,
                1e-3,
            )?;
            let norm = Norm {
                weight: flat(&weight)?,
                bias: flat(&bias)?,
                epsilon: 1e-3,
            };
            let addend = flat(&addend)?;
            let (mut wide, mut portable) = (flat(&rows)?, flat(&rows)?);
            norm.forward(&mut wide, &addend);
            run_portably(Normalise {
                norm: &norm,
                rows: &mut portable,
                addend: &addend,
            });
            for found in [&wide, &portable] {
                for (ours, candles) in found.iter().zip(flat(&expected)?) {
                    assert!((ours - candles).abs() < 2e-5, "{width}: {ours} {candles}");
                }
            }
        }
        Ok(())
    }
}
