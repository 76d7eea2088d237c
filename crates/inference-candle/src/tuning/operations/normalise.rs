//! Root mean square normalisation of rows with a frozen weight.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{contiguous, values};

/// `weight · row / sqrt(mean(row²) + epsilon)`, row by row.
#[derive(Debug, Clone)]
pub(in crate::tuning) struct Normalise {
    pub(in crate::tuning) weight: Arc<Vec<f32>>,
    pub(in crate::tuning) epsilon: f32,
}

impl Normalise {
    fn root(&self, row: &[f32]) -> f32 {
        let squares: f32 = row.iter().map(|value| value * value).sum();
        (squares / row.len() as f32 + self.epsilon).sqrt()
    }
}

impl CustomOp1 for Normalise {
    fn name(&self) -> &'static str {
        "normalise"
    }

    fn cpu_fwd(&self, rows: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let rows = contiguous(rows, layout)?;
        let mut results = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(self.weight.len()) {
            let factor = 1.0 / self.root(row);
            results.extend(
                row.iter()
                    .zip(&*self.weight)
                    .map(|(value, weight)| value * factor * weight),
            );
        }
        Ok((CpuStorage::F32(results), layout.shape().clone()))
    }

    fn bwd(&self, rows: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let width = self.weight.len();
        let mut results = values(gradient)?;
        for (slopes, row) in results
            .chunks_exact_mut(width)
            .zip(values(rows)?.chunks_exact(width))
        {
            let factor = 1.0 / self.root(row);
            let mut along = 0.0_f32;
            for ((slope, value), weight) in slopes.iter_mut().zip(row).zip(&*self.weight) {
                *slope *= weight;
                along += *slope * value;
            }
            let pull = along * factor * factor / width as f32;
            for (slope, value) in slopes.iter_mut().zip(row) {
                *slope = factor * (*slope - pull * value);
            }
        }
        Ok(Some(Tensor::from_vec(results, rows.shape(), rows.device())?))
    }
}
