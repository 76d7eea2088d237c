//! The sizes of a base model that can be tuned: Llama, Mistral and SmolLM2 in a GGUF file.

use crate::adapter::BaseModel;
use crate::error::ModelError;
use crate::gguf::Gguf;

/// No layer of any model is wider; more would only make memory run out before the tensors are seen to be missing.
const LARGEST_SIZE: usize = 1 << 20;

/// How heads divide the widths of a [`BaseModel`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) queries: usize,
    /// Keys and values have fewer heads than queries.
    pub(super) values: usize,
    /// Even.
    pub(super) size: usize,
}

/// What the metadata say of the model.
#[derive(Debug)]
pub(super) struct Sizes {
    pub(super) base: BaseModel,
    pub(super) heads: Heads,
    pub(super) norm_epsilon: f32,
    rotation_base: f32,
}

impl Sizes {
    /// Refuses what the training pass does not compute, and a model whose context is shorter than `positions`.
    pub(super) fn read(gguf: &Gguf, sha256: String, positions: usize) -> Result<Self, ModelError> {
        let architecture = gguf.text("general.architecture")?;
        if architecture != "llama" {
            return Err(gguf.format_error(format!(
                "its architecture is `{architecture}`, only `llama` can be tuned"
            )));
        }
        if gguf.value("llama.rope.scaling.type").is_some() || gguf.has_tensor("rope_freqs.weight") {
            return Err(gguf.format_error("its rotations are scaled, which cannot be tuned"));
        }
        let hidden = gguf.count("llama.embedding_length")?;
        let queries = gguf.count("llama.attention.head_count")?;
        let size = hidden / queries.max(1);
        let values = gguf.count("llama.attention.head_count_kv")?;
        let base = BaseModel {
            sha256,
            layers: gguf.count("llama.block_count")?,
            hidden,
            query_width: queries * size,
            value_width: values.saturating_mul(size),
            feed_forward: gguf.count("llama.feed_forward_length")?,
        };
        let widths = [
            base.layers,
            base.hidden,
            base.query_width,
            base.value_width,
            base.feed_forward,
        ];
        if !widths.iter().all(|width| (1..=LARGEST_SIZE).contains(width)) {
            return Err(gguf.format_error(format!(
                "its layers and widths are {widths:?}; each has to be from 1 to {LARGEST_SIZE}"
            )));
        }
        let rotated = "llama.rope.dimension_count";
        if !queries.is_multiple_of(values)
            || !size.is_multiple_of(2)
            || (gguf.value(rotated).is_some() && gguf.count(rotated)? != size)
        {
            return Err(gguf.format_error(format!(
                "{queries} heads of size {size} with {values} key heads cannot be tuned"
            )));
        }
        let context = gguf.count("llama.context_length")?;
        if context < positions {
            return Err(gguf.format_error(format!("its context is {context} tokens, {positions} are needed")));
        }
        Ok(Self {
            base,
            heads: Heads {
                queries,
                values,
                size,
            },
            norm_epsilon: gguf.number("llama.attention.layer_norm_rms_epsilon")?,
            rotation_base: gguf.number("llama.rope.freq_base")?,
        })
    }

    /// Cosine and sine of each pair's rotation, position by position, `[positions, head size / 2]`.
    pub(super) fn turns(&self, positions: usize) -> Vec<(f32, f32)> {
        let half = self.heads.size / 2;
        (0..positions)
            .flat_map(|position| {
                (0..half).map(move |pair| {
                    let power = 2.0 * pair as f32 / self.heads.size as f32;
                    position as f32 / self.rotation_base.powf(power)
                })
            })
            .map(|angle| (angle.cos(), angle.sin()))
            .collect()
    }
}
