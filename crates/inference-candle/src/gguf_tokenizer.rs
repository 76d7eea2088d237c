//! The byte-pair tokenizer that a GGUF file describes in its metadata.
//!
//! Built by hand: candle's own reader does not know the `smollm` flavour and falls back to one that puts a
//! space before the first word, which shifts every prompt.

use std::path::Path;

use tokenizers::models::bpe::{BPE, Merges};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{AddedToken, PreTokenizerWrapper, Tokenizer};

use crate::caught::caught;
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::verify::read_file;

/// `tokenizer.ggml.token_type` of tokens that steer the model.
const CONTROL_TOKEN: i64 = 3;

/// Text to token ids and back.
#[derive(Debug, Clone)]
pub struct GgufTokenizer {
    /// Reads control tokens in a text as control tokens.
    trusting: Tokenizer,
    /// Reads them as the characters they are.
    plain: Tokenizer,
    /// Ids at which a generated text ends: control tokens.
    control: Vec<u32>,
    size: usize,
}

impl GgufTokenizer {
    /// Reads the tokenizer of a GGUF file and leaves the weights alone.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        caught(path, || Self::from_gguf(&Gguf::parse(path, read_file(path)?)?))
    }

    pub(crate) fn from_gguf(gguf: &Gguf) -> Result<Self, ModelError> {
        let model = gguf.text("tokenizer.ggml.model")?;
        let flavour = gguf.text("tokenizer.ggml.pre")?;
        if model != "gpt2" || flavour != "smollm" {
            return Err(gguf.format_error(format!(
                "its tokenizer is `{model}`/`{flavour}`, supported is `gpt2`/`smollm`"
            )));
        }
        let tokens = gguf.texts("tokenizer.ggml.tokens")?;
        let control = control_tokens(gguf, tokens.len())?;
        let added: Vec<AddedToken> = control
            .iter()
            .map(|&id| AddedToken::from(tokens[id as usize], true))
            .collect();

        let unusable = |source| ModelError::Tokenizer {
            path: gguf.path().to_owned(),
            source,
        };
        let vocabulary = tokens
            .iter()
            .zip(0_u32..)
            .map(|(token, id)| ((*token).to_owned(), id))
            .collect();
        let bytes = BPE::builder()
            .vocab_and_merges::<tokenizers::models::bpe::Vocab>(vocabulary, merges(gguf)?)
            .build()
            .map_err(unusable)?;
        let mut trusting = Tokenizer::new(bytes);
        let byte_level = ByteLevel::new(false, false, true);
        let split = Sequence::new(vec![
            PreTokenizerWrapper::Digits(Digits::new(true)),
            PreTokenizerWrapper::ByteLevel(byte_level),
        ]);
        trusting
            .with_pre_tokenizer(Some(split))
            .with_decoder(Some(byte_level));
        trusting.add_special_tokens(added).map_err(unusable)?;
        let mut plain = trusting.clone();
        plain.set_encode_special_tokens(true);
        Ok(Self {
            trusting,
            plain,
            control,
            size: tokens.len(),
        })
    }

    /// Ids of a text of ours, whose control tokens count.
    pub fn encode_template(&self, text: &str) -> Result<Vec<u32>, tokenizers::Error> {
        Ok(self.trusting.encode_fast(text, false)?.get_ids().to_vec())
    }

    /// Ids of a text of somebody else, which holds characters and nothing else.
    pub fn encode_text(&self, text: &str) -> Result<Vec<u32>, tokenizers::Error> {
        Ok(self.plain.encode_fast(text, false)?.get_ids().to_vec())
    }

    /// The text of some ids, without control tokens.
    pub fn decode(&self, ids: &[u32]) -> Result<String, tokenizers::Error> {
        self.trusting.decode(ids, true)
    }

    /// Whether a token steers the model instead of being text.
    pub fn is_control(&self, id: u32) -> bool {
        self.control.binary_search(&id).is_ok()
    }

    /// How many token ids there are.
    pub fn size(&self) -> usize {
        self.size
    }
}

fn merges(gguf: &Gguf) -> Result<Merges, ModelError> {
    gguf.texts("tokenizer.ggml.merges")?
        .into_iter()
        .map(|merge| {
            let (left, right) = merge
                .split_once(' ')
                .ok_or_else(|| gguf.format_error(format!("the merge {merge:?} is not a pair")))?;
            Ok((left.to_owned(), right.to_owned()))
        })
        .collect()
}

/// Sorted ids of the control tokens.
fn control_tokens(gguf: &Gguf, token_count: usize) -> Result<Vec<u32>, ModelError> {
    let wrong = || gguf.format_error("the metadata `tokenizer.ggml.token_type` is not one number per token");
    let types = gguf
        .required("tokenizer.ggml.token_type")?
        .to_vec()
        .map_err(|_| wrong())?;
    if types.len() != token_count {
        return Err(wrong());
    }
    let is_control = |value: &candle_core::quantized::gguf_file::Value| {
        value
            .to_i32()
            .map(i64::from)
            .or_else(|_| value.to_u32().map(i64::from))
            .is_ok_and(|kind| kind == CONTROL_TOKEN)
    };
    Ok(types
        .iter()
        .zip(0_u32..)
        .filter(|(kind, _)| is_control(kind))
        .map(|(_, id)| id)
        .collect())
}
