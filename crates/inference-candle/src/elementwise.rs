//! Elementwise steps between matrix products, in place where the value is not needed again.
//!
//! Candle sends elementwise work on larger tensors through one process-wide pool whose callers queue on a
//! lock and spin; with several batches in flight they wait for each other. These steps use rayon, as the
//! matrix products do. Each element is computed on its own, so splitting the work cannot change a result.

mod error_function;

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result, Tensor, bail};
use rayon::prelude::*;

use error_function::error_function;

/// Elements of one piece of work; smaller tensors stay on the calling thread.
const CHUNK: usize = 1 << 14;

/// `values += addend` in place. The addend is as long as the values, or as one row of them (a bias).
pub(crate) fn add(values: &Tensor, addend: &Tensor) -> Result<()> {
    values.inplace_op2(addend, &Add)
}

/// `values *= factor` in place.
pub(crate) fn scale(values: &Tensor, factor: f32) -> Result<()> {
    values.inplace_op1(&Scale(factor))
}

/// The exact ("erf") GELU `x · Φ(x)` in place.
pub(crate) fn gelu(values: &Tensor) -> Result<()> {
    values.inplace_op1(&Gelu)
}

struct Add;

impl InplaceOp2 for Add {
    fn name(&self) -> &'static str {
        "add in place"
    }

    fn cpu_fwd(
        &self,
        values: &mut CpuStorage,
        layout: &Layout,
        addend: &CpuStorage,
        addend_layout: &Layout,
    ) -> Result<()> {
        let values = contiguous_mut(values, layout)?;
        let addend = contiguous(addend, addend_layout)?;
        if addend.is_empty() || !values.len().is_multiple_of(addend.len()) {
            bail!("cannot add {} values to {}", addend.len(), values.len())
        }
        if addend.len() == values.len() {
            values
                .par_chunks_mut(CHUNK)
                .zip(addend.par_chunks(CHUNK))
                .for_each(|(values, addend)| add_to(values, addend));
        } else {
            let rows = CHUNK.div_ceil(addend.len());
            values.par_chunks_mut(rows * addend.len()).for_each(|rows| {
                rows.chunks_exact_mut(addend.len())
                    .for_each(|row| add_to(row, addend));
            });
        }
        Ok(())
    }
}

fn add_to(values: &mut [f32], addend: &[f32]) {
    for (value, addend) in values.iter_mut().zip(addend) {
        *value += addend;
    }
}

struct Scale(f32);

impl InplaceOp1 for Scale {
    fn name(&self) -> &'static str {
        "scale in place"
    }

    fn cpu_fwd(&self, values: &mut CpuStorage, layout: &Layout) -> Result<()> {
        for_each_value(values, layout, |value| value * self.0)
    }
}

struct Gelu;

impl InplaceOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu in place"
    }

    fn cpu_fwd(&self, values: &mut CpuStorage, layout: &Layout) -> Result<()> {
        for_each_value(values, layout, |value| {
            0.5 * value * (1.0 + error_function(value * std::f32::consts::FRAC_1_SQRT_2))
        })
    }
}

fn for_each_value(
    values: &mut CpuStorage,
    layout: &Layout,
    compute: impl Fn(f32) -> f32 + Sync,
) -> Result<()> {
    contiguous_mut(values, layout)?
        .par_chunks_mut(CHUNK)
        .for_each(|chunk| {
            for value in chunk {
                *value = compute(*value);
            }
        });
    Ok(())
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("elementwise steps need contiguous f32 values"),
    }
}

fn contiguous_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&mut values[start..end]),
        _ => bail!("elementwise steps need contiguous f32 values"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Result, Tensor};

    use super::{add, gelu, scale};

    fn values(rows: usize, columns: usize) -> Result<Tensor> {
        Tensor::randn(0_f32, 2.0, (rows, columns), &Device::Cpu)
    }

    fn furthest(left: &Tensor, right: &Tensor) -> Result<f64> {
        (left.to_dtype(DType::F64)? - right.to_dtype(DType::F64)?)?
            .abs()?
            .max_all()?
            .to_scalar()
    }

    #[test]
    fn the_steps_agree_with_candles_on_small_and_on_split_tensors() -> Result<()> {
        for rows in [1, 3, 700] {
            let (left, right, bias) = (values(rows, 96)?, values(rows, 96)?, values(1, 96)?);
            let sum = left.copy()?;
            add(&sum, &right)?;
            assert!(furthest(&sum, &(&left + &right)?)? <= 0.0);
            let biased = left.copy()?;
            add(&biased, &bias)?;
            assert!(furthest(&biased, &left.broadcast_add(&bias)?)? <= 0.0);
            let scaled = left.copy()?;
            scale(&scaled, 0.25)?;
            assert!(furthest(&scaled, &(&left * 0.25)?)? <= 0.0);
            let bent = left.copy()?;
            gelu(&bent)?;
            assert!(furthest(&bent, &left.to_dtype(DType::F64)?.gelu_erf()?)? < 1e-6);
        }
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() -> Result<()> {
        assert!(add(&values(3, 4)?, &values(1, 5)?).is_err());
        assert!(gelu(&values(3, 4)?.t()?).is_err());
        Ok(())
    }
}
