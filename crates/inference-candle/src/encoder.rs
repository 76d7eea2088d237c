//! The sentence encoder: tokens, transformer, mean over tokens, unit length.

use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};
use wayfare_inference::{Encoder, InferenceError};

use crate::bert::{Bert, BertConfig};
use crate::caught::caught;
use crate::error::ModelError;
use crate::verify::{model_id, read_file};

/// Sentence encoders are trained on short texts; what comes later is cut off.
const MOST_TOKENS: usize = 256;
/// Tokens that go through the transformer together: enough to keep the kernels busy, few enough to stay in cache.
const TOKENS_PER_BATCH: usize = 512;

/// A BERT-family sentence encoder on the processor, computing in f32.
///
/// Texts of equal token count are computed together; see `linear` for why this cannot be seen in the result.
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

    /// One unit vector per text of a batch of texts with `tokens` ids each.
    fn encode_batch(&self, batch: &[&[u32]], tokens: usize) -> candle_core::Result<Vec<Vec<f32>>> {
        let hidden = self.bert.forward(batch.concat(), tokens)?;
        let means = hidden.mean(1)?.to_vec2::<f32>()?;
        Ok(means.into_iter().map(unit).collect())
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
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| ids[index].len());
        let batches: Vec<&[usize]> = order
            .chunk_by(|&left, &right| ids[left].len() == ids[right].len())
            .flat_map(|equal| equal.chunks((TOKENS_PER_BATCH / ids[equal[0]].len().max(1)).max(1)))
            .collect();
        let encoded: Vec<Vec<Vec<f32>>> = batches
            .par_iter()
            .map(|batch| {
                let texts: Vec<&[u32]> = batch.iter().map(|&index| ids[index].as_slice()).collect();
                self.encode_batch(&texts, texts[0].len())
            })
            .collect::<candle_core::Result<_>>()
            .map_err(|source| self.failed("vectors", source))?;

        let mut vectors = vec![Vec::new(); texts.len()];
        for (index, vector) in order.iter().zip(encoded.into_iter().flatten()) {
            vectors[*index] = vector;
        }
        Ok(vectors)
    }
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
