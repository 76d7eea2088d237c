//! A model folder as Hugging Face lays it out: `config.json`, safetensors files, `tokenizer.json`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::safetensors::{BufferedSafetensors, Load};
use candle_core::{DType, Device, Tensor};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::ModelError;
use crate::verify::{hexadecimal, read_file};

/// An opened folder; its tensors are in memory as they are on disk until it is dropped.
pub(crate) struct Folder {
    path: PathBuf,
    config: Value,
    files: Vec<(PathBuf, BufferedSafetensors)>,
    /// Which of `files` has a tensor.
    tensors: HashMap<String, usize>,
    sha256: String,
}

impl Folder {
    /// Reads everything but the tokenizer.
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let config_bytes = read_file(&path.join("config.json"))?;
        let config = parse(&path.join("config.json"), &config_bytes)?;
        let mut hasher = Sha256::new();
        hasher.update(&config_bytes);
        let mut files = Vec::new();
        let mut tensors = HashMap::new();
        for file in weight_files(path)? {
            let bytes = read_file(&file)?;
            hasher.update(&bytes);
            let opened = BufferedSafetensors::new(bytes).map_err(|source| ModelError::Tensors {
                path: file.clone(),
                source,
            })?;
            for (name, _) in opened.tensors() {
                tensors.insert(name, files.len());
            }
            files.push((file, opened));
        }
        Ok(Self {
            path: path.to_owned(),
            config,
            files,
            tensors,
            sha256: hexadecimal(&hasher.finalize()),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The content of `config.json`.
    pub(crate) fn config(&self) -> &Value {
        &self.config
    }

    /// The SHA-256 over `config.json` and the weight files in their order.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    pub(crate) fn has_tensor(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// A tensor in f32, which must have this shape.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let wrong = |reason: String| ModelError::Format {
            path: self.path.clone(),
            reason,
        };
        let (file, tensors) = self
            .tensors
            .get(name)
            .and_then(|&index| self.files.get(index))
            .ok_or_else(|| wrong(format!("the tensor `{name}` is missing")))?;
        let failed = |source| ModelError::Tensors {
            path: file.clone(),
            source,
        };
        let view = tensors.get(name).map_err(failed)?;
        if view.shape() != shape {
            return Err(wrong(format!(
                "the tensor `{name}` has the shape {:?}, expected {shape:?}",
                view.shape()
            )));
        }
        let tensor = view.load(&Device::Cpu).map_err(failed)?;
        if !matches!(tensor.dtype(), DType::F32 | DType::F16 | DType::BF16) {
            return Err(wrong(format!(
                "the tensor `{name}` is of the type {:?}, supported are F32, F16 and BF16",
                tensor.dtype()
            )));
        }
        tensor.to_dtype(DType::F32).map_err(failed)
    }
}

/// The one file, or those of the index in the order of their names.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let whole = folder.join("model.safetensors");
    let index = folder.join("model.safetensors.index.json");
    if whole.exists() || !index.exists() {
        return Ok(vec![whole]);
    }
    let content = parse(&index, &read_file(&index)?)?;
    let mut names: Vec<&str> = content
        .get("weight_map")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.values().filter_map(Value::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    let plain = |name: &&str| !name.contains(['/', '\\']);
    if names.is_empty() || !names.iter().all(plain) {
        return Err(ModelError::Format {
            path: index,
            reason: "its weight_map does not name files of this folder".to_owned(),
        });
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// The content of a JSON file.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(bytes).map_err(|error| ModelError::Format {
        path: path.to_owned(),
        reason: format!("not readable JSON: {error}"),
    })
}
