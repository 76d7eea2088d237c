//! The steps of a decoder that training needs and candle has no gradient for, or a costly one.
//!
//! Candle's product differentiates both sides; the weights here are frozen, so half of that work, and a matrix as large as
//! each weight, would be thrown away. Values are f32 on the processor.

mod normalise;
mod rotate;
mod silu;
mod softmax;
#[cfg(test)]
mod tests;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};

pub(super) use normalise::Normalise;
pub(super) use rotate::Rotate;
pub(super) use silu::GatedSilu;
pub(super) use softmax::{CausalSoftmax, NegativeLogLikelihood};

/// `rows × weightᵀ` with a frozen weight `[outputs, inputs]`.
#[derive(Debug, Clone)]
pub(super) struct FrozenProduct(pub(super) Tensor);

impl CustomOp1 for FrozenProduct {
    fn name(&self) -> &'static str {
        "frozen product"
    }

    fn cpu_fwd(&self, rows: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let shape = layout.shape().dims2()?;
        let product =
            Tensor::from_slice(contiguous(rows, layout)?, shape, &Device::Cpu)?.matmul(&self.0.t()?)?;
        let shape = product.shape().clone();
        Ok((CpuStorage::F32(values(&product)?), shape))
    }

    fn bwd(&self, _rows: &Tensor, _product: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(gradient.contiguous()?.matmul(&self.0)?))
    }
}

/// All values in their order.
pub(super) fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("training needs contiguous f32 values"),
    }
}
