//! The part of a model's `config.json` that shapes the computation.

use serde::Deserialize;

/// What is read of the file; other keys are ignored.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BertConfig {
    pub(crate) model_type: String,
    pub(crate) hidden_size: usize,
    pub(crate) hidden_act: String,
    pub(crate) num_hidden_layers: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) vocab_size: usize,
    pub(crate) type_vocab_size: usize,
    pub(crate) layer_norm_eps: f32,
    #[serde(default = "absolute")]
    pub(crate) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl BertConfig {
    /// What this module cannot compute, in words.
    pub(crate) fn unsupported(&self) -> Option<String> {
        if self.model_type != "bert" {
            return Some(format!(
                "model_type is `{}`, supported is `bert`",
                self.model_type
            ));
        }
        if self.hidden_act != "gelu" {
            return Some(format!(
                "hidden_act is `{}`, supported is `gelu`",
                self.hidden_act
            ));
        }
        if self.position_embedding_type != "absolute" {
            return Some(format!(
                "position_embedding_type is `{}`, supported is `absolute`",
                self.position_embedding_type
            ));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Some(format!(
                "hidden_size {} does not divide into {} attention heads",
                self.hidden_size, self.num_attention_heads
            ));
        }
        (self.max_position_embeddings < 2).then(|| "max_position_embeddings is below 2".to_owned())
    }
}
