//! Why tuning could not begin or go on.

use std::path::PathBuf;

use thiserror::Error;

use crate::error::ModelError;

/// Why tuning could not begin or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TuningError {
    /// A file of the base model, or one that tuning reads or writes, is not usable.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A text could not be turned into tokens.
    #[error("a text could not be turned into tokens")]
    Tokenizer {
        /// The tokenizer library's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A step could not be computed.
    #[error("a training step could not be computed")]
    Tensor(#[from] candle_core::Error),
    /// A prompt with its name is longer than training allows for.
    #[error(
        "an example has {tokens} tokens with its prompt, at most {most} fit; use a prompt with fewer examples"
    )]
    TooLong {
        /// Tokens of the example, the soft prompt included.
        tokens: usize,
        /// How many fit.
        most: usize,
    },
    /// There is nothing to train on, or nothing to look at while training.
    #[error("there are no {what} examples")]
    NoExamples {
        /// `training` or `held-out`.
        what: &'static str,
    },
    /// An option makes no sense.
    #[error("option {name} is {value}; set it to {expected}")]
    Option {
        /// Which.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The loss is no longer a number.
    #[error("the loss was not a number in step {step}; lower the learning rate")]
    Diverged {
        /// Counted from 1.
        step: usize,
    },
    /// A checkpoint was made by a run that differs from the one that would go on with it.
    #[error(
        "the checkpoint {} was made with other options, examples or another base model: {what} differs",
        path.display()
    )]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// The first thing that differs.
        what: String,
    },
}
