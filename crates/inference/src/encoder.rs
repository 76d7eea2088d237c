//! The contract of a text encoder.

use crate::InferenceError;

/// Turns texts into unit vectors.
///
/// A vector is the key by which journeys are built and is stored for years, so it may depend on the text
/// and on [`Encoder::id`] only: never on the other texts of a call, on the number of threads, or on chance.
pub trait Encoder: Send + Sync + std::fmt::Debug {
    /// Names the model and its weights, for example `all-MiniLM-L6-v2@53aa51172d14`: equal ids mean equal vectors.
    fn id(&self) -> &str;

    /// The length of every vector.
    fn dimension(&self) -> usize;

    /// One unit vector per text, in the order of the texts; the same bytes whether a text is alone or in a batch.
    ///
    /// An empty text has a vector too.
    fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, InferenceError>;
}
