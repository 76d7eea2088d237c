//! Batched greedy generation with a shared prefix.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::Tensor;
use rayon::prelude::*;
use wayfare_inference::{ChatMessage, Generation, Generator, InferenceError, PromptBatch};

use crate::caught::caught;
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::gguf_tokenizer::GgufTokenizer;
use crate::llama::{Context, Llama};
use crate::verify::{model_id, read_file};

/// Prefix, input and generated tokens of one sequence together.
const MOST_POSITIONS: usize = 2048;
/// An input is cut at its end to this many tokens: ten titles of ordinary length.
const MOST_INPUT_TOKENS: usize = 224;
/// Sequences that are computed together: by then the kernels are busy, and memory stays bounded.
const SEQUENCES_PER_BATCH: usize = 16;

/// A Llama-family model from a GGUF file, computing in f32 on the processor.
pub struct CandleGenerator {
    id: String,
    tokenizer: GgufTokenizer,
    model: Llama,
    /// The prefix of the last call: a namer uses one for all its calls.
    prefix: Mutex<Option<Arc<Prefix>>>,
}

impl std::fmt::Debug for CandleGenerator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CandleGenerator")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Prefix {
    text: String,
    context: Context,
}

/// A sequence that is being generated.
struct Running {
    index: usize,
    context: Context,
    generated: Vec<u32>,
    log_probability: f64,
    prompt_tokens: usize,
}

#[derive(Debug, thiserror::Error)]
enum GenerationError {
    #[error(
        "the prompt's fixed parts have {tokens} tokens, at most {most} fit; shorten the prompt's examples"
    )]
    PromptTooLong { tokens: usize, most: usize },
    #[error("an empty prompt cannot be continued")]
    EmptyPrompt,
    #[error(transparent)]
    Tokenizer(#[from] tokenizers::Error),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl CandleGenerator {
    /// Loads a GGUF file; weights take four bytes each in memory, whatever their format on disk.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        caught(path, || Self::load_file(path))
    }

    fn load_file(path: &Path) -> Result<Self, ModelError> {
        let bytes = read_file(path)?;
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or("generator");
        let id = model_id(name, &bytes);
        let gguf = Gguf::parse(path, bytes)?;
        let tokenizer = GgufTokenizer::from_gguf(&gguf)?;
        let model = Llama::load(&gguf, tokenizer.size(), MOST_POSITIONS)?;
        tracing::debug!(id, "generator loaded");
        Ok(Self {
            id,
            tokenizer,
            model,
            prefix: Mutex::new(None),
        })
    }

    fn prefix(&self, text: &str) -> Result<Arc<Prefix>, GenerationError> {
        // Held while computing: a second caller with the same prefix waits for it instead of computing it too.
        let mut cached = self.prefix.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prefix) = cached.as_ref().filter(|prefix| prefix.text == text) {
            return Ok(Arc::clone(prefix));
        }
        let tokens = self.tokenizer.encode_template(text)?;
        let mut context = self.model.empty_context();
        if !tokens.is_empty() {
            check_length(tokens.len())?;
            self.model
                .extend(None, std::slice::from_mut(&mut context), &[&tokens])?;
        }
        let prefix = Arc::new(Prefix {
            text: text.to_owned(),
            context,
        });
        *cached = Some(Arc::clone(&prefix));
        Ok(prefix)
    }

    fn generate_all(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, GenerationError> {
        if prompt.inputs.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = self.prefix(prompt.prefix)?;
        let suffix = self.tokenizer.encode_template(prompt.suffix)?;
        check_length(prefix.context.length() + suffix.len() + prompt.max_tokens)?;
        let mut generations = Vec::with_capacity(prompt.inputs.len());
        for inputs in prompt.inputs.chunks(SEQUENCES_PER_BATCH) {
            let tokens = inputs
                .iter()
                .map(|input| {
                    let mut tokens = self.tokenizer.encode_text(input)?;
                    tokens.truncate(MOST_INPUT_TOKENS);
                    tokens.extend(&suffix);
                    if tokens.is_empty() {
                        Err(GenerationError::EmptyPrompt)
                    } else {
                        Ok(tokens)
                    }
                })
                .collect::<Result<Vec<_>, _>>()?;
            generations.extend(self.generate_batch(&prefix, &tokens, prompt.max_tokens)?);
        }
        Ok(generations)
    }

    fn generate_batch(
        &self,
        prefix: &Prefix,
        prompts: &[Vec<u32>],
        max_tokens: usize,
    ) -> Result<Vec<Generation>, GenerationError> {
        let mut contexts = vec![self.model.empty_context(); prompts.len()];
        let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let mut hidden = self
            .model
            .extend(Some(&prefix.context), &mut contexts, &prompts)?;
        let mut running: Vec<Running> = contexts
            .into_iter()
            .enumerate()
            .map(|(index, context)| Running {
                index,
                context,
                generated: Vec::new(),
                log_probability: 0.0,
                prompt_tokens: prefix.context.length() + prompts[index].len(),
            })
            .collect();
        let mut finished: Vec<Option<Generation>> = vec![None; running.len()];
        loop {
            for (sequence, (token, log_probability)) in
                running.iter_mut().zip(likeliest(&self.model.logits(&hidden)?)?)
            {
                sequence.generated.push(token);
                sequence.log_probability += log_probability;
            }
            let mut going = Vec::with_capacity(running.len());
            for sequence in running {
                if self.has_ended(&sequence, max_tokens)? {
                    finished[sequence.index] = Some(self.finish(&sequence)?);
                } else {
                    going.push(sequence);
                }
            }
            running = going;
            if running.is_empty() {
                return Ok(finished.into_iter().flatten().collect());
            }
            let next: Vec<u32> = running
                .iter()
                .filter_map(|sequence| sequence.generated.last().copied())
                .collect();
            let next: Vec<&[u32]> = next.chunks(1).collect();
            let mut contexts: Vec<Context> = running
                .iter_mut()
                .map(|sequence| std::mem::take(&mut sequence.context))
                .collect();
            hidden = self.model.extend(Some(&prefix.context), &mut contexts, &next)?;
            for (sequence, context) in running.iter_mut().zip(contexts) {
                sequence.context = context;
            }
        }
    }

    fn has_ended(&self, sequence: &Running, max_tokens: usize) -> Result<bool, GenerationError> {
        let Some(&last) = sequence.generated.last() else {
            return Ok(false);
        };
        Ok(sequence.generated.len() >= max_tokens
            || self.tokenizer.is_control(last)
            || self.tokenizer.decode(&[last])?.contains('\n'))
    }

    fn finish(&self, sequence: &Running) -> Result<Generation, GenerationError> {
        let text = self.tokenizer.decode(&sequence.generated)?;
        let tokens = sequence.generated.len();
        Ok(Generation {
            text: text.split('\n').next().unwrap_or_default().to_owned(),
            #[expect(clippy::cast_possible_truncation, reason = "a mean of logarithms is small")]
            mean_log_probability: (sequence.log_probability / tokens as f64) as f32,
            tokens,
            prompt_tokens: sequence.prompt_tokens,
        })
    }
}

