//! Turns texts into vectors and journeys into names, without knowing how a model computes.
//!
//! This crate owns the two model contracts ([`Encoder`], [`Generator`]), the prompt, what is allowed
//! into it, the checks that every name has to pass, and the namer that needs no model at all. It holds no
//! tensors and reads no files: a crate with models implements the contracts.

mod candidate;
mod checks;
mod encoder;
mod error;
mod extractive;
mod generator;
mod namer;
mod naming_input;
mod prompt;
mod salience;
mod sanitize;
mod words;

pub use candidate::candidate_name;
pub use checks::{NameCheck, check_name};
pub use encoder::Encoder;
pub use error::InferenceError;
pub use extractive::extractive_name;
pub use generator::{Alphabet, ChatMessage, ChatRole, Generation, Generator, PromptBatch};
pub use namer::{JourneyName, NameSource, Namer, TokenCounts};
pub use naming_input::NamingInput;
pub use prompt::{PROMPT_VERSION, PromptParts, prompt_parts};
pub use salience::{Concept, Salience, salient_terms};
pub use sanitize::sanitize_title;
