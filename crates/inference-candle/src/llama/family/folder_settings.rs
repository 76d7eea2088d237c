//! The decoder's shape from a `config.json`.

use serde::Deserialize;
use serde_json::Value;

use super::{DecoderShape, within_window};
use crate::error::ModelError;
use crate::llama::rope::{Pairs, Stretch, frequencies};
use crate::weights::folder::Folder;

#[derive(Debug, Deserialize)]
struct Settings {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    hidden_act: Option<String>,
    rope_theta: Option<f32>,
    rope_scaling: Option<Value>,
    /// Where newer files keep `rope_theta` and `rope_scaling`.
    rope_parameters: Option<Value>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    #[serde(default)]
    tie_word_embeddings: bool,
}

pub(super) fn read(folder: &Folder) -> Result<DecoderShape, ModelError> {
    let refuse = |reason: String| ModelError::Format {
        path: folder.path().join("config.json"),
        reason,
    };
    let settings: Settings =
        serde_json::from_value(folder.config().clone()).map_err(|error| refuse(error.to_string()))?;
    let model_type = settings.model_type.as_str();
    if !matches!(model_type, "llama" | "mistral" | "qwen2" | "qwen3") {
        return Err(refuse(format!(
            "model_type is `{model_type}`, supported are `llama`, `mistral`, `qwen2` and `qwen3`"
        )));
    }
    if let Some(activation) = settings.hidden_act.filter(|activation| activation != "silu") {
        return Err(refuse(format!(
            "hidden_act is `{activation}`, supported is `silu`"
        )));
    }
    let head_size = settings
        .head_dim
        .unwrap_or(settings.hidden_size / settings.num_attention_heads.max(1));
    let rotation = settings.rope_parameters.as_ref();
    let base = settings
        .rope_theta
        .or_else(|| number(rotation?, "rope_theta"))
        .unwrap_or(10_000.0);
    let mut frequencies = frequencies(base, head_size);
    if let Some(scaling) = settings.rope_scaling.as_ref().or(rotation) {
        let kind = scaling
            .get("rope_type")
            .or_else(|| scaling.get("type"))
            .and_then(Value::as_str)
            .unwrap_or("default");
        match kind {
            "default" => {}
            "llama3" => {
                let value = |name: &str| {
                    number(scaling, name).ok_or_else(|| refuse(format!("rope_scaling lacks `{name}`")))
                };
                Stretch {
                    factor: value("factor")?,
                    low_frequency_factor: value("low_freq_factor")?,
                    high_frequency_factor: value("high_freq_factor")?,
                    original_positions: value("original_max_position_embeddings")?,
                }
                .apply(&mut frequencies);
            }
            other => {
                return Err(refuse(format!(
                    "rope_scaling is `{other}`, supported is `llama3`"
                )));
            }
        }
    }
    // Qwen2 writes a window that it does not use.
    let window = settings
        .sliding_window
        .filter(|_| settings.use_sliding_window.unwrap_or(true));
    Ok(DecoderShape {
        layers: settings.num_hidden_layers,
        hidden: settings.hidden_size,
        feed_forward: settings.intermediate_size,
        heads: settings.num_attention_heads,
        value_heads: settings
            .num_key_value_heads
            .unwrap_or(settings.num_attention_heads),
        head_size,
        vocabulary: settings.vocab_size,
        norm_epsilon: settings.rms_norm_eps,
        pairs: Pairs::Halves,
        frequencies,
        positions: within_window(settings.max_position_embeddings, window),
        has_biases: model_type == "qwen2",
        has_head_norms: model_type == "qwen3",
        tied: settings.tie_word_embeddings,
    })
}

fn number(object: &Value, name: &str) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "the model computes in f32")]
    object
        .get(name)
        .and_then(Value::as_f64)
        .map(|number| number as f32)
}
