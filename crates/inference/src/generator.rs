//! The contract of a text generator.

use crate::InferenceError;

/// Which characters a generated text may hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// Any.
    #[default]
    Any,
    /// Letters and digits of any script, spaces, and the punctuation of names: `' ’ & - – , + #` and a full stop
    /// between letters or digits.
    Name,
}

/// Who says a message of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatRole {
    /// The instruction that stands above the conversation.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// A message of a chat, as a prompt file writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who says it.
    pub role: ChatRole,
    /// What is said.
    pub text: String,
}

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
    /// What may be generated; scores are not affected by it.
    pub alphabet: Alphabet,
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

    /// Mean natural logarithm of the probabilities of the tokens of each continuation after its prompt, and of
    /// the end of the text after them: `continuations[i]` are alternatives for `inputs[i]`. An empty
    /// continuation scores minus infinity. A score does not depend on the other inputs or continuations.
    fn score(
        &self,
        prompt: &PromptBatch<'_>,
        continuations: &[Vec<String>],
    ) -> Result<Vec<Vec<f32>>, InferenceError>;

    /// The conversation in the model's own chat template, up to where the model's next message begins.
    fn render_chat(&self, messages: &[ChatMessage]) -> Result<String, InferenceError>;
}
