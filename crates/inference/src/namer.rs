//! From journeys to names: the model proposes, the checks decide, the extractive name stands in.
//!
//! The namer keeps no cache and knows no users; whoever stores names does both.

use std::sync::Arc;

use rayon::prelude::*;

use crate::candidate::candidate_name;
use crate::checks::check_name;
use crate::error::InferenceError;
use crate::extractive::extractive_name;
use crate::generator::{Alphabet, Generation, Generator, PromptBatch};
use crate::naming_input::NamingInput;
use crate::prompt;

/// A name of seven words fits; a model that goes on is rambling.
const MOST_NAME_TOKENS: usize = 16;
/// Below this mean probability per token the model was guessing: its names are then usually beside the point.
const LEAST_MEAN_LOG_PROBABILITY: f32 = -2.0;

/// Who made a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSource {
    /// The model wrote it and it passed the checks.
    Model,
    /// It was put together from the journey's own words.
    Extractive,
}

impl NameSource {
    /// The stored form: `model` or `extractive`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Extractive => "extractive",
        }
    }
}

/// A journey's name and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyName {
    /// Never empty.
    pub name: String,
    /// Who made it.
    pub source: NameSource,
    /// How far to trust it, 0 to 1; comparable between names of one source only.
    pub score: f32,
    /// Why the model's text was refused, see [`crate::NameCheck::flags`], and `unlikely` where the
    /// model was guessing; empty for a model's name.
    pub flags: Vec<String>,
    /// What the model read and wrote for it, whether or not its text was used.
    pub tokens: TokenCounts,
}

/// Tokens of one or several calls of a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// Of whole prompts; the prefix that prompts share counts with each of them, though it is computed once.
    pub read: u64,
    /// Of what was generated.
    pub written: u64,
}

/// Names journeys.
#[derive(Debug, Clone)]
pub struct Namer {
    generator: Option<Arc<dyn Generator>>,
}

impl Namer {
    /// A namer that only puts together the journey's own words; it needs no model and cannot fail.
    pub fn extractive() -> Self {
        Self { generator: None }
    }

    /// A namer that asks the model first.
    pub fn with_model(generator: Arc<dyn Generator>) -> Self {
        Self {
            generator: Some(generator),
        }
    }

    /// Names everything that a name depends on beside its input: the model and the version of prompt and checks.
    pub fn id(&self) -> String {
        match &self.generator {
            Some(generator) => format!("{}+{}", generator.id(), prompt::PROMPT_VERSION),
            None => format!("extractive+{}", prompt::PROMPT_VERSION),
        }
    }

    /// One name per input, in their order; a name does not depend on the other inputs.
    ///
    /// Fails only when the model itself fails; a bad text from the model gives the extractive name.
    pub fn name(&self, inputs: &[NamingInput]) -> Result<Vec<JourneyName>, InferenceError> {
        let Some(generator) = &self.generator else {
            return Ok(inputs
                .par_iter()
                .map(|input| extractive(input, Vec::new(), TokenCounts::default()))
                .collect());
        };
        let rendered: Vec<String> = inputs.iter().map(prompt::render).collect();
        let generations = generator.generate(&PromptBatch {
            prefix: &prompt::prefix(),
            inputs: &rendered,
            suffix: prompt::SUFFIX,
            max_tokens: MOST_NAME_TOKENS,
            alphabet: Alphabet::Any,
        })?;
        if generations.len() != inputs.len() {
            return Err(InferenceError::ResultCount {
                model: generator.id().to_owned(),
                expected: inputs.len(),
                actual: generations.len(),
            });
        }
        Ok(inputs
            .iter()
            .zip(&generations)
            .map(|(input, generation)| choose(input, generation))
            .collect())
    }
}

fn choose(input: &NamingInput, generation: &Generation) -> JourneyName {
    let name = candidate_name(&generation.text, generation.tokens >= MOST_NAME_TOKENS);
    let check = check_name(&name, input);
    let mut flags = check.flags;
    let tokens = TokenCounts {
        read: generation.prompt_tokens as u64,
        written: generation.tokens as u64,
    };
    let log_probability = generation.mean_log_probability;
    if log_probability.is_nan() || log_probability < LEAST_MEAN_LOG_PROBABILITY {
        flags.push("unlikely".to_owned());
    }
    if !flags.is_empty() {
        return extractive(input, flags, tokens);
    }
    let likelihood = log_probability.exp().clamp(0.0, 1.0);
    JourneyName {
        name,
        source: NameSource::Model,
        score: likelihood * check.grounding,
        flags,
        tokens,
    }
}

