//! Model files are what their hashes say, or they are not used.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::ModelError;

/// A reference to a model file that pins its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Where the file is.
    pub path: PathBuf,
    /// The SHA-256 of its bytes, 64 hexadecimal digits in either case.
    pub sha256: String,
}

impl ModelFile {
    /// Reads the whole file and compares its hash.
    ///
    /// Call this before loading: a model that is not the pinned one must never compute.
    pub fn verify(&self) -> Result<(), ModelError> {
        let actual = sha256_file(&self.path)?;
        if actual.eq_ignore_ascii_case(self.sha256.trim()) {
            return Ok(());
        }
        Err(ModelError::HashMismatch {
            path: self.path.clone(),
            expected: self.sha256.clone(),
            actual,
        })
    }
}

/// The SHA-256 of a file's bytes as 64 lower-case hexadecimal digits.
pub fn sha256_file(path: &Path) -> Result<String, ModelError> {
    let unreadable = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0_u8; 1 << 20];
    loop {
        let length = file.read(&mut block).map_err(unreadable)?;
        if length == 0 {
            return Ok(hexadecimal(&hasher.finalize()));
        }
        hasher.update(&block[..length]);
    }
}

/// What a model is called: its name and the first 12 digits of its weights' hash.
pub(crate) fn model_id(name: &str, weights: &[u8]) -> String {
    format!("{name}@{}", &sha256(weights)[..12])
}

/// The SHA-256 of some bytes as 64 lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            write!(text, "{byte:02x}").ok();
            text
        })
}

/// Reads a whole file, naming it when that fails.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|source| ModelError::Read {
        path: path.to_owned(),
        source,
    })
}
