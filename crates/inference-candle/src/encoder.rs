//! The sentence encoder: tokens, transformer, mean over tokens, unit length.

use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};
use wayfare_inference::{Encoder, InferenceError};

use crate::bert::{Bert, BertConfig, Workspace};
use crate::caught::caught;
use crate::error::ModelError;
use crate::verify::{model_id, read_file};

/// Sentence encoders are trained on short texts; what comes later is cut off.
const MOST_TOKENS: usize = 256;
/// Tokens that go through the transformer together: enough that reading the weights costs little, few enough that what
/// a layer computes stays in cache.
const TOKENS_PER_PACK: usize = 512;
/// With fewer tokens, reading the weights would cost more than a second thread gains.
const FEWEST_TOKENS_PER_PACK: usize = 32;

/// A BERT-family sentence encoder on the processor, computing in f32.
///
/// Texts are packed together, and packs divided between threads; see `bert` for why this cannot be seen in the result.
pub struct CandleEncoder {
    id: String,
    tokenizer: Tokenizer,
    bert: Bert,
    dimension: usize,
}

impl std::fmt::Debug for CandleEncoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CandleEncoder")
            .field("id", &self.id)
            .field("dimension", &self.dimension)
            .finish_non_exhaustive()
    }
}

impl CandleEncoder {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` from a folder.
    ///
    /// The folder's name (without an organisation, as in `sentence-transformers__all-MiniLM-L6-v2`) becomes
    /// part of the encoder's id.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        caught(folder, || Self::load_files(folder))
    }

    fn load_files(folder: &Path) -> Result<Self, ModelError> {
        let config_path = folder.join("config.json");
        let config: BertConfig =
            serde_json::from_slice(&read_file(&config_path)?).map_err(|error| ModelError::Format {
                path: config_path.clone(),
                reason: error.to_string(),
            })?;
        if let Some(reason) = config.unsupported() {
            return Err(ModelError::Format {
                path: config_path,
                reason,
            });
        }
        let tokenizer = load_tokenizer(&folder.join("tokenizer.json"), &config)?;

        let weights_path = folder.join("model.safetensors");
        let bytes = read_file(&weights_path)?;
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("encoder");
        let id = model_id(name.rsplit("__").next().unwrap_or(name), &bytes);
        let bert = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)
            .and_then(|weights| Bert::load(&weights, &config))
            .map_err(|source| ModelError::Tensors {
                path: weights_path,
                source,
            })?;
        tracing::debug!(id, "encoder loaded");
        Ok(Self {
            id,
            tokenizer,
            bert,
            dimension: config.hidden_size,
        })
    }

    /// How many tokens the texts have together, start and end included, as far as they are read.
    pub fn count_tokens(&self, texts: &[&str]) -> Result<usize, InferenceError> {
        Ok(self.token_ids(texts)?.iter().map(Vec::len).sum())
    }

    fn token_ids(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, InferenceError> {
        texts
            .par_iter()
            .map(|text| {
                self.tokenizer
                    .encode_fast(*text, true)
                    .map(|encoding| encoding.get_ids().to_vec())
            })
            .collect::<Result<_, _>>()
            .map_err(|source| self.failed("tokens", source))
    }

    fn failed(
        &self,
        operation: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> InferenceError {
        InferenceError::Model {
            model: self.id.clone(),
            operation,
            source: source.into(),
        }
    }

    /// One unit vector per text of a pack.
    fn encode_pack(&self, texts: &[&[u32]], workspace: &mut Workspace) -> candle_core::Result<Vec<Vec<f32>>> {
        let mut rows = self.bert.forward(texts, workspace)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for ids in texts {
            let (own, others) = rows.split_at(ids.len() * self.dimension);
            vectors.push(unit(mean(own, self.dimension)));
            rows = others;
        }
        Ok(vectors)
    }
}

impl Encoder for CandleEncoder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError> {
        let ids = self.token_ids(texts)?;
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let packs = packs(&ids, rayon::current_num_threads());
        let encoded: Vec<Vec<Vec<f32>>> = packs
            .par_iter()
            .map_init(Workspace::default, |workspace, pack| {
                self.encode_pack(pack, workspace)
            })
            .collect::<candle_core::Result<_>>()
            .map_err(|source| self.failed("vectors", source))?;
        Ok(encoded.into_iter().flatten().collect())
    }
}

/// Divides texts into packs of nearly equal numbers of tokens, a multiple of the threads where there are enough.
fn packs<'a, 'b>(texts: &'a [&'b [u32]], threads: usize) -> Vec<&'a [&'b [u32]]> {
    let tokens: usize = texts.iter().map(|ids| ids.len()).sum();
    let count = tokens.div_ceil(TOKENS_PER_PACK).next_multiple_of(threads.max(1));
    let target = tokens.div_ceil(count.max(1)).max(FEWEST_TOKENS_PER_PACK);
    let mut packs = Vec::with_capacity(count);
    let (mut rest, mut length, mut held) = (texts, 0, 0);
    for ids in texts {
        length += 1;
        held += ids.len();
        if held >= target {
            let (pack, others) = rest.split_at(length);
            packs.push(pack);
            (rest, length, held) = (others, 0, 0);
        }
    }
    if !rest.is_empty() {
        packs.push(rest);
    }
    packs
}

fn load_tokenizer(path: &Path, config: &BertConfig) -> Result<Tokenizer, ModelError> {
    let unusable = |source| ModelError::Tokenizer {
        path: path.to_owned(),
        source,
    };
    let mut tokenizer = Tokenizer::from_bytes(read_file(path)?).map_err(unusable)?;
    // A published tokenizer.json may pad every text to 128 tokens and cut there: both are ours to decide.
    tokenizer.with_padding(None);
    let max_length = MOST_TOKENS.min(config.max_position_embeddings);
    tokenizer
        .with_truncation(Some(TruncationParams {
            max_length,
            ..TruncationParams::default()
        }))
        .map_err(unusable)?;
    // "[SEP]" in a title is text.
    tokenizer.set_encode_special_tokens(true);
    if tokenizer.get_vocab_size(true) > config.vocab_size {
        let reason = format!(
            "it has {} tokens but the model has {}",
            tokenizer.get_vocab_size(true),
            config.vocab_size
        );
        return Err(ModelError::Format {
            path: path.to_owned(),
            reason,
        });
    }
    // Without markers around it, an empty text would have no token and so no vector.
    if tokenizer.encode_fast("", true).map_err(unusable)?.is_empty() {
        return Err(ModelError::Format {
            path: path.to_owned(),
            reason: "it adds no start and end tokens".to_owned(),
        });
    }
    Ok(tokenizer)
}

/// The mean of rows of the given width.
fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f32; width];
    for row in rows.chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let count = (rows.len() / width) as f32;
    for sum in &mut sums {
        *sum /= count;
    }
    sums
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    // A zero vector has no direction and stays as it is; no text of a trained model gives one.
    if norm > 0.0 {
        for value in &mut vector {
            *value /= norm;
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::{FEWEST_TOKENS_PER_PACK, TOKENS_PER_PACK, packs};

    #[test]
    fn packs_hold_every_text_once_in_order_and_are_about_as_many_tokens_each() {
        for (texts, longest, threads) in [
            (0, 1, 2),
            (1, 9, 2),
            (7, 3, 2),
            (100, 9, 3),
            (3_000, 40, 2),
            (900, 256, 16),
        ] {
            let lengths = (0..texts).map(|text| 1 + text * 7919 % longest);
            let ids: Vec<Vec<u32>> = lengths.map(|length| vec![0; length]).collect();
            let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
            let packs = packs(&ids, threads);
            assert!(packs.concat() == ids, "{texts}");
            let sizes: Vec<usize> = packs
                .iter()
                .map(|pack| pack.iter().map(|ids| ids.len()).sum())
                .collect();
            assert!(
                sizes.iter().all(|&size| size < TOKENS_PER_PACK + longest),
                "{sizes:?}"
            );
            let all_but_last = &sizes[..sizes.len().saturating_sub(1)];
            assert!(
                all_but_last.iter().all(|&size| size >= FEWEST_TOKENS_PER_PACK),
                "{sizes:?}"
            );
        }
    }
}
