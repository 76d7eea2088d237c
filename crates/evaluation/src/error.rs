//! What can go wrong in this crate, with the facts needed to act on it.

use std::io;
use std::path::PathBuf;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use thiserror::Error;

/// An evaluation or generation that could not be carried out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvaluationError {
    #[error("option {name} is {value}; set it to {expected}")]
    Option {
        name: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("folder {} is not empty; choose another, or remove what an earlier generation left there", path.display())]
    NotEmpty { path: PathBuf },
    #[error("cannot write {}; check that the folder exists, is writable and has room", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write Parquet to {}", path.display())]
    Parquet {
        path: PathBuf,
        #[source]
        source: ParquetError,
    },
    #[error("generated columns do not make a table; this is a defect of the generator")]
    Columns {
        #[source]
        source: ArrowError,
    },
}
