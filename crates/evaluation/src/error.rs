//! What can go wrong in this crate, with the facts needed to act on it.

use std::io;
use std::path::PathBuf;

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use rayon::ThreadPoolBuildError;
use thiserror::Error;
use wayfare_inference::InferenceError;
use wayfare_journeys::SegmentError;

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
    #[error("cannot read or write {} as Parquet", path.display())]
    Parquet {
        path: PathBuf,
        #[source]
        source: ParquetError,
    },
    #[error("generated columns do not make a table; this is a defect of the program")]
    Columns {
        #[source]
        source: ArrowError,
    },
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not a table in CSV: {reason}", path.display())]
    Csv { path: PathBuf, reason: String },
    #[error("{} line 1 has no column `{column}`; it has {found}", path.display())]
    MissingColumn {
        path: PathBuf,
        column: &'static str,
        /// The columns that are there, for people.
        found: String,
    },
    #[error("{} line {line}, column `{column}`: `{value}` is not {expected}", path.display())]
    Value {
        path: PathBuf,
        /// Counted from 1, the header's.
        line: u64,
        column: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("{} cannot be used: {reason}", path.display())]
    Unusable { path: PathBuf, reason: String },
    #[error("user `{user_id}` cannot be segmented")]
    Segment {
        user_id: String,
        #[source]
        source: SegmentError,
    },
    #[error("threads cannot be started")]
    Threads {
        #[source]
        source: ThreadPoolBuildError,
    },
    #[error("{} is not a store of vectors: {reason}", path.display())]
    VectorFile { path: PathBuf, reason: String },
    #[error("item `{item_id}` of the catalogue has {reason}")]
    Catalogue { item_id: String, reason: String },
    #[error("method `{method}` gave {found} labels for the {expected} activities of user `{user_id}`")]
    Labels {
        method: String,
        user_id: String,
        expected: usize,
        found: usize,
    },
    #[error("there are no users with known journeys to evaluate methods on")]
    NoUsers,
    #[error("method `{name}` is not among those compared: {}", compared.join(", "))]
    UnknownReference { name: String, compared: Vec<String> },
    #[error("{} line {line} is not a collection", path.display())]
    Collection {
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        #[source]
        source: serde_json::Error,
    },
    #[error("{} holds no collections", path.display())]
    NoCollections { path: PathBuf },
    #[error("there is no list `{name}`; lists are {}", known.join(", "))]
    UnknownList { name: String, known: Vec<String> },
    #[error(
        "none of the collections has two items or more, of which one half could be named and the other be looked for"
    )]
    NothingToName,
    #[error("method `{method}` gave {found} names for {expected} journeys")]
    Names {
        method: String,
        expected: usize,
        found: usize,
    },
    #[error("{found} vectors were given for the {expected} items of the collections")]
    Vectors { expected: usize, found: usize },
    #[error("{what} failed")]
    Inference {
        /// `method few-shot`, or which measure.
        what: String,
        #[source]
        source: InferenceError,
    },
}
