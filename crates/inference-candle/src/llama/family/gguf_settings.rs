//! The decoder's shape from GGUF metadata.

use super::{DecoderShape, within_window};
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::llama::rope::{Pairs, frequencies};

/// What the format says a model without the entry has.
const DEFAULT_ROTATION_BASE: f32 = 10_000.0;

pub(super) fn read(gguf: &Gguf, vocabulary: usize) -> Result<DecoderShape, ModelError> {
    let architecture = gguf.text("general.architecture")?;
    // Files of Mistral and SmolLM2 say `llama`.
    if !matches!(architecture, "llama" | "qwen2" | "qwen3") {
        return Err(gguf.format_error(format!(
            "its architecture is `{architecture}`, supported are `llama`, `qwen2` and `qwen3`"
        )));
    }
    let key = |name: &str| format!("{architecture}.{name}");
    let optional_count = |name: &str| -> Result<Option<usize>, ModelError> {
        let key = key(name);
        gguf.value(&key).map(|_| gguf.count(&key)).transpose()
    };
    if optional_count("expert_count")?.is_some_and(|experts| experts > 0) {
        return Err(gguf.format_error("it is a mixture of experts, which is not supported"));
    }
    let hidden = gguf.count(&key("embedding_length"))?;
    let heads = gguf.count(&key("attention.head_count"))?;
    let head_size = optional_count("attention.key_length")?.unwrap_or(hidden / heads.max(1));
    if optional_count("attention.value_length")?.is_some_and(|size| size != head_size) {
        return Err(gguf.format_error("its values are not as wide as its keys, which is not supported"));
    }
    if optional_count("rope.dimension_count")?.is_some_and(|rotated| rotated != head_size) {
        return Err(gguf.format_error("it rotates a part of each head, which is not supported"));
    }
    let scaling = key("rope.scaling.type");
    if gguf.value(&scaling).is_some() && gguf.text(&scaling)? != "none" {
        return Err(gguf.format_error(format!(
            "its rotations are scaled by `{}`, which is not supported",
            gguf.text(&scaling)?
        )));
    }
    let base = key("rope.freq_base");
    let base = match gguf.value(&base) {
        Some(_) => gguf.number(&base)?,
        None => DEFAULT_ROTATION_BASE,
    };
    let mut frequencies = frequencies(base, head_size);
    // How files of Llama 3.1 and later store their stretched rotations.
    if gguf.has_tensor("rope_freqs.weight") {
        let divisors = gguf
            .tensor("rope_freqs.weight", &[head_size / 2])?
            .to_vec1::<f32>()
            .map_err(|source| ModelError::Tensors {
                path: gguf.path().to_owned(),
                source,
            })?;
        frequencies
            .iter_mut()
            .zip(divisors)
            .for_each(|(frequency, divisor)| *frequency /= divisor);
    }
    Ok(DecoderShape {
        layers: gguf.count(&key("block_count"))?,
        hidden,
        feed_forward: gguf.count(&key("feed_forward_length"))?,
        heads,
        value_heads: optional_count("attention.head_count_kv")?.unwrap_or(heads),
        head_size,
        vocabulary,
        norm_epsilon: gguf.number(&key("attention.layer_norm_rms_epsilon"))?,
        pairs: if architecture == "llama" {
            Pairs::Neighbours
        } else {
            Pairs::Halves
        },
        frequencies,
        positions: within_window(
            gguf.count(&key("context_length"))?,
            optional_count("attention.sliding_window")?,
        ),
        has_biases: architecture == "qwen2",
        has_head_norms: architecture == "qwen3",
        tied: false,
    })
}
