//! The training pass: one sequence through a Llama-family decoder, with gradients for what is trained and nothing else.
//!
//! Candle builds no graph below the first trained value, so a pass over changes of the last layers alone is differentiated
//! through these layers only.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

use super::operations::{
    CausalSoftmax, FrozenProduct, GatedSilu, NegativeLogLikelihood, Normalise, Rotate, values,
};
use super::sizes::{Heads, Sizes};
use crate::adapter::{BaseModel, Module};
use crate::error::ModelError;
use crate::gguf::Gguf;

/// Soft prompt, prompt and name together.
pub(super) const MOST_POSITIONS: usize = 1024;

/// What stands before the prompt and what is added to the weights; each tensor may be a variable.
#[derive(Debug, Clone, Default)]
pub(super) struct Applied {
    pub(super) soft_prompt: Option<Tensor>,
    pub(super) scale: f64,
    /// A and B by layer and module.
    pub(super) pairs: BTreeMap<(usize, Module), (Tensor, Tensor)>,
}

/// The frozen weights.
#[derive(Debug)]
pub(super) struct Decoder {
    pub(super) base: BaseModel,
    pub(super) heads: Heads,
    pub(super) token_embeddings: Tensor,
    pub(super) layers: Vec<Layer>,
    pub(super) output_norm: Normalise,
    pub(super) output: FrozenProduct,
    pub(super) rotate: Rotate,
}

#[derive(Debug)]
pub(super) struct Layer {
    pub(super) attention_norm: Normalise,
    pub(super) feed_forward_norm: Normalise,
    /// In the order of [`Module::ALL`].
    pub(super) products: Vec<FrozenProduct>,
}

impl Decoder {
    /// Reads the weights; they take four bytes each.
    pub(super) fn load(
        gguf: &Gguf,
        vocabulary: usize,
        sha256: String,
    ) -> std::result::Result<Self, ModelError> {
        let sizes = Sizes::read(gguf, sha256, MOST_POSITIONS)?;
        let base = &sizes.base;
        let failed = |source| ModelError::Tensors {
            path: gguf.path().to_owned(),
            source,
        };
        let normalise = |name: &str| -> std::result::Result<Normalise, ModelError> {
            Ok(Normalise {
                weight: Arc::new(values(&gguf.tensor(name, &[base.hidden])?).map_err(failed)?),
                epsilon: sizes.norm_epsilon,
            })
        };
        let mut layers = Vec::with_capacity(base.layers);
        for index in 0..base.layers {
            let products = Module::ALL.into_iter().map(|module| {
                let (outputs, inputs) = base.shape(module);
                let weight = gguf.tensor(&format!("blk.{index}.{module}.weight"), &[outputs, inputs])?;
                Ok(FrozenProduct(weight))
            });
            layers.push(Layer {
                products: products.collect::<std::result::Result<_, ModelError>>()?,
                attention_norm: normalise(&format!("blk.{index}.attn_norm.weight"))?,
                feed_forward_norm: normalise(&format!("blk.{index}.ffn_norm.weight"))?,
            });
        }
        let token_embeddings = gguf.tensor("token_embd.weight", &[vocabulary, base.hidden])?;
        // Small models use the embeddings again as the output layer.
        let output = if gguf.has_tensor("output.weight") {
            gguf.tensor("output.weight", &[vocabulary, base.hidden])?
        } else {
            token_embeddings.clone()
        };
        Ok(Self {
            heads: sizes.heads,
            token_embeddings,
            layers,
            output_norm: normalise("output_norm.weight")?,
            output: FrozenProduct(output),
            rotate: Rotate {
                turns: Arc::new(sizes.turns(MOST_POSITIONS)),
            },
            base: sizes.base,
        })
    }

    /// The embeddings of tokens, `[tokens, hidden]`.
    pub(super) fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        let ids = Tensor::from_slice(tokens, tokens.len(), &Device::Cpu)?;
        self.token_embeddings.index_select(&ids, 0)
    }

    /// Minus the logarithm of the probability of each token of `target` after `prompt` and the target's tokens before it,
    /// `[target tokens]`. Both hold at least one token.
    pub(super) fn losses(&self, applied: &Applied, prompt: &[u32], target: &[u32]) -> Result<Tensor> {
        let read = [prompt, &target[..target.len() - 1]].concat();
        let mut rows = self.embed(&read)?;
        if let Some(soft_prompt) = &applied.soft_prompt {
            rows = Tensor::cat(&[soft_prompt, &rows], 0)?;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            rows = self.layer(applied, index, layer, &rows)?;
        }
        let asked = rows.narrow(0, rows.dim(0)? - target.len(), target.len())?;
        asked
            .contiguous()?
            .apply_op1(self.output_norm.clone())?
            .apply_op1(self.output.clone())?
            .apply_op1(NegativeLogLikelihood {
                tokens: target.to_vec(),
            })
    }

    fn layer(&self, applied: &Applied, index: usize, layer: &Layer, rows: &Tensor) -> Result<Tensor> {
        let product = |module: Module, rows: &Tensor| -> Result<Tensor> {
            let frozen = rows.apply_op1(layer.products[module as usize].clone())?;
            match applied.pairs.get(&(index, module)) {
                None => Ok(frozen),
                Some((down, up)) => frozen + (rows.matmul(&down.t()?)?.matmul(&up.t()?)? * applied.scale)?,
            }
        };
        let Heads {
            queries: heads,
            values: value_heads,
            size,
        } = self.heads;
        let tokens = rows.dim(0)?;
        let split =
            |rows: Tensor, heads: usize| rows.reshape((tokens, heads, size))?.transpose(0, 1)?.contiguous();

        let normed = rows.apply_op1(layer.attention_norm.clone())?;
        let queries = split(product(Module::AttnQ, &normed)?, heads)?.apply_op1(self.rotate.clone())?;
        let keys = split(product(Module::AttnK, &normed)?, value_heads)?.apply_op1(self.rotate.clone())?;
        let seen = split(product(Module::AttnV, &normed)?, value_heads)?;
        // The queries that share a key head are rows of one product.
        let queries = queries.reshape((value_heads, heads / value_heads * tokens, size))?;
        let weights = queries.matmul(&keys.t()?)?.apply_op1(CausalSoftmax {
            factor: 1.0 / (size as f32).sqrt(),
        })?;
        let attended = weights
            .matmul(&seen)?
            .reshape((heads, tokens, size))?
            .transpose(0, 1)?
            .contiguous()?
            .reshape((tokens, heads * size))?;
        let rows = (rows + product(Module::AttnOutput, &attended)?)?;

        let normed = rows.apply_op1(layer.feed_forward_norm.clone())?;
        let gated =
            product(Module::FfnGate, &normed)?.apply_op2(&product(Module::FfnUp, &normed)?, GatedSilu)?;
        rows + product(Module::FfnDown, &gated)?
    }
}
