//! The shape of a decoder of the Llama family, read from GGUF metadata or from a `config.json`.
//!
//! Llama, Mistral and SmolLM2 differ in sizes only, Qwen2 has biases on queries, keys and values, Qwen3 norms on queries
//! and keys. What the decoder does not compute is refused here by name.

mod folder_settings;
mod gguf_settings;

use super::kv_cache::CacheShape;
use super::rope::Pairs;
use crate::error::ModelError;
use crate::weights::ModelFiles;

/// No layer of any model is wider; more would only make memory run out before the tensors are seen to be missing.
const LARGEST_SIZE: usize = 1 << 20;
/// Prompts longer than this are not needed for names, and tables of rotations cost memory.
const MOST_POSITIONS: usize = 2048;
/// Below this not even a short prompt fits.
const LEAST_POSITIONS: usize = 512;

#[derive(Debug, Clone)]
pub(crate) struct DecoderShape {
    pub(crate) layers: usize,
    pub(crate) hidden: usize,
    pub(crate) feed_forward: usize,
    pub(crate) heads: usize,
    /// Keys and values have fewer heads than queries; each serves `heads / value_heads` of them.
    pub(crate) value_heads: usize,
    pub(crate) head_size: usize,
    pub(crate) vocabulary: usize,
    pub(crate) norm_epsilon: f32,
    pub(crate) pairs: Pairs,
    /// The angle of each pair per position, `[head_size / 2]`.
    pub(crate) frequencies: Vec<f32>,
    /// The longest sequence that can be asked for.
    pub(crate) positions: usize,
    /// The file has to have biases of queries, keys and values.
    pub(crate) has_biases: bool,
    /// The file has to have norms of queries and keys.
    pub(crate) has_head_norms: bool,
    /// The output layer is the embeddings again, whatever else the file holds.
    pub(crate) tied: bool,
}

impl DecoderShape {
    /// `vocabulary` is the number of token ids of a tokenizer that lies in the same file.
    pub(crate) fn read(files: &ModelFiles, vocabulary: usize) -> Result<Self, ModelError> {
        let shape = match files {
            ModelFiles::Gguf(gguf) => gguf_settings::read(gguf, vocabulary)?,
            ModelFiles::Folder(folder) => folder_settings::read(folder)?,
        };
        shape.check(files)?;
        Ok(Self {
            positions: shape.positions.min(MOST_POSITIONS),
            ..shape
        })
    }

    fn check(&self, files: &ModelFiles) -> Result<(), ModelError> {
        let sizes = [
            self.layers,
            self.hidden,
            self.feed_forward,
            self.heads,
            self.value_heads,
            self.head_size,
            self.vocabulary,
        ];
        if !sizes.iter().all(|size| (1..=LARGEST_SIZE).contains(size)) {
            return Err(files.format_error(format!(
                "its layers, widths, heads and vocabulary are {sizes:?}; each has to be from 1 to {LARGEST_SIZE}"
            )));
        }
        if !self.heads.is_multiple_of(self.value_heads) || !self.head_size.is_multiple_of(2) {
            return Err(files.format_error(format!(
                "{} heads of size {} cannot share {} key heads",
                self.heads, self.head_size, self.value_heads
            )));
        }
        if self.positions < LEAST_POSITIONS {
            return Err(files.format_error(format!(
                "its context or attention window is {} tokens, at least {LEAST_POSITIONS} are needed",
                self.positions
            )));
        }
        Ok(())
    }

    pub(crate) fn cache(&self) -> CacheShape {
        CacheShape {
            layers: self.layers,
            value_heads: self.value_heads,
            head_size: self.head_size,
        }
    }

    /// Width of all queries of a token.
    pub(crate) fn query_width(&self) -> usize {
        self.heads * self.head_size
    }

    /// Width of all keys of a token, and of all values.
    pub(crate) fn value_width(&self) -> usize {
        self.value_heads * self.head_size
    }

    /// Queries, keys and values of a token.
    pub(crate) fn row_width(&self) -> usize {
        self.query_width() + 2 * self.value_width()
    }
}

/// A model attends to at most `window` tokens: sequences are kept within it, so that it never shows.
fn within_window(positions: usize, window: Option<usize>) -> usize {
    window
        .filter(|&window| window > 0)
        .map_or(positions, |window| window.min(positions))
}
