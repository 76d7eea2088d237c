//! A layer of the transformer: attention, then two dense layers, each added to what comes in and normalised.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::attention::{self, Heads, attend};
use super::config::BertConfig;
use super::dense::{Base, Dense};
use super::gelu::gelu;
use super::norm::Norm;

#[derive(Debug)]
pub(super) struct Layer {
    query_key_value: Dense,
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
}

/// What all layers have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    heads: Heads,
    intermediate: usize,
}

impl Shape {
    pub(super) fn new(config: &BertConfig) -> Self {
        Self {
            heads: Heads {
                count: config.num_attention_heads,
                size: config.hidden_size / config.num_attention_heads,
            },
            intermediate: config.intermediate_size,
        }
    }

    /// The width of a token's vector between layers.
    pub(super) fn hidden(self) -> usize {
        self.heads.count * self.heads.size
    }
}

/// Memory of a layer's results on the way.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Of what is wider than the hidden vectors: first queries, keys and values, then the intermediate layer.
    wide: Vec<f32>,
    attended: Vec<f32>,
    scratch: attention::Scratch,
}

impl Layer {
    pub(super) fn load(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
        let attention = weights.pp("attention.self");
        let parts = ["query", "key", "value"].map(|part| attention.pp(part));
        // One product instead of three: the same sums, with fewer passes over the input.
        let weight: Vec<Tensor> = parts
            .iter()
            .map(|part| part.get((hidden, hidden), "weight"))
            .collect::<Result<_>>()?;
        let bias: Vec<Tensor> = parts
            .iter()
            .map(|part| part.get(hidden, "bias"))
            .collect::<Result<_>>()?;
        Ok(Self {
            query_key_value: Dense::new(&Tensor::cat(&weight, 0)?, &Tensor::cat(&bias, 0)?)?,
            attention_output: load_dense(&weights.pp("attention.output.dense"), hidden, hidden)?,
            attention_norm: load_norm(&weights.pp("attention.output.LayerNorm"), config)?,
            intermediate: load_dense(&weights.pp("intermediate.dense"), hidden, intermediate)?,
            output: load_dense(&weights.pp("output.dense"), intermediate, hidden)?,
            output_norm: load_norm(&weights.pp("output.LayerNorm"), config)?,
        })
    }

    /// `rows` holds the tokens of texts of the given lengths, and possibly a row more: `[tokens, hidden]`, in place.
    pub(super) fn forward(
        &self,
        rows: &mut [f32],
        lengths: &[usize],
        shape: Shape,
        workspace: &mut Workspace,
    ) {
        let hidden = shape.hidden();
        let tokens = rows.len() / hidden;
        let Workspace {
            wide,
            attended,
            scratch,
        } = workspace;
        wide.resize(tokens * shape.intermediate.max(3 * hidden), 0.0);
        attended.resize(tokens * hidden, 0.0);

        let (parts, _) = wide.split_at_mut(tokens * 3 * hidden);
        self.query_key_value.product(rows, parts, Base::Zero);
        let mut first = 0;
        for length in lengths {
            attend(
                &parts[first * 3 * hidden..][..length * 3 * hidden],
                self.query_key_value.bias(),
                shape.heads,
                scratch,
                &mut attended[first * hidden..][..length * hidden],
            );
            first += length;
        }
        self.attention_output.product(attended, rows, Base::Present);
        self.attention_norm.forward(rows, self.attention_output.bias());

        let (widened, _) = wide.split_at_mut(tokens * shape.intermediate);
        self.intermediate.product(rows, widened, Base::Zero);
        gelu(widened, self.intermediate.bias());
        self.output.product(widened, rows, Base::Present);
        self.output_norm.forward(rows, self.output.bias());
    }
}

fn load_dense(weights: &VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Dense> {
    Dense::new(
        &weights.get((outputs, inputs), "weight")?,
        &weights.get(outputs, "bias")?,
    )
}

pub(super) fn load_norm(weights: &VarBuilder<'_>, config: &BertConfig) -> Result<Norm> {
    let values = |name| weights.get(config.hidden_size, name)?.to_vec1();
    Ok(Norm {
        weight: values("weight")?,
        bias: values("bias")?,
        epsilon: config.layer_norm_eps,
    })
}
