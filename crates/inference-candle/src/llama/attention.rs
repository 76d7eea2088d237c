//! Attention of one sequence's new tokens over the shared prefix and over the sequence itself.

use candle_core::{Device, Result, Tensor};
use candle_nn::{ops, rotary_emb};

use super::config::LlamaConfig;
use crate::elementwise;

/// Keys and values of one layer, `[value_heads, tokens, head_size]` each; nothing before the first token.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeysValues(Option<(Tensor, Tensor)>);

impl KeysValues {
    fn append(&mut self, keys: Tensor, values: Tensor) -> Result<(Tensor, Tensor)> {
        let grown = match &self.0 {
            Some((known_keys, known_values)) => (
                Tensor::cat(&[known_keys, &keys], 1)?,
                Tensor::cat(&[known_values, &values], 1)?,
            ),
            None => (keys, values),
        };
        self.0 = Some(grown.clone());
        Ok(grown)
    }
}

/// Queries, keys and values of all packed tokens, rotated, `[heads, tokens, head_size]` each.
pub(super) struct Heads {
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
}

impl Heads {
    /// Splits the packed rows `[tokens, (heads + 2 value_heads) × head_size]`.
    pub(super) fn split(
        rows: &Tensor,
        config: &LlamaConfig,
        cosines: &Tensor,
        sines: &Tensor,
    ) -> Result<Self> {
        let tokens = rows.dim(0)?;
        let part = |first_head: usize, heads: usize| {
            rows.narrow(1, first_head * config.head_size, heads * config.head_size)?
                .reshape((tokens, heads, config.head_size))?
                .transpose(0, 1)?
                .contiguous()
        };
        // GGUF stores Llama's projections reordered so that the two halves of a rotated pair are neighbours.
        let rotate = |part: Tensor| rotary_emb::rope_i(&part.unsqueeze(0)?, cosines, sines)?.squeeze(0);
        Ok(Self {
            queries: rotate(part(0, config.heads)?)?,
            keys: rotate(part(config.heads, config.value_heads)?)?,
            values: part(config.heads + config.value_heads, config.value_heads)?,
        })
    }

    /// Appends the tokens `start..start + length` to `own` and returns what they attend to, `[length, heads × head_size]`.
    pub(super) fn attend(
        &self,
        start: usize,
        length: usize,
        prefix: Option<&KeysValues>,
        own: &mut KeysValues,
    ) -> Result<Tensor> {
        let of_sequence = |part: &Tensor| part.narrow(1, start, length)?.contiguous();
        let (keys, values) = own.append(of_sequence(&self.keys)?, of_sequence(&self.values)?)?;
        let (heads, _, head_size) = self.queries.dims3()?;
        let (value_heads, seen, _) = keys.dims3()?;
        // The queries that share a key head are rows of one product, so keys need no copies.
        let queries =
            of_sequence(&self.queries)?.reshape((value_heads, heads / value_heads * length, head_size))?;
        elementwise::scale(&queries, 1.0 / (head_size as f32).sqrt())?;

        let mut scores = queries.matmul(&keys.t()?)?;
        if length > 1 {
            scores = scores.broadcast_add(&causal_mask(heads / value_heads, length, seen)?)?;
        }
        let attended = match prefix.and_then(|prefix| prefix.0.as_ref()) {
            None => ops::softmax_last_dim(&scores)?.matmul(&values)?,
            Some((prefix_keys, prefix_values)) => {
                let before = prefix_keys.dim(1)?;
                let prefix_scores = queries.matmul(&prefix_keys.t()?)?;
                let weights = ops::softmax_last_dim(&Tensor::cat(&[&prefix_scores, &scores], 2)?)?;
                let from_prefix = weights.narrow(2, 0, before)?.matmul(prefix_values)?;
                (from_prefix + weights.narrow(2, before, seen)?.matmul(&values)?)?
            }
        };
        attended
            .reshape((heads, length, head_size))?
            .transpose(0, 1)?
            .reshape((length, heads * head_size))
    }
}

/// Minus infinity where a new token would look at a later one, `[group × length, seen]`.
fn causal_mask(group: usize, length: usize, seen: usize) -> Result<Tensor> {
    let mask: Vec<f32> = (0..group * length)
        .flat_map(|row| {
            let last_seen = seen - length + row % length;
            (0..seen).map(move |column| {
                if column > last_seen {
                    f32::NEG_INFINITY
                } else {
                    0.0
                }
            })
        })
        .collect();
    Tensor::from_vec(mask, (group * length, seen), &Device::Cpu)
}
