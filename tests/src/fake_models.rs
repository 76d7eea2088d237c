//! Models that cost nothing: any small encoder from its folder, and a namer whose language model reads its prompt.

use std::path::Path;
use std::sync::Arc;

use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::namer_reference::NamerReference;
use wayfare_inference::{
    ChatMessage, Encoder, Generation, Generator, InferenceError, Namer, NamerOptions, PromptBatch, Salience,
};
use wayfare_inference_candle::{CandleEncoder, ModelError, WordpieceSalience};

/// Loads encoders as the program does, and answers every reference to a language model with [`FirstTopics`].
#[derive(Debug, Clone, Copy, Default)]
pub struct FakeModels;

impl ModelProvider for FakeModels {
    fn encoder(&self, reference: &ModelReference) -> Result<Arc<dyn Encoder>, InferenceError> {
        let encoder = CandleEncoder::load(Path::new(&reference.path));
        Ok(Arc::new(encoder.map_err(|error| unreadable(reference, error))?))
    }

    fn namer(&self, reference: &NamerReference) -> Result<Arc<Namer>, InferenceError> {
        let Some(used) = &reference.model else {
            return Ok(Arc::new(Namer::extractive()));
        };
        let options = NamerOptions {
            encoder: used
                .encoder
                .as_ref()
                .map(|encoder| self.encoder(encoder))
                .transpose()?,
            ..NamerOptions::built_in()
        };
        Ok(Arc::new(Namer::new(Arc::new(FirstTopics), &options)?))
    }

    fn salience(&self, encoder: &ModelReference) -> Result<Arc<dyn Salience>, InferenceError> {
        let salience = WordpieceSalience::load(&Path::new(&encoder.path).join("vocab.txt"));
        Ok(Arc::new(salience.map_err(|error| unreadable(encoder, error))?))
    }
}

fn unreadable(reference: &ModelReference, error: ModelError) -> InferenceError {
    InferenceError::Model {
        model: reference.path.clone(),
        operation: "its weights from the file",
        source: Box::new(error),
    }
}

/// A language model that answers with the first topic of its prompt.
#[derive(Debug, Clone, Copy)]
pub struct FirstTopics;

impl Generator for FirstTopics {
    fn id(&self) -> &'static str {
        "first-topics@1"
    }

    fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError> {
        let answers = prompt.inputs.iter().map(|input| {
            let topics = input
                .lines()
                .find_map(|line| line.strip_prefix("Topics: "))
                .unwrap_or_default();
            let first = topics.split(", ").next().unwrap_or_default();
            Generation {
                text: format!(" More {first}"),
                mean_log_probability: -0.5,
                tokens: 4,
                prompt_tokens: 100,
            }
        });
        Ok(answers.collect())
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