fn check_length(tokens: usize) -> Result<(), GenerationError> {
    let most = MOST_POSITIONS - MOST_INPUT_TOKENS;
    if tokens > most {
        Err(GenerationError::PromptTooLong { tokens, most })
    } else {
        Ok(())
    }
}

/// The likeliest token of each row and the logarithm of its probability; among equals, the lowest id.
fn likeliest(logits: &Tensor) -> candle_core::Result<Vec<(u32, f64)>> {
    let rows = logits.to_vec2::<f32>()?;
    Ok(rows
        .par_iter()
        .map(|row| {
            let mut best = (0_u32, f32::NEG_INFINITY);
            for (id, &logit) in (0_u32..).zip(row) {
                if logit > best.1 {
                    best = (id, logit);
                }
            }
            let total: f64 = row.iter().map(|&logit| f64::from((logit - best.1).exp())).sum();
            (best.0, -total.ln())
        })
        .collect())
}

impl Generator for CandleGenerator {
    fn id(&self) -> &str {
        &self.id
    }

    fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError> {
        self.generate_all(prompt).map_err(|source| InferenceError::Model {
            model: self.id.clone(),
            operation: "names",
            source: Box::new(source),
        })
    }

    fn score(
        &self,
        _prompt: &PromptBatch<'_>,
        _continuations: &[Vec<String>],
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        Err(InferenceError::Unsupported {
            model: self.id.clone(),
            what: "scores",
        })
    }

    fn render_chat(&self, _messages: &[ChatMessage]) -> Result<String, InferenceError> {
        Err(InferenceError::Unsupported {
            model: self.id.clone(),
            what: "chat template",
        })
    }
}
