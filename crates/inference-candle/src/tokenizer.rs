//! Text to token ids and back, whichever file describes how.
//!
//! A text of ours may hold the model's control tokens; a text of somebody else holds characters and nothing else.

mod from_folder;
mod from_gguf;
mod token_bytes;

use std::path::Path;

use tokenizers::Tokenizer;

use crate::caught::caught;
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::verify::read_file;
use token_bytes::Spelling;

/// Text to token ids and back.
#[derive(Debug, Clone)]
pub struct ModelTokenizer {
    /// Reads control tokens in a text as control tokens.
    trusting: Tokenizer,
    /// Reads them as the characters they are.
    plain: Tokenizer,
    /// Sorted ids at which a generated text ends: all tokens that steer the model instead of being text.
    control: Vec<u32>,
    /// What each token stands for; nothing for control tokens.
    bytes: Vec<Box<[u8]>>,
    /// What the model saw at the start of every text, where its texts had such a mark.
    first: Option<u32>,
}

impl ModelTokenizer {
    /// Reads the tokenizer of a GGUF file, or `tokenizer.json` of a folder, and leaves the weights alone.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        caught(path, || {
            if path.is_dir() {
                Self::from_folder(path)
            } else {
                Self::from_gguf(&Gguf::parse(path, read_file(path)?)?)
            }
        })
    }

    pub(crate) fn from_gguf(gguf: &Gguf) -> Result<Self, ModelError> {
        from_gguf::read(gguf)
    }

    pub(crate) fn from_folder(folder: &Path) -> Result<Self, ModelError> {
        from_folder::read(folder)
    }

    /// `tokens` has every id's token, `control` is sorted.
    fn assemble(
        trusting: Tokenizer,
        tokens: &[String],
        control: Vec<u32>,
        spelling: &Spelling,
        first: Option<u32>,
    ) -> Self {
        let mut plain = trusting.clone();
        plain.set_encode_special_tokens(true);
        let bytes = (0_u32..)
            .zip(tokens)
            .map(|(id, token)| {
                if control.binary_search(&id).is_ok() {
                    Box::default()
                } else {
                    spelling.bytes(token)
                }
            })
            .collect();
        Self {
            trusting,
            plain,
            control,
            bytes,
            first,
        }
    }

    /// Ids of a text of ours, whose control tokens count.
    pub fn encode_template(&self, text: &str) -> Result<Vec<u32>, tokenizers::Error> {
        Ok(self.trusting.encode_fast(text, false)?.get_ids().to_vec())
    }

    /// Ids of a text of somebody else, which holds characters and nothing else.
    pub fn encode_text(&self, text: &str) -> Result<Vec<u32>, tokenizers::Error> {
        Ok(self.plain.encode_fast(text, false)?.get_ids().to_vec())
    }

    /// The text of some ids, without control tokens; what is not text is shown as U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String, tokenizers::Error> {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether a token steers the model instead of being text.
    pub fn is_control(&self, id: u32) -> bool {
        self.control.binary_search(&id).is_ok()
    }

    /// How many token ids there are.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The token that has to stand before every text, if any.
    pub fn first(&self) -> Option<u32> {
        self.first
    }

    /// What a token stands for: not always whole characters; nothing for a control token.
    pub(crate) fn token_bytes(&self, id: u32) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], AsRef::as_ref)
    }

    /// Whether a generated text ends with this token: at a control token or a line break.
    pub(crate) fn ends(&self, id: u32) -> bool {
        self.is_control(id) || self.token_bytes(id).contains(&b'\n')
    }
}
