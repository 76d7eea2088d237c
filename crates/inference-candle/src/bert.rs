//! The BERT-family transformer: token ids of texts in, one hidden vector per token out.
//!
//! Texts are packed one after the other without padding. Everything but attention works on single tokens, and attention
//! sees one text at a time, so there is no mask, and a text's numbers cannot depend on its neighbours.

mod arithmetic;
mod attention;
mod config;
mod dense;
mod gelu;
mod layer;
mod norm;

use candle_core::{Error, Result, Tensor};
use candle_nn::VarBuilder;

pub(crate) use self::config::BertConfig;

use self::layer::{Layer, Shape};
use self::norm::Norm;

/// The matrix product's fewest rows, see [`dense::Dense::product`].
const FEWEST_ROWS: usize = 2;

/// The transformer with its weights.
#[derive(Debug)]
pub(crate) struct Bert {
    /// `[vocabulary, hidden]`.
    word_embeddings: Tensor,
    /// Position and token type are added as one table, `[positions, hidden]`: every token is of type 0.
    position_embeddings: Vec<f32>,
    embedding_norm: Norm,
    layers: Vec<Layer>,
    shape: Shape,
}

/// Memory for the computation of a pack of texts, to be used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// `[tokens, hidden]`.
    rows: Vec<f32>,
    layer: layer::Workspace,
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
            position_embeddings: positions
                .broadcast_add(&types.get(0)?)?
                .flatten_all()?
                .to_vec1()?,
            embedding_norm: layer::load_norm(&embeddings.pp("LayerNorm"), config)?,
            layers: (0..config.num_hidden_layers)
                .map(|layer| Layer::load(&weights.pp(format!("encoder.layer.{layer}")), config))
                .collect::<Result<_>>()?,
            shape: Shape::new(config),
        })
    }

    /// The hidden vectors of the texts' tokens, one text after the other: `[tokens, hidden]`.
    pub(crate) fn forward<'a>(&self, texts: &[&[u32]], workspace: &'a mut Workspace) -> Result<&'a [f32]> {
        let hidden = self.shape.hidden();
        let lengths: Vec<usize> = texts.iter().map(|ids| ids.len()).collect();
        let tokens: usize = lengths.iter().sum();
        let rows = &mut workspace.rows;
        rows.clear();
        rows.resize(tokens.max(FEWEST_ROWS) * hidden, 0.0);
        let (storage, layout) = self.word_embeddings.storage_and_layout();
        let words = match (&*storage, layout.contiguous_offsets()) {
            (candle_core::Storage::Cpu(words), Some((start, end))) => &words.as_slice::<f32>()?[start..end],
            _ => {
                return Err(Error::Msg(
                    "word embeddings do not lie in memory in order".to_owned(),
                ));
            }
        };
        let positions = texts
            .iter()
            .flat_map(|ids| ids.iter().zip(self.position_embeddings.chunks_exact(hidden)));
        for (row, (id, position)) in rows.chunks_exact_mut(hidden).zip(positions) {
            let start = *id as usize * hidden;
            let word = words
                .get(start..start + hidden)
                .ok_or_else(|| Error::Msg(format!("the model has no token {id}")))?;
            row.copy_from_slice(word);
            self.embedding_norm.forward(row, position);
        }
        for layer in &self.layers {
            layer.forward(rows, &lengths, self.shape, &mut workspace.layer);
        }
        Ok(&rows[..tokens * hidden])
    }
}
