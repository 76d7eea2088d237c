//! Why a model could not be loaded, or what belongs to it not be written.

use std::path::PathBuf;

use thiserror::Error;

/// Why a model's files were refused. Nothing of a refused model is used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file is missing or unreadable.
    #[error("cannot read the model file {}; check the path, or install the models again", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}; check that the folder exists, is writable and has room", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// A file is not the one that was asked for.
    #[error(
        "the model file {} has the sha256 {actual} but {expected} was asked for; the download is damaged or the model was replaced: \
         install it again, or write the new hash into the job file if the change is meant",
        path.display()
    )]
    HashMismatch {
        /// The file.
        path: PathBuf,
        /// The hash in the reference.
        expected: String,
        /// The hash of the bytes on disk.
        actual: String,
    },
    /// A file is damaged or of a kind that this crate does not run.
    #[error("the model file {} is not usable: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The tensors of a file do not make up the model.
    #[error("the tensors of {} do not fit its configuration", path.display())]
    Tensors {
        /// The file.
        path: PathBuf,
        /// Candle's error.
        #[source]
        source: candle_core::Error,
    },
    /// The tokenizer could not be built.
    #[error("the tokenizer in {} is not usable", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// The tokenizer library's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
