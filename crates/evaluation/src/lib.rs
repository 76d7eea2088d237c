//! Evaluation: synthetic activity with planted journeys, and the metrics that compare found journeys with them.
//!
//! Owns: what is planted, how it is written, and how a score is defined. Refuses to do: running the pipeline,
//! and anything that a job in production needs.

mod error;
pub mod metrics;
mod random;
pub mod synthetic;
pub mod vocabulary;

pub use error::EvaluationError;
pub use synthetic::{GenerateOptions, Generated, generate};
