//! The tensors of a decoder in f32, by their role, whichever kind of file they lie in.
//!
//! Low-rank changes of an adapter are added here, so that whoever computes sees a matrix like any other.

pub(crate) mod folder;

use std::path::Path;

use candle_core::Tensor;

use crate::adapter::{Adapter, AdapterKind, Module};
use crate::error::ModelError;
use crate::gguf::Gguf;
use folder::Folder;

/// Where a decoder's tensors and settings lie.
pub(crate) enum ModelFiles {
    /// One GGUF file, in any format that candle dequantises.
    Gguf(Gguf),
    /// A folder with `config.json` and safetensors files.
    Folder(Folder),
}

/// A tensor's role in the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Embeddings,
    OutputNorm,
    Output,
    Layer(usize, LayerPart),
}

/// A tensor's role in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LayerPart {
    AttentionNorm,
    Query,
    QueryNorm,
    Key,
    KeyNorm,
    Value,
    AttentionOutput,
    FeedForwardNorm,
    Gate,
    Up,
    Down,
}

impl LayerPart {
    fn gguf_name(self) -> &'static str {
        match self {
            Self::AttentionNorm => "attn_norm",
            Self::Query => Module::AttnQ.name(),
            Self::QueryNorm => "attn_q_norm",
            Self::Key => Module::AttnK.name(),
            Self::KeyNorm => "attn_k_norm",
            Self::Value => Module::AttnV.name(),
            Self::AttentionOutput => Module::AttnOutput.name(),
            Self::FeedForwardNorm => "ffn_norm",
            Self::Gate => Module::FfnGate.name(),
            Self::Up => Module::FfnUp.name(),
            Self::Down => Module::FfnDown.name(),
        }
    }

    fn folder_name(self) -> &'static str {
        match self {
            Self::AttentionNorm => "input_layernorm",
            Self::Query => "self_attn.q_proj",
            Self::QueryNorm => "self_attn.q_norm",
            Self::Key => "self_attn.k_proj",
            Self::KeyNorm => "self_attn.k_norm",
            Self::Value => "self_attn.v_proj",
            Self::AttentionOutput => "self_attn.o_proj",
            Self::FeedForwardNorm => "post_attention_layernorm",
            Self::Gate => "mlp.gate_proj",
            Self::Up => "mlp.up_proj",
            Self::Down => "mlp.down_proj",
        }
    }
}

impl ModelFiles {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Gguf(gguf) => gguf.path(),
            Self::Folder(folder) => folder.path(),
        }
    }

    pub(crate) fn format_error(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Format {
            path: self.path().to_owned(),
            reason: reason.into(),
        }
    }

    fn name(&self, part: Part) -> String {
        match (self, part) {
            (Self::Gguf(_), Part::Embeddings) => "token_embd".to_owned(),
            (Self::Gguf(_), Part::OutputNorm) => "output_norm".to_owned(),
            (Self::Gguf(_), Part::Output) => "output".to_owned(),
            (Self::Gguf(_), Part::Layer(layer, part)) => format!("blk.{layer}.{}", part.gguf_name()),
            (Self::Folder(_), Part::Embeddings) => "model.embed_tokens".to_owned(),
            (Self::Folder(_), Part::OutputNorm) => "model.norm".to_owned(),
            (Self::Folder(_), Part::Output) => "lm_head".to_owned(),
            (Self::Folder(_), Part::Layer(layer, part)) => {
                format!("model.layers.{layer}.{}", part.folder_name())
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Gguf(gguf) => gguf.has_tensor(name),
            Self::Folder(folder) => folder.has_tensor(name),
        }
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let tensor = match self {
            Self::Gguf(gguf) => gguf.tensor(name, shape)?,
            Self::Folder(folder) => folder.tensor(name, shape)?,
        };
        self.values(&tensor)
    }

    fn values(&self, tensor: &Tensor) -> Result<Vec<f32>, ModelError> {
        tensor
            .flatten_all()
            .and_then(|flat| flat.to_vec1::<f32>())
            .map_err(|source| ModelError::Tensors {
                path: self.path().to_owned(),
                source,
            })
    }

    /// Whether the model has this weight at all.
    pub(crate) fn has_weight(&self, part: Part) -> bool {
        self.has(&format!("{}.weight", self.name(part)))
    }

    /// Whether a bias belongs to this weight.
    pub(crate) fn has_bias(&self, part: Part) -> bool {
        self.has(&format!("{}.bias", self.name(part)))
    }

    /// A weight, row-major, which must have this shape.
    pub(crate) fn weight(&self, part: Part, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.tensor(&format!("{}.weight", self.name(part)), shape)
    }

    /// A bias of this length.
    pub(crate) fn bias(&self, part: Part, length: usize) -> Result<Vec<f32>, ModelError> {
        self.tensor(&format!("{}.bias", self.name(part)), &[length])
    }

    /// The weight `[outputs, inputs]` of a layer with the adapter's change of it.
    pub(crate) fn changed_weight(
        &self,
        layer: usize,
        part: LayerPart,
        shape: [usize; 2],
        adapter: Option<&Adapter>,
    ) -> Result<Vec<f32>, ModelError> {
        let mut weight = self.weight(Part::Layer(layer, part), &shape)?;
        let Some(AdapterKind::LowRank { scale, pairs }) = adapter.map(|adapter| &adapter.kind) else {
            return Ok(weight);
        };
        let pair = Module::from_name(part.gguf_name()).and_then(|module| pairs.get(&(layer, module)));
        let Some(pair) = pair else {
            return Ok(weight);
        };
        let [outputs, inputs] = shape;
        let (down, up) = (self.values(&pair.down)?, self.values(&pair.up)?);
        let rank = down.len() / inputs;
        if rank == 0 || down.len() != rank * inputs || up.len() != outputs * rank {
            return Err(self.format_error(format!(
                "the adapter's change of {} in layer {layer} does not fit it",
                part.gguf_name()
            )));
        }
        for (row, factors) in weight.chunks_exact_mut(inputs).zip(up.chunks_exact(rank)) {
            for (factor, down) in factors.iter().zip(down.chunks_exact(inputs)) {
                let factor = factor * scale;
                row.iter_mut()
                    .zip(down)
                    .for_each(|(weight, down)| *weight += factor * down);
            }
        }
        Ok(weight)
    }
}
