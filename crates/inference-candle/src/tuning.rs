//! Tuning: what a small model lacks for naming, learnt from names that people gave, into an [`Adapter`](crate::Adapter).
//!
//! Owns the training pass of the Llama family, its gradients, the optimiser, and runs that can be interrupted. Refuses to do:
//! choosing examples and laying out prompts, and applying an adapter to name anything. The base model's weights never change.

mod checkpoint;
mod decoder;
mod error;
mod examples;
mod operations;
mod optimizer;
mod options;
mod random;
mod sizes;
mod state;
mod trainable;
mod training;

pub use error::TuningError;
pub use examples::{TrainingExample, TuningModel};
pub use options::{TuningMethod, TuningOptions};
pub use state::Loss;
pub use training::{Tuner, TuningEvent};
