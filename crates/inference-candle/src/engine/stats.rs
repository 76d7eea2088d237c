//! What an engine has computed, for whoever measures it.

/// Counts since a model was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// Passes through the model.
    pub steps: u64,
    /// Tokens that went through the model's layers.
    pub computed_tokens: u64,
    /// Tokens that had to: of each prefix once, of each prompt and continuation what is its own, and all generated
    /// tokens but the last of each text.
    pub real_tokens: u64,
    /// Of prefixes, which are computed once for all prompts after them.
    pub prefix_tokens: u64,
    /// Generated tokens.
    pub generated_tokens: u64,
    /// Prompts that were continued or whose continuations were scored.
    pub sequences: u64,
    /// Tokens of the largest step.
    pub most_tokens_per_step: u64,
    /// The most memory that keys and values of sequences took at a time, in bytes; a prefix does not count.
    pub most_cache_bytes: u64,
}

impl EngineStats {
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            steps: self.steps + other.steps,
            computed_tokens: self.computed_tokens + other.computed_tokens,
            real_tokens: self.real_tokens + other.real_tokens,
            prefix_tokens: self.prefix_tokens + other.prefix_tokens,
            generated_tokens: self.generated_tokens + other.generated_tokens,
            sequences: self.sequences + other.sequences,
            most_tokens_per_step: self.most_tokens_per_step.max(other.most_tokens_per_step),
            most_cache_bytes: self.most_cache_bytes.max(other.most_cache_bytes),
        }
    }

    /// Counts a step of so many packed tokens.
    pub(super) fn add_step(&mut self, tokens: usize) {
        self.steps += 1;
        self.computed_tokens += tokens as u64;
        self.most_tokens_per_step = self.most_tokens_per_step.max(tokens as u64);
    }
}
