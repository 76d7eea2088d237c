//! Reads a GGUF file: its metadata, and its tensors dequantised to f32.
//!
//! Quantised kernels are slow for the formats that small models come in, and f32 is exact to repeat; the
//! price is memory, four bytes per weight.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};

use crate::error::ModelError;

/// An opened GGUF file.
pub(crate) struct Gguf {
    path: PathBuf,
    content: Content,
    bytes: Vec<u8>,
}

impl Gguf {
    /// Parses the header of a file's bytes; `path` only serves error messages.
    pub(crate) fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, ModelError> {
        let content = Content::read(&mut Cursor::new(&bytes)).map_err(|error| ModelError::Format {
            path: path.to_owned(),
            reason: format!("not a readable GGUF file: {error}"),
        })?;
        Ok(Self {
            path: path.to_owned(),
            content,
            bytes,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn format_error(&self, reason: impl Into<String>) -> ModelError {
        ModelError::Format {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    /// A value that may be absent.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    pub(crate) fn required(&self, key: &str) -> Result<&Value, ModelError> {
        self.value(key)
            .ok_or_else(|| self.format_error(format!("the metadata lacks `{key}`")))
    }

    pub(crate) fn text(&self, key: &str) -> Result<&str, ModelError> {
        match self.required(key)? {
            Value::String(text) => Ok(text),
            _ => Err(self.format_error(format!("the metadata `{key}` is not a text"))),
        }
    }

    pub(crate) fn count(&self, key: &str) -> Result<usize, ModelError> {
        self.required(key)?
            .to_u64()
            .ok()
            .and_then(|value| usize::try_from(value).ok())
            .ok_or_else(|| self.format_error(format!("the metadata `{key}` is not a count")))
    }

    pub(crate) fn number(&self, key: &str) -> Result<f32, ModelError> {
        self.required(key)?
            .to_f32()
            .map_err(|_| self.format_error(format!("the metadata `{key}` is not a number")))
    }

    /// A list of texts.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&str>, ModelError> {
        let wrong = || self.format_error(format!("the metadata `{key}` is not a list of texts"));
        let Value::Array(values) = self.required(key)? else {
            return Err(wrong());
        };
        values
            .iter()
            .map(|value| match value {
                Value::String(text) => Ok(text.as_str()),
                _ => Err(wrong()),
            })
            .collect()
    }

    pub(crate) fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// A tensor in f32, which must have this shape.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        // The shape is compared before anything is allocated for it.
        let found = self
            .content
            .tensor_infos
            .get(name)
            .ok_or_else(|| self.format_error(format!("the tensor `{name}` is missing")))?;
        if found.shape.dims() != shape {
            return Err(self.format_error(format!(
                "the tensor `{name}` has the shape {:?}, expected {shape:?}",
                found.shape.dims()
            )));
        }
        self.content
            .tensor(&mut Cursor::new(&self.bytes), name, &Device::Cpu)
            .and_then(|tensor| tensor.dequantize(&Device::Cpu))
            .map_err(|source| ModelError::Tensors {
                path: self.path.clone(),
                source,
            })
    }
}
