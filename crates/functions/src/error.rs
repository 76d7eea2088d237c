//! What can go wrong inside a SQL function or operator.

use datafusion::error::DataFusionError;
use wayfare_inference::InferenceError;
use wayfare_journeys::{ParamsError, SegmentError, StateError};
use wayfare_tables::TablesError;

/// An error of a function, with the facts that its reader needs.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    #[error("`{text}` does not name a model; expected `PATH#sha256:` and 64 hex digits")]
    ModelReference { text: String },
    #[error(
        "`{text}` does not name a namer; expected `extractive` or `PATH#sha256:` and 64 hex digits, then parts such as \
         `; prompt=few-shot#sha256:` and 64 hex digits"
    )]
    NamerReference { text: String },
    #[error(
        "`{function}` needs {what}: pass it as the last argument, or query tables that were made with one"
    )]
    NotConfigured {
        function: &'static str,
        what: &'static str,
    },
    #[error("`{function}`: argument {position} must be a literal")]
    NotLiteral { function: &'static str, position: usize },
    #[error("segmentation settings are not readable: {message}")]
    Settings { message: String },
    #[error("item pack `{uri}`: {message}")]
    Pack { uri: String, message: String },
    #[error("item pack `{uri}` has hash {actual} where {expected} was asked for; refusing to use it")]
    PackHash {
        uri: String,
        expected: String,
        actual: String,
    },
    #[error("item pack `{uri}` cannot be fetched")]
    PackNotFetched {
        uri: String,
        #[source]
        source: Box<TablesError>,
    },
    #[error("cannot keep a copy of an item pack in `{path}`")]
    PackNotKept {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("item `{item_id}` is not in item pack `{uri}`; run the stage `embed` again")]
    ItemNotInPack { item_id: String, uri: String },
    #[error("segmentation of user `{user_id}` failed")]
    Segment {
        user_id: String,
        #[source]
        source: SegmentError,
    },
    #[error("state of user `{user_id}` is not readable; remove it to recompute the user from the log")]
    State {
        user_id: String,
        #[source]
        source: StateError,
    },
    #[error("segmentation parameters are not usable")]
    Params(#[source] ParamsError),
    #[error("inference failed")]
    Inference(#[source] InferenceError),
    #[error("`{function}`: vectors of {left} and {right} dimensions cannot be compared")]
    Dimensions {
        function: &'static str,
        left: usize,
        right: usize,
    },
    #[error("stopped on request")]
    Stopped,
    #[error(
        "a value of column `{column}` holds a line break, row {row}: either a quote before it is never closed, or values \
         of this file do span lines"
    )]
    LineBreak { column: String, row: usize },
    #[error("an operator of a plan could not be passed on: {message}")]
    Operator { message: String },
    #[error("writing `{path}` failed: {message}")]
    Write { path: String, message: String },
}

impl From<FunctionError> for DataFusionError {
    fn from(error: FunctionError) -> Self {
        Self::External(Box::new(error))
    }
}
