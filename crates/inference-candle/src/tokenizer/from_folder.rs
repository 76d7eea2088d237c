//! The tokenizer of a model folder: its `tokenizer.json`.
//!
//! Every added token counts as one that steers the model, also where the file calls it a part of texts: a stranger's
//! text must not be able to write it.

use std::path::Path;

use serde_json::Value;
use tokenizers::Tokenizer;

use super::ModelTokenizer;
use super::token_bytes::Spelling;
use crate::error::ModelError;
use crate::verify::read_file;
use crate::weights::folder::parse;

pub(super) fn read(folder: &Path) -> Result<ModelTokenizer, ModelError> {
    let path = folder.join("tokenizer.json");
    let mut content = parse(&path, &read_file(&path)?)?;
    let mut control: Vec<u32> = Vec::new();
    for token in content
        .get_mut("added_tokens")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        token["special"] = Value::Bool(true);
        control.extend(
            token
                .get("id")
                .and_then(Value::as_u64)
                .and_then(|id| u32::try_from(id).ok()),
        );
    }
    control.sort_unstable();
    let spelling = spelling(&content).ok_or_else(|| ModelError::Format {
        path: path.clone(),
        reason: "its decoder is neither that of GPT-2 nor that of SentencePiece".to_owned(),
    })?;
    let unusable = |source| ModelError::Tokenizer {
        path: path.clone(),
        source,
    };
    let mut tokenizer = Tokenizer::from_bytes(content.to_string()).map_err(unusable)?;
    tokenizer
        .with_padding(None)
        .with_truncation(None)
        .map_err(unusable)?;
    let size = tokenizer.get_vocab_size(true);
    let tokens: Vec<String> = (0_u32..)
        .take(size)
        .map(|id| tokenizer.id_to_token(id).unwrap_or_default())
        .collect();
    // What the file's own post-processing puts before a text.
    let first = tokenizer
        .encode_fast("", true)
        .map_err(unusable)?
        .get_ids()
        .first()
        .copied()
        .filter(|id| control.binary_search(id).is_ok());
    Ok(ModelTokenizer::assemble(
        tokenizer, &tokens, control, &spelling, first,
    ))
}

/// By the steps of the decoder, alone or in a sequence.
fn spelling(content: &Value) -> Option<Spelling> {
    let decoder = content.get("decoder")?;
    let steps = decoder
        .get("decoders")
        .and_then(Value::as_array)
        .map_or_else(|| vec![decoder], |steps| steps.iter().collect());
    let has = |kind: &str| {
        steps
            .iter()
            .any(|step| step.get("type").and_then(Value::as_str) == Some(kind))
    };
    if has("ByteLevel") {
        Some(Spelling::byte_level())
    } else if has("ByteFallback") || has("Metaspace") {
        Some(Spelling::SentencePiece)
    } else {
        None
    }
}
