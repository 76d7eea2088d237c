//! Candle models for the functions: each is verified and loaded once per process.

mod naming;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde_json::json;
use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::namer_reference::NamerReference;
use wayfare_inference::{Encoder, InferenceError, Namer, Salience};
use wayfare_inference_candle::{CandleEncoder, ModelError, ModelFile, WordpieceSalience};

use crate::event_line;

/// The file of an encoder's folder that its hash is taken of.
pub(crate) const ENCODER_WEIGHTS: &str = "model.safetensors";
/// The file of an encoder's folder that salience is read off.
pub(crate) const ENCODER_VOCABULARY: &str = "vocab.txt";

/// Loaded models by the hash of their weights.
#[derive(Default)]
pub(crate) struct CandleModels {
    encoders: Loaded<Arc<dyn Encoder>>,
    namers: Loaded<Arc<Namer>>,
    saliences: Loaded<Arc<dyn Salience>>,
    announces: bool,
}

impl CandleModels {
    /// Models of a process whose talk is a log: says of each encoder and language model when it is loaded.
    pub(crate) fn announcing() -> Self {
        Self {
            announces: true,
            ..Self::default()
        }
    }

    fn announce(&self, reference: &ModelReference, since: Instant) {
        if self.announces {
            event_line::say(json!({
                "event": "model_loaded",
                "model": reference.path,
                "sha256": reference.sha256,
                "seconds": since.elapsed().as_secs_f64(),
            }));
        }
    }
}

impl std::fmt::Debug for CandleModels {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CandleModels").finish_non_exhaustive()
    }
}

impl ModelProvider for CandleModels {
    fn encoder(&self, reference: &ModelReference) -> Result<Arc<dyn Encoder>, InferenceError> {
        self.encoders.get_or_load(reference, || {
            let since = Instant::now();
            verify_encoder(reference)?;
            let encoder = CandleEncoder::load(&local(&reference.path))?;
            self.announce(reference, since);
            Ok(Arc::new(encoder))
        })
    }

    fn namer(&self, reference: &NamerReference) -> Result<Arc<Namer>, InferenceError> {
        self.namers.get_or(&reference.to_string(), || {
            let since = Instant::now();
            let namer = naming::namer(reference, |encoder| self.encoder(encoder))?;
            if let Some(used) = &reference.model {
                self.announce(&used.model, since);
            }
            Ok(Arc::new(namer))
        })
    }

    fn salience(&self, encoder: &ModelReference) -> Result<Arc<dyn Salience>, InferenceError> {
        self.saliences.get_or_load(encoder, || {
            Ok(Arc::new(WordpieceSalience::load(
                &local(&encoder.path).join(ENCODER_VOCABULARY),
            )?))
        })
    }
}

/// Compares the hash of an encoder's weights with the reference.
pub(crate) fn verify_encoder(reference: &ModelReference) -> Result<(), ModelError> {
    ModelFile {
        path: local(&reference.path).join(ENCODER_WEIGHTS),
        sha256: reference.sha256.clone(),
    }
    .verify()
}

/// Compares the hash of a file that names depend on with the reference.
pub(crate) fn verify_file(reference: &ModelReference) -> Result<(), ModelError> {
    naming::verify(reference)
}

fn local(path: &str) -> PathBuf {
    Path::new(path.strip_prefix("file://").unwrap_or(path)).to_owned()
}

/// Models by the hash of their weights, or all hashes that they depend on, loaded one at a time: two threads that want the same wait for one load.
struct Loaded<M>(Mutex<HashMap<String, M>>);

impl<M> Default for Loaded<M> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<M: Clone> Loaded<M> {
    fn get_or_load(
        &self,
        reference: &ModelReference,
        load: impl FnOnce() -> Result<M, ModelError>,
    ) -> Result<M, InferenceError> {
        self.get_or(&reference.sha256, || {
            load().map_err(|source| InferenceError::Model {
                model: reference.path.clone(),
                operation: "its weights from the file",
                source: Box::new(source),
            })
        })
    }

    fn get_or(
        &self,
        key: &str,
        load: impl FnOnce() -> Result<M, InferenceError>,
    ) -> Result<M, InferenceError> {
        let mut loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = loaded.get(key) {
            return Ok(model.clone());
        }
        let model = load()?;
        loaded.insert(key.to_owned(), model.clone());
        Ok(model)
    }
}
