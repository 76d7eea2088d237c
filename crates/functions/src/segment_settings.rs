//! What segmentation needs beside the activities, as the literal that a plan carries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wayfare_journeys::Params;
use xxhash_rust::xxh3::xxh3_64;

use crate::artefacts::Artefacts;
use crate::error::FunctionError;
use crate::item_pack::{ItemPack, PackReference};

/// The algorithm's parameters and the item pack, by hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentSettings {
    pub params: Params,
    pub pack: PackReference,
}

impl SegmentSettings {
    /// The literal.
    pub fn to_json(&self) -> Result<String, FunctionError> {
        serde_json::to_string(self).map_err(|error| FunctionError::Settings {
            message: error.to_string(),
        })
    }

    /// Reads the literal and checks the parameters.
    pub fn from_json(text: &str) -> Result<Self, FunctionError> {
        let settings: Self = serde_json::from_str(text).map_err(|error| FunctionError::Settings {
            message: error.to_string(),
        })?;
        settings.params.validate().map_err(FunctionError::Params)?;
        Ok(settings)
    }

    /// Opens the pack.
    pub fn load(&self, artefacts: &Artefacts) -> Result<LoadedSettings, FunctionError> {
        Ok(LoadedSettings {
            params: self.params,
            pack: artefacts.pack(&self.pack)?,
        })
    }
}

/// Settings whose pack is at hand.
#[derive(Debug, Clone)]
pub struct LoadedSettings {
    pub params: Params,
    pub pack: Arc<ItemPack>,
}

/// Names everything that a stored state depends on: parameters and encoder, not the pack, which grows.
pub fn settings_hash(params: &Params, encoder: &str) -> Result<String, FunctionError> {
    let json = serde_json::to_string(&(params, encoder)).map_err(|e| FunctionError::Settings {
        message: e.to_string(),
    })?;
    Ok(format!("{:016x}", xxh3_64(json.as_bytes())))
}
