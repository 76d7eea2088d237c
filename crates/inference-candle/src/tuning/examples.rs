//! The base model as tuning sees it, and its examples as tokens.

use std::path::Path;

use super::decoder::{Applied, Decoder, MOST_POSITIONS};
use super::error::TuningError;
use super::operations::values;
use crate::adapter::BaseModel;
use crate::caught::caught;
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::tokenizer::ModelTokenizer;
use crate::verify::{read_file, sha256};

/// Where the generator cuts an input.
const MOST_INPUT_TOKENS: usize = 224;
/// What follows a name in a prompt with examples; its first token ends a name.
const AFTER_NAME: &str = "\n\n";

/// A prompt and the name that is right after it, as token ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingExample {
    /// Never empty.
    pub(super) prompt: Vec<u32>,
    /// The name and the token that ends it.
    pub(super) target: Vec<u32>,
}

impl TrainingExample {
    /// Tokens of prompt and name.
    pub fn tokens(&self) -> usize {
        self.prompt.len() + self.target.len()
    }
}

/// A base model, ready for training passes.
#[derive(Debug)]
pub struct TuningModel {
    pub(super) decoder: Decoder,
    pub(super) tokenizer: ModelTokenizer,
}

impl TuningModel {
    /// Loads a GGUF file of the Llama family; weights take four bytes each in memory.
    pub fn load(path: &Path) -> Result<Self, TuningError> {
        Ok(caught(path, || Self::load_file(path))?)
    }

    fn load_file(path: &Path) -> Result<Self, ModelError> {
        let bytes = read_file(path)?;
        let sha256 = sha256(&bytes);
        let gguf = Gguf::parse(path, bytes)?;
        let tokenizer = ModelTokenizer::from_gguf(&gguf)?;
        let decoder = Decoder::load(&gguf, tokenizer.size(), sha256)?;
        Ok(Self { decoder, tokenizer })
    }

    /// The sizes and the hash of the file.
    pub fn base(&self) -> &BaseModel {
        &self.decoder.base
    }

    /// The tokens that the generator would read for `prefix + input + suffix`, and those of the name after them.
    ///
    /// As there, `prefix` and `suffix` may hold control tokens, the input is plain text and is cut at its end.
    pub fn example(
        &self,
        prefix: &str,
        input: &str,
        suffix: &str,
        name: &str,
    ) -> Result<TrainingExample, TuningError> {
        let failed = |source| TuningError::Tokenizer { source };
        let mut prompt = self.tokenizer.encode_template(prefix).map_err(failed)?;
        let mut input = self.tokenizer.encode_text(input).map_err(failed)?;
        input.truncate(MOST_INPUT_TOKENS);
        prompt.extend(input);
        prompt.extend(self.tokenizer.encode_template(suffix).map_err(failed)?);
        let mut target = self.tokenizer.encode_text(&format!(" {name}")).map_err(failed)?;
        target.extend(
            self.tokenizer
                .encode_template(AFTER_NAME)
                .map_err(failed)?
                .first(),
        );
        let tokens = prompt.len() + target.len();
        if tokens > MOST_POSITIONS {
            return Err(TuningError::TooLong {
                tokens,
                most: MOST_POSITIONS,
            });
        }
        if prompt.is_empty() || target.is_empty() {
            return Err(TuningError::NoExamples { what: "usable" });
        }
        Ok(TrainingExample { prompt, target })
    }

    /// Natural logarithms of the probabilities of the name's tokens and of its end, without any adapter.
    pub fn log_probabilities(&self, example: &TrainingExample) -> Result<Vec<f32>, TuningError> {
        let losses = self
            .decoder
            .losses(&Applied::default(), &example.prompt, &example.target)?;
        Ok(values(&losses)?.into_iter().map(|loss| -loss).collect())
    }
}
