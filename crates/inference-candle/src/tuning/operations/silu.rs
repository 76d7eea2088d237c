//! The gated step of the feed-forward part.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::{contiguous, values};

/// `silu(gate) · value`, element by element.
#[derive(Debug, Clone, Copy)]
pub(in crate::tuning) struct GatedSilu;

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

impl CustomOp2 for GatedSilu {
    fn name(&self) -> &'static str {
        "gated silu"
    }

    fn cpu_fwd(
        &self,
        gates: &CpuStorage,
        gate_layout: &Layout,
        inputs: &CpuStorage,
        input_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gates, inputs) = (contiguous(gates, gate_layout)?, contiguous(inputs, input_layout)?);
        let results = gates
            .iter()
            .zip(inputs)
            .map(|(gate, input)| gate * sigmoid(*gate) * input)
            .collect();
        Ok((CpuStorage::F32(results), gate_layout.shape().clone()))
    }

    fn bwd(
        &self,
        gates: &Tensor,
        inputs: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut of_gates = values(gates)?;
        let mut of_inputs = values(inputs)?;
        for ((gate, input), slope) in of_gates.iter_mut().zip(&mut of_inputs).zip(values(gradient)?) {
            let share = sigmoid(*gate);
            let bent = *gate * share;
            *gate = slope * *input * (share + bent * (1.0 - share));
            *input = slope * bent;
        }
        let tensor = |values| Tensor::from_vec(values, gates.shape(), gates.device());
        Ok((Some(tensor(of_gates)?), Some(tensor(of_inputs)?)))
    }
}
