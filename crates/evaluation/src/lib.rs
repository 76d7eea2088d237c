//! Evaluation: synthetic activity with planted journeys, the metrics that compare found journeys with them, and the
//! comparison of methods that find journeys by what they find and how fast.
//!
//! Owns: what is planted, how it is written, how a score is defined, and what it is compared with. Refuses to do:
//! running the pipeline, and anything that a job in production needs.

mod error;
pub mod extraction;
pub mod metrics;
mod random;
mod row_groups;
pub mod speed;
pub mod synthetic;
pub mod vocabulary;

pub use error::EvaluationError;
pub use synthetic::{GenerateOptions, Generated, generate};
