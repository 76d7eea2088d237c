//! Which model a function uses, named in the plan itself, and the door through which models are loaded.
//!
//! Refuses to know any tensor library: the binary brings a [`ModelProvider`].

use std::fmt::{Debug, Display};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wayfare_inference::{Encoder, InferenceError, Namer, Salience};

use crate::error::FunctionError;
use crate::namer_reference::NamerReference;

/// An exact model: where it lies and the hash of its weights. Written `PATH#sha256:HEX` in plans.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelReference {
    /// A directory (encoder) or a file (language model, adapter, prompt, topics).
    pub path: String,
    /// Lower-case hex of the SHA-256 of the weights or of the file.
    pub sha256: String,
}

impl Display for ModelReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#sha256:{}", self.path, self.sha256)
    }
}

impl ModelReference {
    /// Reads what [`Display`] writes.
    pub fn parse(text: &str) -> Result<Self, FunctionError> {
        match text.rsplit_once("#sha256:") {
            Some((path, sha256)) if !path.is_empty() && sha256.len() == 64 => Ok(Self {
                path: path.to_owned(),
                sha256: sha256.to_owned(),
            }),
            _ => Err(FunctionError::ModelReference {
                text: text.to_owned(),
            }),
        }
    }
}

/// Loads models, each once per process, and refuses one whose hash is not the reference's.
pub trait ModelProvider: Send + Sync + Debug {
    /// The encoder in the referenced directory.
    fn encoder(&self, reference: &ModelReference) -> Result<Arc<dyn Encoder>, InferenceError>;
    /// The namer with exactly the referenced parts.
    fn namer(&self, reference: &NamerReference) -> Result<Arc<Namer>, InferenceError>;
    /// The term salience that comes with the encoder.
    fn salience(&self, encoder: &ModelReference) -> Result<Arc<dyn Salience>, InferenceError>;
}
