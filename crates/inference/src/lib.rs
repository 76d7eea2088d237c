//! Turns texts into vectors and journeys into names, without knowing how a model computes.
//!
//! This crate owns the two model contracts ([`Encoder`], [`Generator`]), the prompts, what is allowed
//! into them, the checks that every name has to pass, and the namer that needs no model at all. It holds no
//! tensors and reads no files: a crate with models implements the contracts.

mod candidate;
mod checks;
mod encoder;
mod error;
mod extractive;
mod fold;
mod generator;
mod grounding;
mod journey_name;
mod namer;
mod naming_input;
mod prompt;
mod ranking;
mod salience;
mod sanitize;
mod subject;
mod topics;
mod words;

pub use candidate::candidate_name;
pub use checks::{NameCheck, check_name};
pub use encoder::Encoder;
pub use error::InferenceError;
pub use extractive::extractive_name;
pub use generator::{Alphabet, ChatMessage, ChatRole, Generation, Generator, PromptBatch};
pub use journey_name::{JourneyName, NameSource, TokenCounts};
pub use namer::{Namer, NamerOptions};
pub use naming_input::NamingInput;
pub use prompt::{
    DEFAULT_PROMPT, Example, Frame, Prompt, PromptError, PromptForm, PromptParts, prompt_parts,
};
pub use ranking::NameCandidate;
pub use salience::{Concept, Salience, salient_terms};
pub use sanitize::sanitize_title;
pub use topics::{Topics, TopicsError};
