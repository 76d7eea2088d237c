//! A language model's bare answer: its first line, whatever it says.

use std::sync::Arc;

use serde_json::{Value, json};
use wayfare_inference::{Alphabet, Generator, InferenceError, NamingInput, PromptBatch, prompt};

use crate::naming::method::{GivenName, Method};

/// As many as the pipeline allows a name.
const MOST_TOKENS: usize = 16;
/// Journeys that a generator is given at once, as a job does.
const JOURNEYS_PER_CALL: usize = 16;

/// The fixed parts of a prompt; between them stands the journey as the pipeline lays it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    pub prefix: String,
    pub suffix: String,
}

impl Prompt {
    /// The pipeline's prompt without its examples.
    pub fn zero_shot() -> Self {
        Self {
            prefix: prompt::HEADER.to_owned(),
            suffix: prompt::SUFFIX.to_owned(),
        }
    }

    /// The pipeline's prompt.
    pub fn few_shot() -> Self {
        Self {
            prefix: prompt::prefix(),
            suffix: prompt::SUFFIX.to_owned(),
        }
    }
}

/// A model with a prompt, neither of them checked by anything.
#[derive(Debug, Clone)]
pub struct Prompted {
    name: String,
    generator: Arc<dyn Generator>,
    prompt: Prompt,
}

impl Prompted {
    /// Reports call it `name`.
    pub fn new(name: &str, generator: Arc<dyn Generator>, prompt: Prompt) -> Self {
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
        json!({ "model": self.generator.id(), "prompt": prompt::PROMPT_VERSION })
    }

    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError> {
        let mut names = Vec::with_capacity(inputs.len());
        for inputs in inputs.chunks(JOURNEYS_PER_CALL) {
            let rendered: Vec<String> = inputs.iter().map(|input| prompt::render(input)).collect();
            let generations = self.generator.generate(&PromptBatch {
                prefix: &self.prompt.prefix,
                inputs: &rendered,
                suffix: &self.prompt.suffix,
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
