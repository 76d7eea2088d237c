//! The inference engine: many prompts of one prefix, computed together.
//!
//! Every step computes the next token of all sequences that are under way and the prompts of those that join, packed
//! into one batch. Nothing that a sequence computes depends on what it shares its steps with.

mod cache_pool;
mod choice;
mod decoding;
mod prefix;
mod scoring;
mod stats;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::alphabet_mask::AlphabetMask;
use crate::llama::Llama;
use crate::tokenizer::ModelTokenizer;
use cache_pool::CachePool;
use prefix::Prefix;
pub use stats::EngineStats;

/// An input is cut at its end to this many tokens: ten titles of ordinary length.
const MOST_INPUT_TOKENS: usize = 224;
/// Prompts join a step until it has so many tokens: by then the processor is busy, and memory stays bounded.
const TOKENS_PER_STEP: usize = 512;
/// Sequences that are under way at a time.
const MOST_SEQUENCES: usize = 64;
/// Memory for keys and values of the sequences that are under way; one sequence is always computed.
const CACHE_BYTES: usize = 384 << 20;

/// A model, its tokenizer, and the prefix of the last call.
#[derive(Debug)]
pub(crate) struct Engine {
    tokenizer: ModelTokenizer,
    model: Llama,
    /// Made when the first name of a restricted alphabet is asked for.
    mask: OnceLock<AlphabetMask>,
    /// The prefix of the last call: a namer uses one for all its calls.
    prefix: Mutex<Option<Arc<Prefix>>>,
    stats: Mutex<EngineStats>,
}

/// Why a batch of prompts could not be computed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error(
        "the prompt's fixed parts have {tokens} tokens, at most {most} fit; shorten the prompt's examples"
    )]
    PromptTooLong { tokens: usize, most: usize },
    #[error("an empty prompt cannot be continued")]
    EmptyPrompt,
    #[error("there are continuations for {continuations} of {inputs} inputs")]
    MissingContinuations { inputs: usize, continuations: usize },
    #[error("a continuation has {tokens} tokens, at most {most} can be scored")]
    ContinuationTooLong { tokens: usize, most: usize },
    #[error(transparent)]
    Tokenizer(#[from] tokenizers::Error),
}

impl Engine {
    pub(crate) fn new(tokenizer: ModelTokenizer, model: Llama) -> Self {
        Self {
            tokenizer,
            model,
            mask: OnceLock::new(),
            prefix: Mutex::new(None),
            stats: Mutex::new(EngineStats::default()),
        }
    }

    /// What has been computed since the model was loaded.
    pub(crate) fn stats(&self) -> EngineStats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, stats: EngineStats) {
        let mut total = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        *total = total.with(stats);
    }

    fn mask(&self) -> &AlphabetMask {
        self.mask.get_or_init(|| AlphabetMask::new(&self.tokenizer))
    }

    fn cache_pool(&self) -> CachePool {
        CachePool::new(self.model.shape().cache(), CACHE_BYTES)
    }

    /// The tokens of each prompt after the prefix.
    fn prompts(&self, inputs: &[String], suffix: &[u32]) -> Result<Vec<Vec<u32>>, EngineError> {
        inputs
            .iter()
            .map(|input| {
                let mut tokens = self.tokenizer.encode_text(input)?;
                tokens.truncate(MOST_INPUT_TOKENS);
                tokens.extend(suffix);
                if tokens.is_empty() {
                    Err(EngineError::EmptyPrompt)
                } else {
                    Ok(tokens)
                }
            })
            .collect()
    }

    /// Refuses fixed parts that leave no room for an input.
    fn check_length(&self, tokens: usize) -> Result<(), EngineError> {
        let most = self.model.shape().positions - MOST_INPUT_TOKENS;
        if tokens > most {
            Err(EngineError::PromptTooLong { tokens, most })
        } else {
            Ok(())
        }
    }
}
