//! The Llama-family decoder: packed tokens of many sequences in, one hidden vector per sequence out.
//!
//! Tokens of all sequences stand packed in one `[tokens, hidden]` matrix through every layer; only attention
//! looks at one sequence at a time. All sequences may share a prefix whose keys and values exist once.
//! Nothing here pads or masks across sequences, so a sequence's numbers cannot depend on its neighbours.

mod attention;
mod config;

use candle_core::{Device, Result, Tensor};
use candle_nn::ops;
use rayon::prelude::*;

use crate::elementwise;
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::linear::Linear;
use attention::Heads;
pub(crate) use attention::KeysValues;
use config::LlamaConfig;

/// Keys and values of a token sequence, per layer: a shared prefix, or what follows it in one sequence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    layers: Vec<KeysValues>,
    length: usize,
}

impl Context {
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

#[derive(Debug)]
struct Layer {
    attention_norm: Tensor,
    query_key_value: Linear,
    attention_output: Linear,
    feed_forward_norm: Tensor,
    gate_up: Linear,
    down: Linear,
}

/// The decoder with its weights.
#[derive(Debug)]
pub(crate) struct Llama {
    config: LlamaConfig,
    token_embeddings: Tensor,
    layers: Vec<Layer>,
    output_norm: Tensor,
    output: Linear,
    /// `[positions, head_size / 2]`
    cosines: Tensor,
    sines: Tensor,
}

impl Llama {
    /// `vocabulary` is the number of token ids; `positions` the longest sequence that will be asked for.
    pub(crate) fn load(
        gguf: &Gguf,
        vocabulary: usize,
        positions: usize,
    ) -> std::result::Result<Self, ModelError> {
        let config = LlamaConfig::read(gguf, positions)?;
        let failed = |source| ModelError::Tensors {
            path: gguf.path().to_owned(),
            source,
        };
        let (hidden, inner) = (config.hidden, config.feed_forward);
        let (query_width, value_width) = (
            config.heads * config.head_size,
            config.value_heads * config.head_size,
        );
        let mut layers = Vec::new();
        for index in 0..config.layers {
            let tensor =
                |name: &str, shape: &[usize]| gguf.tensor(&format!("blk.{index}.{name}.weight"), shape);
            let query_key_value = Tensor::cat(
                &[
                    tensor("attn_q", &[query_width, hidden])?,
                    tensor("attn_k", &[value_width, hidden])?,
                    tensor("attn_v", &[value_width, hidden])?,
                ],
                0,
            )
            .map_err(failed)?;
            let gate_up = Tensor::cat(
                &[
                    tensor("ffn_gate", &[inner, hidden])?,
                    tensor("ffn_up", &[inner, hidden])?,
                ],
                0,
            )
            .map_err(failed)?;
            layers.push(Layer {
                attention_norm: tensor("attn_norm", &[hidden])?,
                query_key_value: Linear::new(&query_key_value, None).map_err(failed)?,
                attention_output: Linear::new(&tensor("attn_output", &[hidden, query_width])?, None)
                    .map_err(failed)?,
                feed_forward_norm: tensor("ffn_norm", &[hidden])?,
                gate_up: Linear::new(&gate_up, None).map_err(failed)?,
                down: Linear::new(&tensor("ffn_down", &[hidden, inner])?, None).map_err(failed)?,
            });
        }
        let token_embeddings = gguf.tensor("token_embd.weight", &[vocabulary, hidden])?;
        // Small models use the embeddings again as the output layer.
        let output = if gguf.has_tensor("output.weight") {
            gguf.tensor("output.weight", &[vocabulary, hidden])?
        } else {
            token_embeddings.clone()
        };
        let (cosines, sines) = config.rotations(positions).map_err(failed)?;
        Ok(Self {
            token_embeddings,
            layers,
            output_norm: gguf.tensor("output_norm.weight", &[hidden])?,
            output: Linear::new(&output, None).map_err(failed)?,
            cosines,
            sines,
            config,
        })
    }

    /// A context that holds no token yet.
    pub(crate) fn empty_context(&self) -> Context {
        Context {
            layers: vec![KeysValues::default(); self.config.layers],
            length: 0,
        }
    }

    /// Appends `tokens[i]` to `contexts[i]`, which continues `prefix`, and returns the hidden vectors of the
    /// last tokens, `[sequences, hidden]`. Every sequence needs at least one token.
    pub(crate) fn extend(
        &self,
        prefix: Option<&Context>,
        contexts: &mut [Context],
        tokens: &[&[u32]],
    ) -> Result<Tensor> {
        let prefix_length = prefix.map_or(0, Context::length);
        let mut spans = Vec::with_capacity(tokens.len());
        let mut positions: Vec<u32> = Vec::new();
        for (context, own) in contexts.iter().zip(tokens) {
            spans.push((positions.len(), own.len()));
            let first = prefix_length + context.length;
            positions.extend(
                (first..first + own.len()).map(|position| u32::try_from(position).unwrap_or(u32::MAX)),
            );
        }
        let packed = positions.len();
        let positions = Tensor::from_vec(positions, packed, &Device::Cpu)?;
        let cosines = self.cosines.index_select(&positions, 0)?;
        let sines = self.sines.index_select(&positions, 0)?;
        let ids = Tensor::from_vec(tokens.concat(), packed, &Device::Cpu)?;
        let rows = self.token_embeddings.index_select(&ids, 0)?;

        for (index, layer) in self.layers.iter().enumerate() {
            let normed = ops::rms_norm(&rows, &layer.attention_norm, self.config.norm_epsilon)?;
            let heads = Heads::split(
                &layer.query_key_value.forward(&normed)?,
                &self.config,
                &cosines,
                &sines,
            )?;
            let prefix = prefix.map(|prefix| &prefix.layers[index]);
            let attended: Vec<Tensor> = contexts
                .par_iter_mut()
                .zip(&spans)
                .map(|(context, &(start, length))| {
                    heads.attend(start, length, prefix, &mut context.layers[index])
                })
                .collect::<Result<_>>()?;
            elementwise::add(
                &rows,
                &layer.attention_output.forward(&Tensor::cat(&attended, 0)?)?,
            )?;

            let normed = ops::rms_norm(&rows, &layer.feed_forward_norm, self.config.norm_epsilon)?;
            let gated = elementwise::gated_silu(&layer.gate_up.forward(&normed)?)?;
            elementwise::add(&rows, &layer.down.forward(&gated)?)?;
        }
        for (context, own) in contexts.iter_mut().zip(tokens) {
            context.length += own.len();
        }
        let last: Vec<u32> = spans
            .iter()
            .map(|&(start, length)| u32::try_from(start + length - 1).unwrap_or(u32::MAX))
            .collect();
        rows.index_select(&Tensor::new(last, &Device::Cpu)?, 0)
    }

    /// Scores of every token id as the next token, `[sequences, vocabulary]`, from the result of [`Llama::extend`].
    pub(crate) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        self.output.forward(&ops::rms_norm(
            hidden,
            &self.output_norm,
            self.config.norm_epsilon,
        )?)
    }
}
