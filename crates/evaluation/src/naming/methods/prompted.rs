//! A language model's bare answer: its first line, whatever it says.

use std::sync::Arc;

use serde_json::{Value, json};
use wayfare_inference::{
    Alphabet, Generator, InferenceError, NamingInput, Prompt, PromptBatch, PromptParts, prompt_parts,
};

use crate::naming::method::{GivenName, Method};

/// As many as the pipeline allows a name.
const MOST_TOKENS: usize = 16;
/// Journeys that a generator is given at once, as a job does.
const JOURNEYS_PER_CALL: usize = 16;

/// A model with a prompt, neither of them checked by anything.
#[derive(Debug, Clone)]
pub struct Prompted {
    name: String,
    generator: Arc<dyn Generator>,
    prompt: &'static str,
}

impl Prompted {
    /// Reports call it `name`. `prompt` is one of those that [`prompt_parts`] knows.
    pub fn new(name: &str, generator: Arc<dyn Generator>, prompt: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            generator,
            prompt,
        }
    }
}

impl Method for Prompted {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn parameters(&self) -> Value {
        let prompt = Prompt::built_in(self.prompt).map(|prompt| prompt.id()).ok();
        json!({ "model": self.generator.id(), "prompt": prompt })
    }

    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError> {
        let mut names = Vec::with_capacity(inputs.len());
        for inputs in inputs.chunks(JOURNEYS_PER_CALL) {
            let parts: Option<Vec<PromptParts>> = inputs
                .iter()
                .map(|input| prompt_parts(self.prompt, input))
                .collect();
            let Some([first, ..]) = parts.as_deref() else {
                return Err(InferenceError::Unsupported {
                    model: self.generator.id().to_owned(),
                    what: "prompt of this name",
                });
            };
            let rendered: Vec<String> = parts.iter().flatten().map(|parts| parts.input.clone()).collect();
            let generations = self.generator.generate(&PromptBatch {
                prefix: &first.prefix,
                inputs: &rendered,
                suffix: first.suffix,
                max_tokens: MOST_TOKENS,
                alphabet: Alphabet::Any,
            })?;
            names.extend(generations.iter().map(|generation| {
                let line = generation.text.trim().lines().next().unwrap_or_default();
                GivenName::from(line.trim().to_owned())
            }));
        }
        Ok(names)
    }
}
