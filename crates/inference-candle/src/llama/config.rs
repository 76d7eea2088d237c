//! The shape of a Llama-family decoder, read from GGUF metadata.

use candle_core::{Device, Result, Tensor};

use crate::error::ModelError;
use crate::gguf::Gguf;

/// No layer of any model is wider; more would only make memory run out before the tensors are seen to be missing.
const LARGEST_SIZE: usize = 1 << 20;

#[derive(Debug, Clone)]
pub(crate) struct LlamaConfig {
    pub(crate) layers: usize,
    pub(crate) hidden: usize,
    pub(crate) feed_forward: usize,
    pub(crate) heads: usize,
    /// Keys and values have fewer heads than queries; each serves `heads / value_heads` of them.
    pub(crate) value_heads: usize,
    pub(crate) head_size: usize,
    pub(crate) norm_epsilon: f32,
    rotation_base: f32,
}

impl LlamaConfig {
    /// Refuses what the decoder cannot compute, and a model that was trained on fewer than `positions` tokens.
    pub(crate) fn read(gguf: &Gguf, positions: usize) -> std::result::Result<Self, ModelError> {
        let architecture = gguf.text("general.architecture")?;
        if architecture != "llama" {
            return Err(gguf.format_error(format!(
                "its architecture is `{architecture}`, supported is `llama`"
            )));
        }
        let config = Self {
            layers: gguf.count("llama.block_count")?,
            hidden: gguf.count("llama.embedding_length")?,
            feed_forward: gguf.count("llama.feed_forward_length")?,
            heads: gguf.count("llama.attention.head_count")?,
            value_heads: gguf.count("llama.attention.head_count_kv")?,
            head_size: gguf.count("llama.embedding_length")?
                / gguf.count("llama.attention.head_count")?.max(1),
            norm_epsilon: gguf.number("llama.attention.layer_norm_rms_epsilon")?,
            rotation_base: gguf.number("llama.rope.freq_base")?,
        };
        let sizes = [
            config.layers,
            config.hidden,
            config.feed_forward,
            config.heads,
            config.value_heads,
        ];
        if !sizes.iter().all(|size| (1..=LARGEST_SIZE).contains(size)) {
            return Err(gguf.format_error(format!(
                "its layers, widths and heads are {sizes:?}; each has to be from 1 to {LARGEST_SIZE}"
            )));
        }
        if config.head_size == 0
            || !config.heads.is_multiple_of(config.value_heads)
            || !config.head_size.is_multiple_of(2)
        {
            return Err(gguf.format_error(format!(
                "{} heads of size {} cannot share {} key heads",
                config.heads, config.head_size, config.value_heads
            )));
        }
        if gguf.value("llama.rope.dimension_count").is_some()
            && gguf.count("llama.rope.dimension_count")? != config.head_size
        {
            return Err(gguf.format_error("it rotates a part of each head, which is not supported"));
        }
        let trained = gguf.count("llama.context_length")?;
        if trained < positions {
            return Err(gguf.format_error(format!("its context is {trained} tokens, {positions} are needed")));
        }
        Ok(config)
    }

    /// Cosines and sines of the rotation of each position, `[positions, head_size / 2]` each.
    pub(crate) fn rotations(&self, positions: usize) -> Result<(Tensor, Tensor)> {
        let half = self.head_size / 2;
        let angles: Vec<f32> = (0..positions)
            .flat_map(|position| {
                (0..half).map(move |pair| {
                    position as f32 / self.rotation_base.powf(2.0 * pair as f32 / self.head_size as f32)
                })
            })
            .collect();
        let angles = Tensor::from_vec(angles, (positions, half), &Device::Cpu)?;
        Ok((angles.cos()?, angles.sin()?))
    }
}
