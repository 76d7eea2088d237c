//! Evaluation: synthetic activity with planted journeys, the metrics that compare found journeys with them, the
//! comparison of methods that find journeys, the titled collections that names are learnt from and measured by, and the
//! comparison of methods that name.
//!
//! Owns: what is planted, how it is written, how a score is defined, and what it is compared with. Refuses to do:
//! running the pipeline, and anything that a job in production needs.

pub mod bootstrap;
pub mod collections;
mod error;
mod estimate_table;
pub mod extraction;
mod item_text;
pub mod metrics;
pub mod naming;
mod random;
mod row_groups;
pub mod speed;
pub mod synthetic;
pub mod vocabulary;

pub use error::EvaluationError;
pub use synthetic::{GenerateOptions, Generated, generate};
