//! From journeys to names: the model and the journey's own words propose, the checks refuse, the ranking chooses.
//!
//! The namer keeps no names and knows no users; whoever stores names does both. A prompt holds one journey only.

mod model;

use std::sync::Arc;

use rayon::prelude::*;

use crate::checks::Checks;
use crate::encoder::Encoder;
use crate::error::InferenceError;
use crate::extractive;
use crate::generator::Generator;
use crate::journey_name::{JourneyName, NameSource, TokenCounts};
use crate::naming_input::NamingInput;
use crate::prompt::{DEFAULT_PROMPT, Prompt};
use crate::ranking::NameCandidate;
use crate::subject::Subject;
use crate::topics::Topics;
use model::ModelNaming;

/// Part of the namer's id, and so of every cached name's key: raised with a change of the checks, the ranking or of what
/// is taken out of titles.
const RULES_VERSION: &str = "rules-2";

/// What a namer with a model names by, beside the model.
#[derive(Debug, Clone)]
pub struct NamerOptions {
    /// How journeys are laid out for the model.
    pub prompt: Prompt,
    /// What names leave unsaid.
    pub topics: Arc<Topics>,
    /// By which the model's name and names from the journey's own words are compared, beside their likelihoods. Without
    /// it they are not compared: the model's name is taken if it passes the checks.
    pub encoder: Option<Arc<dyn Encoder>>,
}

impl NamerOptions {
    /// The built-in prompt and topics, without an encoder.
    pub fn built_in() -> Self {
        Self {
            // A test holds that the built-in prompts are readable.
            prompt: Prompt::built_in(DEFAULT_PROMPT).unwrap_or_default(),
            topics: Arc::new(Topics::built_in()),
            encoder: None,
        }
    }
}

/// Names journeys.
#[derive(Debug, Clone)]
pub struct Namer {
    id: String,
    checks: Arc<Checks>,
    model: Option<Arc<ModelNaming>>,
}

impl Namer {
    /// A namer that only puts together the journey's own words; it needs no model and cannot fail.
    pub fn extractive() -> Self {
        Self::extractive_without(Arc::new(Topics::built_in()))
    }

    /// The same with a list of topics to leave unsaid.
    pub fn extractive_without(topics: Arc<Topics>) -> Self {
        Self {
            id: format!("extractive+{RULES_VERSION}+topics-{}", short(topics.sha256())),
            checks: Arc::new(Checks::new(topics, &Prompt::default())),
            model: None,
        }
    }

    /// A namer that asks the model, with the built-in prompt and topics and without an encoder.
    pub fn with_model(generator: Arc<dyn Generator>) -> Self {
        let options = NamerOptions::built_in();
        let frame = options.prompt.completion_frame();
        Self::of(ModelNaming::new(generator, &options, frame), &options)
    }

    /// A namer that asks the model; fails if the prompt is a chat and the model has no template for one.
    pub fn new(generator: Arc<dyn Generator>, options: &NamerOptions) -> Result<Self, InferenceError> {
        let frame = options.prompt.frame(generator.as_ref())?;
        Ok(Self::of(ModelNaming::new(generator, options, frame), options))
    }

    fn of(model: ModelNaming, options: &NamerOptions) -> Self {
        let mut id = format!(
            "{}+{}+{RULES_VERSION}+topics-{}",
            model.generator_id(),
            options.prompt.id(),
            short(options.topics.sha256()),
        );
        if let Some(encoder) = &options.encoder {
            id.push('+');
            id.push_str(encoder.id());
        }
        Self {
            id,
            checks: Arc::new(Checks::new(Arc::clone(&options.topics), &options.prompt)),
            model: Some(Arc::new(model)),
        }
    }

    /// Names everything that a name depends on beside its input: the model, the prompt, the rules by which names are
    /// checked and chosen, the blocked topics, and the encoder.
    pub fn id(&self) -> String {
        self.id.clone()
    }

    /// One name per input, in their order; a name does not depend on the other inputs.
    ///
    /// Fails only when a model itself fails; a bad text from the model gives an extractive name.
    pub fn name(&self, inputs: &[NamingInput]) -> Result<Vec<JourneyName>, InferenceError> {
        let Some(model) = &self.model else {
            return Ok(inputs
                .par_iter()
                .map(|input| self.extractive_name(&Subject::of(input), Vec::new(), TokenCounts::default()))
                .collect());
        };
        let subjects: Vec<Subject> = inputs.par_iter().map(Subject::of).collect();
        let shown: Vec<&Subject> = subjects.iter().filter(|subject| !subject.is_empty()).collect();
        let mut named = model.name(&self.checks, &shown)?.into_iter();
        let names = subjects.iter().map(|subject| {
            if subject.is_empty() {
                let flags = vec!["nothing_to_name".to_owned()];
                return self.extractive_name(subject, flags, TokenCounts::default());
            }
            match named.next() {
                Some(named) => named
                    .name
                    .unwrap_or_else(|flags| self.extractive_name(subject, flags, named.tokens)),
                None => self.extractive_name(subject, Vec::new(), TokenCounts::default()),
            }
        });
        Ok(names.collect())
    }

    /// The names between which [`Namer::name`] chooses, for each input: those that pass the checks. None without a model.
    pub fn candidates(&self, inputs: &[NamingInput]) -> Result<Vec<Vec<NameCandidate>>, InferenceError> {
        let Some(model) = &self.model else {
            return Ok(vec![Vec::new(); inputs.len()]);
        };
        let subjects: Vec<Subject> = inputs.par_iter().map(Subject::of).collect();
        model.candidates(&self.checks, &subjects.iter().collect::<Vec<_>>())
    }

    fn extractive_name(&self, subject: &Subject, flags: Vec<String>, tokens: TokenCounts) -> JourneyName {
        let (name, score) = extractive::best(subject, &self.checks);
        JourneyName {
            name,
            source: NameSource::Extractive,
            score,
            flags,
            tokens,
        }
    }
}

fn short(sha256: &str) -> &str {
    sha256.get(..8).unwrap_or(sha256)
}

#[cfg(test)]
mod tests;
