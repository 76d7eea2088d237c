//! The Llama-family decoder: packed tokens of many sequences in, one hidden vector per token out.
//!
//! Tokens of all sequences stand packed in one `[tokens, hidden]` matrix through every layer; only attention looks at
//! one sequence at a time. All sequences may share a prefix whose keys and values exist once. Nothing here pads or
//! masks across sequences, so a sequence's numbers cannot depend on its neighbours.

mod attention;
mod family;
mod kv_cache;
mod layer;
mod rope;

use rayon::prelude::*;

use crate::adapter::{Adapter, AdapterKind};
use crate::error::ModelError;
use crate::kernel::Base;
use crate::panels::Panels;
use crate::steps::{add_to_rows, gate_rows, norm, norm_rows};
use crate::weights::{ModelFiles, Part};
use attention::Attention;
pub(crate) use attention::Piece;
pub(crate) use family::DecoderShape;
pub(crate) use kv_cache::{CacheShape, KvCache};
use layer::Layer;
use rope::Rope;

/// The decoder with its weights.
#[derive(Debug)]
pub(crate) struct Llama {
    shape: DecoderShape,
    rope: Rope,
    layers: Vec<Layer>,
    output_norm: Vec<f32>,
    /// The embeddings, and the output layer where it is the same.
    embeddings: Panels,
    output: Option<Panels>,
    /// `[tokens, hidden]`: what stands where embeddings of tokens would, see [`Llama::virtual_tokens`].
    soft_prompt: Vec<f32>,
}

/// Memory for the values between the steps; it grows to the largest batch and is used again.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    rows: Vec<f32>,
    normed: Vec<f32>,
    heads: Vec<f32>,
    attended: Vec<f32>,
    gate_up: Vec<f32>,
    gated: Vec<f32>,
    apart: Vec<f32>,
    logits: Vec<f32>,
}

