//! Elementwise steps between matrix products, in place where the value is not needed again.
//!
//! Candle sends elementwise work on larger tensors through one process-wide pool whose callers queue on a
//! lock and spin; with several batches in flight they wait for each other. These steps use rayon, as the
//! matrix products do. Each element is computed on its own, so splitting the work cannot change a result.

use candle_core::{CpuStorage, CustomOp1, InplaceOp1, InplaceOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

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

/// `silu(left half) · right half` of each row: `[rows, 2 n]` becomes `[rows, n]`.
pub(crate) fn gated_silu(rows: &Tensor) -> Result<Tensor> {
    rows.apply_op1_no_bwd(&GatedSilu)
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

struct GatedSilu;

impl CustomOp1 for GatedSilu {
    fn name(&self) -> &'static str {
        "gated silu"
    }

    fn cpu_fwd(&self, rows: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (row_count, width) = layout.shape().dims2()?;
        let (rows, half) = (contiguous(rows, layout)?, width / 2);
        if half == 0 || width != 2 * half {
            bail!("a row of {width} values has no two halves")
        }
        let mut results = vec![0_f32; row_count * half];
        let rows_per_chunk = CHUNK.div_ceil(width);
        results
            .par_chunks_mut(rows_per_chunk * half)
            .zip(rows.par_chunks(rows_per_chunk * width))
            .for_each(|(results, rows)| {
                for (result, row) in results.chunks_exact_mut(half).zip(rows.chunks_exact(width)) {
                    let (gates, values) = row.split_at(half);
                    for ((result, gate), value) in result.iter_mut().zip(gates).zip(values) {
                        *result = gate / (1.0 + (-gate).exp()) * value;
                    }
                }
            });
        Ok((CpuStorage::F32(results), Shape::from((row_count, half))))
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

    use super::{add, gated_silu, scale};

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
            let gated = (left.narrow(1, 0, 48)?.silu()? * left.narrow(1, 48, 48)?)?;
            assert!(furthest(&gated_silu(&left)?, &gated)? < 1e-6);
        }
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() -> Result<()> {
        assert!(add(&values(3, 4)?, &values(1, 5)?).is_err());
        assert!(scale(&values(3, 4)?.t()?, 2.0).is_err());
        assert!(gated_silu(&values(3, 5)?).is_err());
        Ok(())
    }
}