fn extractive(input: &NamingInput, flags: Vec<String>, tokens: TokenCounts) -> JourneyName {
    let (name, score) = extractive_name(input);
    JourneyName {
        name,
        source: NameSource::Extractive,
        score,
        flags,
        tokens,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::ChatMessage;

    /// Answers every prompt with the same text.
    #[derive(Debug)]
    struct Parrot {
        text: &'static str,
        mean_log_probability: f32,
        answers_missing: usize,
    }

    impl Generator for Parrot {
        fn id(&self) -> &'static str {
            "parrot@1"
        }

        fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError> {
            assert!(
                prompt.inputs.iter().all(|input| !input.contains("<|")),
                "{:?}",
                prompt.inputs
            );
            let generation = Generation {
                text: self.text.to_owned(),
                mean_log_probability: self.mean_log_probability,
                tokens: 3,
                prompt_tokens: 9,
            };
            Ok(vec![generation; prompt.inputs.len() - self.answers_missing])
        }

        fn score(
            &self,
            _prompt: &PromptBatch<'_>,
            _continuations: &[Vec<String>],
        ) -> Result<Vec<Vec<f32>>, InferenceError> {
            Err(InferenceError::Unsupported {
                model: self.id().to_owned(),
                what: "scores",
            })
        }

        fn render_chat(&self, _messages: &[ChatMessage]) -> Result<String, InferenceError> {
            Err(InferenceError::Unsupported {
                model: self.id().to_owned(),
                what: "chat template",
            })
        }
    }

    fn namer(text: &'static str, answers_missing: usize) -> Namer {
        Namer::with_model(Arc::new(Parrot {
            text,
            mean_log_probability: -0.5,
            answers_missing,
        }))
    }

    fn cats() -> NamingInput {
        NamingInput {
            titles: vec!["Cat food<|im_end|>".to_owned(), "Dry cat food".to_owned()],
            concepts: vec!["cat food".to_owned()],
        }
    }

    #[test]
    fn a_name_that_passes_is_the_models() -> Result<(), InferenceError> {
        let names = namer(" Feeding the cat.", 0).name(&[cats()])?;
        assert_eq!(
            (names[0].name.as_str(), names[0].source),
            ("Feeding the cat", NameSource::Model)
        );
        assert!(names[0].flags.is_empty() && names[0].score > 0.0 && names[0].score < 1.0);
        Ok(())
    }

    #[test]
    fn a_refused_name_becomes_extractive_and_says_why() -> Result<(), InferenceError> {
        let names = namer("Visit cats.com", 0).name(&[cats()])?;
        assert_eq!(
            (names[0].name.as_str(), names[0].source.as_str()),
            ("Cat food", "extractive")
        );
        assert!(names[0].flags.contains(&"url".to_owned()), "{:?}", names[0].flags);
        Ok(())
    }

    #[test]
    fn a_guess_is_refused() -> Result<(), InferenceError> {
        for mean_log_probability in [-2.5, f32::NAN] {
            let generator = Arc::new(Parrot {
                text: "Feeding the cat",
                mean_log_probability,
                answers_missing: 0,
            });
            let names = Namer::with_model(generator).name(&[cats()])?;
            assert_eq!(
                (names[0].name.as_str(), names[0].flags.as_slice()),
                ("Cat food", ["unlikely".to_owned()].as_slice())
            );
        }
        Ok(())
    }

    #[test]
    fn a_missing_answer_is_an_error_and_not_a_shifted_name() {
        assert!(matches!(
            namer("Cats", 1).name(&[cats(), cats()]),
            Err(InferenceError::ResultCount {
                expected: 2,
                actual: 1,
                ..
            })
        ));
    }

    #[test]
    fn the_id_says_model_and_prompt() {
        assert_eq!(namer("", 0).id(), format!("parrot@1+{}", prompt::PROMPT_VERSION));
        assert_ne!(namer("", 0).id(), Namer::extractive().id());
    }
}
