//! The BERT-family transformer: token ids of equally long texts in, one hidden vector per token out.
//!
//! It has no mask and no padding on purpose: all texts of a call have the same number of tokens, so packing
//! is a plain reshape and a text's numbers cannot depend on its neighbours.

use candle_core::{Device, Result, Tensor};
use candle_nn::{VarBuilder, ops};
use serde::Deserialize;

use crate::elementwise;
use crate::linear::Linear;

/// The part of `config.json` that shapes the computation.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BertConfig {
    pub(crate) model_type: String,
    pub(crate) hidden_size: usize,
    pub(crate) hidden_act: String,
    pub(crate) num_hidden_layers: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) vocab_size: usize,
    pub(crate) type_vocab_size: usize,
    pub(crate) layer_norm_eps: f32,
    #[serde(default = "absolute")]
    pub(crate) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl BertConfig {
    /// What this module cannot compute, in words.
    pub(crate) fn unsupported(&self) -> Option<String> {
        if self.model_type != "bert" {
            return Some(format!(
                "model_type is `{}`, supported is `bert`",
                self.model_type
            ));
        }
        if self.hidden_act != "gelu" {
            return Some(format!(
                "hidden_act is `{}`, supported is `gelu`",
                self.hidden_act
            ));
        }
        if self.position_embedding_type != "absolute" {
            return Some(format!(
                "position_embedding_type is `{}`, supported is `absolute`",
                self.position_embedding_type
            ));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Some(format!(
                "hidden_size {} does not divide into {} attention heads",
                self.hidden_size, self.num_attention_heads
            ));
        }
        (self.max_position_embeddings < 2).then(|| "max_position_embeddings is below 2".to_owned())
    }
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Norm {
    fn load(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        Ok(Self {
            weight: weights.get(config.hidden_size, "weight")?,
            bias: weights.get(config.hidden_size, "bias")?,
            epsilon: config.layer_norm_eps,
        })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        ops::layer_norm(rows, &self.weight, &self.bias, self.epsilon)
    }
}

#[derive(Debug)]
struct Layer {
    query_key_value: Linear,
    attention_output: Linear,
    attention_norm: Norm,
    intermediate: Linear,
    output: Linear,
    output_norm: Norm,
}

impl Layer {
    fn load(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let hidden = config.hidden_size;
        let attention = weights.pp("attention.self");
        let parts = ["query", "key", "value"].map(|part| attention.pp(part));
        // One product instead of three: the same sums, with fewer passes over the input.
        let weight = Tensor::cat(
            &parts
                .iter()
                .map(|part| part.get((hidden, hidden), "weight"))
                .collect::<Result<Vec<_>>>()?,
            0,
        )?;
        let bias = Tensor::cat(
            &parts
                .iter()
                .map(|part| part.get(hidden, "bias"))
                .collect::<Result<Vec<_>>>()?,
            0,
        )?;
        Ok(Self {
            query_key_value: Linear::new(&weight, Some(bias))?,
            attention_output: linear(&weights.pp("attention.output.dense"), hidden, hidden)?,
            attention_norm: Norm::load(&weights.pp("attention.output.LayerNorm"), config)?,
            intermediate: linear(
                &weights.pp("intermediate.dense"),
                hidden,
                config.intermediate_size,
            )?,
            output: linear(&weights.pp("output.dense"), config.intermediate_size, hidden)?,
            output_norm: Norm::load(&weights.pp("output.LayerNorm"), config)?,
        })
    }

    fn forward(&self, rows: &Tensor, shape: &Shape) -> Result<Tensor> {
        let attended = self.attention_output.forward(&self.attend(rows, shape)?)?;
        elementwise::add(&attended, rows)?;
        let rows = self.attention_norm.forward(&attended)?;
        let widened = self.intermediate.forward(&rows)?;
        elementwise::gelu(&widened)?;
        let output = self.output.forward(&widened)?;
        elementwise::add(&output, &rows)?;
        self.output_norm.forward(&output)
    }

    fn attend(&self, rows: &Tensor, shape: &Shape) -> Result<Tensor> {
        let parts = self
            .query_key_value
            .forward(rows)?
            .reshape((shape.texts, shape.tokens, 3, shape.heads, shape.head_size))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?;
        let (query, key, value) = (parts.get(0)?, parts.get(1)?, parts.get(2)?);
        let scores = query.matmul(&key.t()?)?;
        elementwise::scale(&scores, 1.0 / (shape.head_size as f32).sqrt())?;
        ops::softmax_last_dim(&scores)?
            .matmul(&value)?
            .transpose(1, 2)?
            .reshape((shape.texts * shape.tokens, shape.heads * shape.head_size))
    }
}

/// `texts` texts of `tokens` tokens each.
struct Shape {
    texts: usize,
    tokens: usize,
    heads: usize,
    head_size: usize,
}

/// The transformer with its weights.
#[derive(Debug)]
pub(crate) struct Bert {
    word_embeddings: Tensor,
    /// Position and token type are added as one table: every token is of type 0.
    position_embeddings: Tensor,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    hidden_size: usize,
}

impl Bert {
    pub(crate) fn load(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let hidden = config.hidden_size;
        let embeddings = weights.pp("embeddings");
        let positions = embeddings.get(
            (config.max_position_embeddings, hidden),
            "position_embeddings.weight",
        )?;
        let types = embeddings.get((config.type_vocab_size, hidden), "token_type_embeddings.weight")?;
        Ok(Self {
            word_embeddings: embeddings.get((config.vocab_size, hidden), "word_embeddings.weight")?,
            position_embeddings: positions.broadcast_add(&types.get(0)?)?,
            embedding_norm: Norm::load(&embeddings.pp("LayerNorm"), config)?,
            layers: (0..config.num_hidden_layers)
                .map(|layer| Layer::load(&weights.pp(format!("encoder.layer.{layer}")), config))
                .collect::<Result<_>>()?,
            heads: config.num_attention_heads,
            hidden_size: hidden,
        })
    }

    /// `ids` holds the texts one after the other, `tokens` ids each. The result has the shape `[texts, tokens, hidden]`.
    pub(crate) fn forward(&self, ids: Vec<u32>, tokens: usize) -> Result<Tensor> {
        let texts = ids.len() / tokens;
        let ids = Tensor::from_vec(ids, texts * tokens, &Device::Cpu)?;
        let words = self
            .word_embeddings
            .index_select(&ids, 0)?
            .reshape((texts, tokens, self.hidden_size))?;
        let embedded = words.broadcast_add(&self.position_embeddings.narrow(0, 0, tokens)?)?;
        let mut rows = self
            .embedding_norm
            .forward(&embedded.reshape((texts * tokens, self.hidden_size))?)?;
        let shape = Shape {
            texts,
            tokens,
            heads: self.heads,
            head_size: self.hidden_size / self.heads,
        };
        for layer in &self.layers {
            rows = layer.forward(&rows, &shape)?;
        }
        rows.reshape((texts, tokens, self.hidden_size))
    }
}

fn linear(weights: &VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Linear> {
    Linear::new(
        &weights.get((outputs, inputs), "weight")?,
        Some(weights.get(outputs, "bias")?),
    )
}