impl Llama {
    /// `vocabulary` is the number of token ids of a tokenizer that lies in the same file.
    pub(crate) fn load(
        files: &ModelFiles,
        vocabulary: usize,
        adapter: Option<&Adapter>,
    ) -> Result<Self, ModelError> {
        let shape = DecoderShape::read(files, vocabulary)?;
        let (hidden, vocabulary) = (shape.hidden, shape.vocabulary);
        let matrix = |part| files.weight(part, &[vocabulary, hidden]);
        let output = if !shape.tied && files.has_weight(Part::Output) {
            Some(Panels::pack(hidden, &[&matrix(Part::Output)?]))
        } else {
            None
        };
        let layers = (0..shape.layers)
            .into_par_iter()
            .map(|index| Layer::load(files, &shape, index, adapter))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            rope: Rope::new(shape.pairs, &shape.frequencies, shape.positions),
            layers,
            output_norm: files.weight(Part::OutputNorm, &[hidden])?,
            embeddings: Panels::pack(hidden, &[&matrix(Part::Embeddings)?]),
            output,
            soft_prompt: soft_prompt(files, hidden, adapter)?,
            shape,
        })
    }

    pub(crate) fn shape(&self) -> &DecoderShape {
        &self.shape
    }

    /// Ids that stand for the vectors of the soft prompt, which a prompt has to begin with; they follow the vocabulary.
    pub(crate) fn virtual_tokens(&self) -> impl Iterator<Item = u32> {
        let count = self.soft_prompt.len() / self.shape.hidden;
        (self.shape.vocabulary..self.shape.vocabulary + count)
            .map(|token| u32::try_from(token).unwrap_or(u32::MAX))
    }

    /// Computes the packed `tokens` of `pieces`, which lie in their order and without gaps. Keys and values go to the
    /// pieces' caches, which have room for them; every piece attends to `prefix`, to its parent and to its own cache.
    pub(crate) fn extend(
        &self,
        tokens: &[u32],
        pieces: &[Piece],
        prefix: Option<&KvCache>,
        caches: &mut [KvCache],
        work: &mut Workspace,
    ) {
        let shape = &self.shape;
        let positions: Vec<usize> = pieces
            .iter()
            .flat_map(|piece| piece.first_position..piece.first_position + piece.tokens.len())
            .collect();
        work.make_room(tokens.len(), shape);
        work.rows
            .par_chunks_exact_mut(shape.hidden)
            .zip(tokens)
            .for_each(|(row, &token)| self.embed(token as usize, row));
        for (index, layer) in self.layers.iter().enumerate() {
            norm_rows(
                &work.rows,
                &layer.attention_norm,
                shape.norm_epsilon,
                &mut work.normed,
            );
            layer
                .query_key_value
                .product(&work.normed, &mut work.heads, Base::Zero, &mut work.apart);
            if let Some(bias) = &layer.query_key_value_bias {
                add_to_rows(&mut work.heads, bias);
            }
            self.turn_heads(layer, &positions, &mut work.heads);
            self.remember(index, pieces, caches, &work.heads);
            Attention {
                shape: shape.cache(),
                heads: shape.heads,
                layer: index,
                prefix,
                caches,
                pieces,
            }
            .attend(&work.heads, shape.row_width(), &mut work.attended);
            layer
                .attention_output
                .product(&work.attended, &mut work.rows, Base::Present, &mut work.apart);

            norm_rows(
                &work.rows,
                &layer.feed_forward_norm,
                shape.norm_epsilon,
                &mut work.normed,
            );
            layer
                .gate_up
                .product(&work.normed, &mut work.gate_up, Base::Zero, &mut work.apart);
            gate_rows(&work.gate_up, shape.feed_forward, &mut work.gated);
            layer
                .down
                .product(&work.gated, &mut work.rows, Base::Present, &mut work.apart);
        }
        for piece in pieces {
            if let Some(cache) = caches.get_mut(piece.cache) {
                cache.grow(piece.tokens.len());
            }
        }
    }

    /// Scores of every token id as the one after each of `tokens`, packed tokens of the last call of
    /// [`Llama::extend`], `[tokens, vocabulary]`.
    pub(crate) fn logits<'a>(&self, tokens: &[usize], work: &'a mut Workspace) -> &'a mut [f32] {
        let hidden = self.shape.hidden;
        work.normed.resize(tokens.len() * hidden, 0.0);
        for (into, &token) in work.normed.chunks_exact_mut(hidden).zip(tokens) {
            into.copy_from_slice(&work.rows[token * hidden..][..hidden]);
            norm(into, &self.output_norm, self.shape.norm_epsilon);
        }
        work.logits.resize(tokens.len() * self.shape.vocabulary, 0.0);
        self.output.as_ref().unwrap_or(&self.embeddings).product(
            &work.normed,
            &mut work.logits,
            Base::Zero,
            &mut work.apart,
        );
        &mut work.logits
    }

    fn embed(&self, token: usize, row: &mut [f32]) {
        match token.checked_sub(self.shape.vocabulary) {
            None => self.embeddings.read_output(token, row),
            Some(index) => row.copy_from_slice(&self.soft_prompt[index * row.len()..][..row.len()]),
        }
    }

    /// Norms of heads where the family has them, then rotations, on queries and keys.
    fn turn_heads(&self, layer: &Layer, positions: &[usize], heads: &mut [f32]) {
        let shape = &self.shape;
        let turned = shape.query_width() + shape.value_width();
        heads
            .par_chunks_exact_mut(shape.row_width())
            .with_min_len(16)
            .zip(positions)
            .for_each(|(row, &position)| {
                let (queries, rest) = row.split_at_mut(shape.query_width());
                let keys = &mut rest[..shape.value_width()];
                if let Some((query_norm, key_norm)) = &layer.head_norms {
                    for (heads, weight) in [(queries, query_norm), (keys, key_norm)] {
                        for head in heads.chunks_exact_mut(shape.head_size) {
                            norm(head, weight, shape.norm_epsilon);
                        }
                    }
                }
                self.rope.turn(&mut row[..turned], position);
            });
    }

    fn remember(&self, layer: usize, pieces: &[Piece], caches: &mut [KvCache], heads: &[f32]) {
        let (width, keys) = (self.shape.row_width(), self.shape.query_width());
        caches
            .par_iter_mut()
            .enumerate()
            .with_min_len(4)
            .for_each(|(index, cache)| {
                for piece in pieces.iter().filter(|piece| piece.cache == index) {
                    let first = cache.length();
                    for (offset, token) in piece.tokens.clone().enumerate() {
                        let row = &heads[token * width + keys..(token + 1) * width];
                        let (keys, values) = row.split_at(row.len() / 2);
                        cache.write(layer, first + offset, keys, values);
                    }
                }
            });
    }
}

impl Workspace {
    fn make_room(&mut self, tokens: usize, shape: &DecoderShape) {
        for (buffer, width) in [
            (&mut self.rows, shape.hidden),
            (&mut self.normed, shape.hidden),
            (&mut self.heads, shape.row_width()),
            (&mut self.attended, shape.query_width()),
            (&mut self.gate_up, 2 * shape.feed_forward),
            (&mut self.gated, shape.feed_forward),
        ] {
            buffer.resize(tokens * width, 0.0);
        }
    }
}

fn soft_prompt(files: &ModelFiles, hidden: usize, adapter: Option<&Adapter>) -> Result<Vec<f32>, ModelError> {
    let Some(AdapterKind::SoftPrompt(vectors)) = adapter.map(|adapter| &adapter.kind) else {
        return Ok(Vec::new());
    };
    if vectors.dims().last() != Some(&hidden) {
        return Err(files.format_error(format!(
            "the adapter's soft prompt has the shape {:?}, expected [tokens, {hidden}]",
            vectors.dims()
        )));
    }
    vectors
        .flatten_all()
        .and_then(|flat| flat.to_vec1::<f32>())
        .map_err(|source| ModelError::Tensors {
            path: files.path().to_owned(),
            source,
        })
}
