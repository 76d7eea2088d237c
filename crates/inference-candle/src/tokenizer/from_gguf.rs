//! The byte-pair tokenizer that a GGUF file describes in its metadata.
//!
//! Built by hand: candle's own reader does not know the `smollm` flavour and falls back to one that puts a space before
//! the first word, which shifts every prompt.

use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, NormalizerWrapper, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer};

use super::ModelTokenizer;
use super::token_bytes::Spelling;
use crate::error::ModelError;
use crate::gguf::Gguf;

/// `tokenizer.ggml.token_type` of tokens that steer the model, and of those that a model's makers added for its texts'
/// markup; both are never what somebody else's text means.
const STEERING_TOKENS: [i64; 2] = [3, 4];

/// How Llama 3 and, but for the digits, Qwen2 cut texts into words.
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,DIGITS}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

pub(super) fn read(gguf: &Gguf) -> Result<ModelTokenizer, ModelError> {
    let unusable = |source| ModelError::Tokenizer {
        path: gguf.path().to_owned(),
        source,
    };
    let model = gguf.text("tokenizer.ggml.model")?;
    if model != "gpt2" {
        return Err(gguf.format_error(format!(
            "its tokenizer is `{model}`, supported is `gpt2`; a folder with the model's `tokenizer.json` can be used instead"
        )));
    }
    let flavour = gguf.text("tokenizer.ggml.pre")?;
    let tokens: Vec<String> = gguf
        .texts("tokenizer.ggml.tokens")?
        .into_iter()
        .map(str::to_owned)
        .collect();
    let control = steering_tokens(gguf, tokens.len())?;
    let added: Vec<AddedToken> = control
        .iter()
        .map(|&id| AddedToken::from(tokens[id as usize].as_str(), true))
        .collect();
    let vocabulary: Vocab = (0_u32..)
        .zip(&tokens)
        .map(|(id, token)| (token.clone(), id))
        .collect();
    let bytes = BPE::builder()
        .vocab_and_merges(vocabulary, merges(gguf)?)
        .ignore_merges(flavour == "llama-bpe")
        .build()
        .map_err(unusable)?;
    let mut trusting = Tokenizer::new(bytes);
    let words = pre_tokenizer(flavour)
        .map_err(unusable)?
        .ok_or_else(|| {
            gguf.format_error(format!(
                "its tokenizer cuts words as `{flavour}`, supported are `smollm`, `gpt-2`, `default`, `llama-bpe` and `qwen2`"
            ))
        })?;
    trusting
        .with_pre_tokenizer(Some(Sequence::new(words)))
        .with_decoder(Some(ByteLevel::new(false, false, true)));
    if flavour == "qwen2" {
        trusting
            .with_normalizer(Some(NormalizerWrapper::NFC(tokenizers::normalizers::NFC)))
            .map_err(unusable)?;
    }
    trusting.add_special_tokens(added).map_err(unusable)?;
    let first = first_token(gguf, tokens.len())?;
    Ok(ModelTokenizer::assemble(
        trusting,
        &tokens,
        control,
        &Spelling::byte_level(),
        first,
    ))
}

fn pre_tokenizer(flavour: &str) -> tokenizers::Result<Option<Vec<PreTokenizerWrapper>>> {
    let bytes = |cut_words| PreTokenizerWrapper::ByteLevel(ByteLevel::new(false, false, cut_words));
    let words = |digits: &str| {
        let pattern = SplitPattern::Regex(WORDS.replace("{1,DIGITS}", digits));
        Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map(PreTokenizerWrapper::Split)
    };
    Ok(match flavour {
        "smollm" => Some(vec![PreTokenizerWrapper::Digits(Digits::new(true)), bytes(true)]),
        "gpt-2" | "default" => Some(vec![bytes(true)]),
        "llama-bpe" => Some(vec![words("{1,3}")?, bytes(false)]),
        "qwen2" => Some(vec![words("")?, bytes(false)]),
        _ => None,
    })
}

/// The token that the file wants before every text.
fn first_token(gguf: &Gguf, token_count: usize) -> Result<Option<u32>, ModelError> {
    let wanted = gguf
        .value("tokenizer.ggml.add_bos_token")
        .and_then(|value| value.to_bool().ok())
        .unwrap_or(false);
    if !wanted {
        return Ok(None);
    }
    let id = gguf.count("tokenizer.ggml.bos_token_id")?;
    u32::try_from(id)
        .ok()
        .filter(|_| id < token_count)
        .map(Some)
        .ok_or_else(|| gguf.format_error("the metadata `tokenizer.ggml.bos_token_id` is not a token"))
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

/// Sorted ids of the tokens that steer the model.
fn steering_tokens(gguf: &Gguf, token_count: usize) -> Result<Vec<u32>, ModelError> {
    let wrong = || gguf.format_error("the metadata `tokenizer.ggml.token_type` is not one number per token");
    let types = gguf
        .required("tokenizer.ggml.token_type")?
        .to_vec()
        .map_err(|_| wrong())?;
    if types.len() != token_count {
        return Err(wrong());
    }
    let steers = |value: &Value| {
        value
            .to_i32()
            .map(i64::from)
            .or_else(|_| value.to_u32().map(i64::from))
            .is_ok_and(|kind| STEERING_TOKENS.contains(&kind))
    };
    Ok((0_u32..)
        .zip(types)
        .filter(|(_, kind)| steers(kind))
        .map(|(id, _)| id)
        .collect())
}
