//! The ways of naming that are compared: without a model, a model's bare answer, and the namer of the pipeline.

mod model_free;
mod namer;
mod prompted;

pub use model_free::{Extractive, NearestTitle, TopConcept};
pub use namer::FullNamer;
pub use prompted::Prompted;

/// The names of all methods on the command line.
pub const NAMES: [&str; 8] = [
    "nearest-title",
    "top-concept",
    "extractive",
    "zero-shot",
    "few-shot",
    "prompt-tuned",
    "lora",
    "pipeline",
];
