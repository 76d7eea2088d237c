//! Rotary positions: neighbouring values of a head are a pair that turns with the position.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{contiguous, values};

/// Rotates `[heads, tokens, head_size]`, whose first token stands at position 0. GGUF files store queries and keys of the
/// Llama family so that pairs are neighbours.
#[derive(Debug, Clone)]
pub(in crate::tuning) struct Rotate {
    /// Cosine and sine of each pair, position by position, `[positions, head_size / 2]`.
    pub(in crate::tuning) turns: Arc<Vec<(f32, f32)>>,
}

impl Rotate {
    /// `direction` is 1 to rotate and -1 to rotate back.
    fn turned(&self, mut values: Vec<f32>, layout: &Shape, direction: f32) -> Result<Vec<f32>> {
        let (_, tokens, head_size) = layout.dims3()?;
        let head = tokens * head_size;
        for part in values.chunks_exact_mut(head.max(1)) {
            for (pair, (cosine, sine)) in part.chunks_exact_mut(2).zip(&*self.turns) {
                let (first, second, sine) = (pair[0], pair[1], sine * direction);
                pair[0] = first * cosine - second * sine;
                pair[1] = first * sine + second * cosine;
            }
        }
        Ok(values)
    }
}

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn cpu_fwd(&self, heads: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let turned = self.turned(contiguous(heads, layout)?.to_vec(), layout.shape(), 1.0)?;
        Ok((CpuStorage::F32(turned), layout.shape().clone()))
    }

    fn bwd(&self, heads: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let turned = self.turned(values(gradient)?, heads.shape(), -1.0)?;
        Ok(Some(Tensor::from_vec(turned, heads.shape(), heads.device())?))
    }
}
