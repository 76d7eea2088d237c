//! The contract of a text generator.

use crate::InferenceError;

/// Prompts that differ in one place: `prefix + inputs[i] + suffix`.
///
/// The generator computes the prefix once. `prefix` and `suffix` are ours and may hold the model's control
/// tokens; an input is untrusted, and a generator must read control tokens in it as plain text.
#[derive(Debug, Clone, Copy)]
pub struct PromptBatch<'a> {
    /// What all prompts start with: instructions and examples.
    pub prefix: &'a str,
    /// The part of each prompt that is its own. A generator may cut an overlong input at its end.
    pub inputs: &'a [String],
    /// What all prompts end with.
    pub suffix: &'a str,
    /// Generation stops after so many tokens; it also stops before the first line break.
    pub max_tokens: usize,
}

/// What a generator wrote for one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// The generated text without the line break or control token that ended it.
    pub text: String,
    /// Mean natural logarithm of the probabilities of the generated tokens, 0 or less; the token that ended
    /// the text counts.
    pub mean_log_probability: f32,
    /// Generated tokens.
    pub tokens: usize,
    /// Tokens of the whole prompt, the shared prefix included.
    pub prompt_tokens: usize,
}

/// Continues prompts, always with the likeliest token.
pub trait Generator: Send + Sync + std::fmt::Debug {
    /// Names the model and its weights; equal ids and equal prompts mean equal texts.
    fn id(&self) -> &str;

    /// One generation per input, in their order; what is generated for an input does not depend on the others.
    fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError>;
}
