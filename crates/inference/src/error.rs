//! The one error type of this crate; models report their own faults through it.

use thiserror::Error;

/// Why texts could not be encoded or names not be generated.
///
/// A bad *name* is never an error: the namer falls back and says so in the name's flags.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The model failed while it computed.
    #[error("the model `{model}` failed while it computed {operation}")]
    Model {
        /// The model's id, see [`crate::Encoder::id`] and [`crate::Generator::id`].
        model: String,
        /// What was being computed.
        operation: &'static str,
        /// The model's own error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model broke its contract, for example by answering with fewer results than it was asked for.
    #[error(
        "the model `{model}` returned {actual} results for {expected} inputs; report this as a bug of the model's implementation"
    )]
    ResultCount {
        /// The model's id.
        model: String,
        /// How many results were asked for.
        expected: usize,
        /// How many came back.
        actual: usize,
    },
    /// The model lacks what was asked of it.
    #[error("the model `{model}` has no {what}")]
    Unsupported {
        /// The model's id.
        model: String,
        /// What it lacks, for example `chat template`.
        what: &'static str,
    },
}
