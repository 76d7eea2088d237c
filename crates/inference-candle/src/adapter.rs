//! A small file that goes beside a base model: a soft prompt, or low-rank changes of its matrices.
//!
//! Owns what such a file holds and the checks that it belongs to a base model. It trains nothing and applies nothing.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use candle_core::Tensor;
use serde_json::Value;

use crate::error::ModelError;

/// A matrix of a layer that low-rank changes can apply to, named as GGUF files name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// Queries.
    AttnQ,
    /// Keys.
    AttnK,
    /// Values.
    AttnV,
    /// Out of attention.
    AttnOutput,
    /// The gate of the feed-forward step.
    FfnGate,
    /// Into the feed-forward step.
    FfnUp,
    /// Out of the feed-forward step.
    FfnDown,
}

impl Module {
    /// All modules, in the order in which a layer uses them.
    pub const ALL: [Self; 7] = [
        Self::AttnQ,
        Self::AttnK,
        Self::AttnV,
        Self::AttnOutput,
        Self::FfnGate,
        Self::FfnUp,
        Self::FfnDown,
    ];

    /// The name in GGUF files: `blk.LAYER.NAME.weight`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AttnQ => "attn_q",
            Self::AttnK => "attn_k",
            Self::AttnV => "attn_v",
            Self::AttnOutput => "attn_output",
            Self::FfnGate => "ffn_gate",
            Self::FfnUp => "ffn_up",
            Self::FfnDown => "ffn_down",
        }
    }

    /// The module of a GGUF name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.name() == name)
    }
}

impl fmt::Display for Module {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A change of one matrix: `weight + scale · up · down`.
#[derive(Debug, Clone)]
pub struct LowRankPair {
    /// `A`, `[rank, inputs]` in f32.
    pub down: Tensor,
    /// `B`, `[outputs, rank]` in f32; rows in the order in which the base file has them.
    pub up: Tensor,
}

/// What an adapter does to its base model.
#[derive(Debug, Clone)]
pub enum AdapterKind {
    /// Vectors that stand where the embeddings of the first tokens of a prompt would, `[tokens, hidden]` in f32.
    SoftPrompt(Tensor),
    /// Changes by layer, counted from 0, and module.
    LowRank {
        /// Alpha divided by the rank.
        scale: f32,
        /// Never empty.
        pairs: BTreeMap<(usize, Module), LowRankPair>,
    },
}

/// An adapter as it is stored.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// What it does.
    pub kind: AdapterKind,
    /// The SHA-256 of the base model's file, 64 lower-case hexadecimal digits.
    pub base_sha256: String,
    /// The name of the prompt that it was trained with; with another one it is of little use.
    pub prompt: String,
    /// How it was trained, for people: a JSON object that nothing depends on.
    pub configuration: Value,
}

/// An adapter that was read from a file, and the file's hash.
#[derive(Debug, Clone)]
pub struct StoredAdapter {
    /// The content.
    pub adapter: Adapter,
    /// The SHA-256 of the file, 64 lower-case hexadecimal digits: part of the id of a model that uses it.
    pub sha256: String,
}

/// The sizes of a base model that an adapter has to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseModel {
    /// The SHA-256 of its file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Number of layers.
    pub layers: usize,
    /// Width of the vectors between layers.
    pub hidden: usize,
    /// Width of all queries of a token.
    pub query_width: usize,
    /// Width of all keys of a token, and of all values.
    pub value_width: usize,
    /// Inner width of the feed-forward step.
    pub feed_forward: usize,
}

impl BaseModel {
    /// Outputs and inputs of a module's matrix.
    pub fn shape(&self, module: Module) -> (usize, usize) {
        match module {
            Module::AttnQ => (self.query_width, self.hidden),
            Module::AttnK | Module::AttnV => (self.value_width, self.hidden),
            Module::AttnOutput => (self.hidden, self.query_width),
            Module::FfnGate | Module::FfnUp => (self.feed_forward, self.hidden),
            Module::FfnDown => (self.hidden, self.feed_forward),
        }
    }
}

impl Adapter {
    /// Reads a file that [`Adapter::write`] wrote. Refuses what is damaged, of another kind, or not in f32.
    pub fn read(path: &Path) -> Result<StoredAdapter, ModelError> {
        file::read(path)
    }

    /// Writes a safetensors file in one move, and returns its hash; equal adapters give equal bytes.
    pub fn write(&self, path: &Path) -> Result<String, ModelError> {
        file::write(self, path)
    }

    /// Refuses an adapter of another base model; `path`, the adapter's file, only serves error messages.
    pub fn check_fits(&self, path: &Path, base: &BaseModel) -> Result<(), ModelError> {
        let refuse = |reason: String| {
            Err(ModelError::Format {
                path: path.to_owned(),
                reason,
            })
        };
        if !self.base_sha256.eq_ignore_ascii_case(&base.sha256) {
            return refuse(format!(
                "it was trained for the base model with the sha256 {}, not for the one with {}",
                self.base_sha256, base.sha256
            ));
        }
        match &self.kind {
            AdapterKind::SoftPrompt(vectors) => match vectors.dims() {
                [tokens, hidden] if *tokens > 0 && *hidden == base.hidden => Ok(()),
                shape => refuse(format!(
                    "its soft prompt has the shape {shape:?}, expected [tokens, {}]",
                    base.hidden
                )),
            },
            AdapterKind::LowRank { pairs, .. } => {
                for (&(layer, module), pair) in pairs {
                    if layer >= base.layers {
                        return refuse(format!(
                            "it changes layer {layer}, the base model has {}",
                            base.layers
                        ));
                    }
                    let (outputs, inputs) = base.shape(module);
                    let rank = pair.down.dims().first().copied().unwrap_or_default();
                    if rank == 0 || pair.down.dims() != [rank, inputs] || pair.up.dims() != [outputs, rank] {
                        return refuse(format!(
                            "its changes of {module} in layer {layer} have the shapes {:?} and {:?}, expected [rank, {inputs}] and [{outputs}, rank]",
                            pair.down.dims(),
                            pair.up.dims()
                        ));
                    }
                }
                Ok(())
            }
        }
    }
}
