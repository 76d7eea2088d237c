//! Names by a model: it writes one for each journey, and says how likely the others are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::NamerOptions;
use crate::candidate::candidate_name;
use crate::checks::{Checked, Checks};
use crate::error::InferenceError;
use crate::extractive;
use crate::generator::{Alphabet, Generation, Generator, PromptBatch};
use crate::grounding::Grounding;
use crate::journey_name::{JourneyName, NameSource, TokenCounts};
use crate::prompt::{Frame, Prompt};
use crate::ranking::{self, NameCandidate};
use crate::subject::Subject;

/// A name of seven words fits; a model that goes on is rambling.
const MOST_NAME_TOKENS: usize = 16;
/// Below this mean probability per token the model was guessing: its names are then usually beside the point.
const LEAST_MEAN_LOG_PROBABILITY: f32 = -2.0;
/// Names whose likelihood without a journey is remembered: the same come again and again.
const MOST_BASELINES: usize = 100_000;

/// What came of asking the model: a name, or the flags of why there is none.
pub(super) struct Named {
    pub(super) name: Result<JourneyName, Vec<String>>,
    pub(super) tokens: TokenCounts,
}

/// A model with its prompt and what is compared with.
#[derive(Debug)]
pub(super) struct ModelNaming {
    generator: Arc<dyn Generator>,
    prompt: Prompt,
    frame: Frame,
    grounding: Option<Grounding>,
    baselines: Mutex<HashMap<String, f32>>,
}

/// A journey between asking and choosing.
struct Open<'a> {
    subject: &'a Subject,
    candidates: Vec<NameCandidate>,
    flags: Vec<String>,
    tokens: TokenCounts,
    likelihood: f32,
}

impl ModelNaming {
    pub(super) fn new(generator: Arc<dyn Generator>, options: &NamerOptions, frame: Frame) -> Self {
        Self {
            generator,
            prompt: options.prompt.clone(),
            frame,
            grounding: options.encoder.clone().map(Grounding::new),
            baselines: Mutex::default(),
        }
    }

    pub(super) fn generator_id(&self) -> &str {
        self.generator.id()
    }

    /// One result per subject, in their order.
    pub(super) fn name(&self, checks: &Checks, subjects: &[&Subject]) -> Result<Vec<Named>, InferenceError> {
        Ok(self.open(checks, subjects)?.into_iter().map(choose).collect())
    }

    /// The candidates for each subject, with all that is known of them.
    pub(super) fn candidates(
        &self,
        checks: &Checks,
        subjects: &[&Subject],
    ) -> Result<Vec<Vec<NameCandidate>>, InferenceError> {
        Ok(self
            .open(checks, subjects)?
            .into_iter()
            .map(|open| open.candidates)
            .collect())
    }

    fn open<'s>(&self, checks: &Checks, subjects: &[&'s Subject]) -> Result<Vec<Open<'s>>, InferenceError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let inputs: Vec<String> = subjects
            .iter()
            .map(|subject| self.prompt.render_subject(subject))
            .collect();
        let prompt = self.batch(&inputs);
        let generations = self.generator.generate(&prompt)?;
        self.check_count(generations.len(), inputs.len())?;
        let mut open: Vec<Open<'_>> = subjects
            .par_iter()
            .zip(&generations)
            .map(|(subject, generation)| propose(checks, subject, generation))
            .collect();
        if let Some(grounding) = &self.grounding {
            self.score(&prompt, &mut open)?;
            ground(grounding, &mut open)?;
        }
        Ok(open)
    }

    fn batch<'a>(&'a self, inputs: &'a [String]) -> PromptBatch<'a> {
        PromptBatch {
            prefix: &self.frame.prefix,
            inputs,
            suffix: &self.frame.suffix,
            max_tokens: MOST_NAME_TOKENS,
            alphabet: Alphabet::Name,
        }
    }

    fn check_count(&self, actual: usize, expected: usize) -> Result<(), InferenceError> {
        if actual == expected {
            return Ok(());
        }
        Err(InferenceError::ResultCount {
            model: self.generator.id().to_owned(),
            expected,
            actual,
        })
    }

    /// How likely the candidates are, where there is a choice. A model that cannot score leaves that open.
    fn score(&self, prompt: &PromptBatch<'_>, open: &mut [Open<'_>]) -> Result<(), InferenceError> {
        let answers: Vec<Vec<String>> = open
            .iter()
            .map(|open| {
                let is_choice = open.candidates.len() > 1;
                let names = open.candidates.iter().filter(|_| is_choice);
                names
                    .map(|candidate| self.prompt.answer(&candidate.name))
                    .collect()
            })
            .collect();
        if answers.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let scores = match self.generator.score(prompt, &answers) {
            Ok(scores) => scores,
            Err(InferenceError::Unsupported { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.check_count(scores.len(), answers.len())?;
        let baselines = self.baselines(&answers)?;
        for ((open, scores), answers) in open.iter_mut().zip(scores).zip(&answers) {
            self.check_count(scores.len(), answers.len())?;
            for ((candidate, score), answer) in open.candidates.iter_mut().zip(scores).zip(answers) {
                candidate.log_probability = Some(score);
                candidate.baseline = baselines.get(answer.as_str()).copied();
            }
        }
        Ok(())
    }

    /// How likely each answer is after a prompt without a journey.
    fn baselines<'a>(&self, answers: &'a [Vec<String>]) -> Result<HashMap<&'a str, f32>, InferenceError> {
        let mut found: HashMap<&str, f32> = HashMap::new();
        let mut missing: Vec<&str> = Vec::new();
        {
            let known = self.baselines.lock().unwrap_or_else(PoisonError::into_inner);
            for answer in answers.iter().flatten().map(String::as_str) {
                match known.get(answer) {
                    Some(&baseline) => {
                        found.insert(answer, baseline);
                    }
                    None => missing.push(answer),
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(found);
        }
        let nothing = [self.prompt.render_nothing()];
        let asked = [missing.iter().map(ToString::to_string).collect::<Vec<_>>()];
        let scores = self.generator.score(&self.batch(&nothing), &asked)?;
        let scores = scores.into_iter().next().unwrap_or_default();
        self.check_count(scores.len(), missing.len())?;
        let mut known = self.baselines.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + missing.len() > MOST_BASELINES {
            known.clear();
        }
        for (answer, score) in missing.into_iter().zip(scores) {
            known.insert(answer.to_owned(), score);
            found.insert(answer, score);
        }
        Ok(found)
    }
}

fn ground(grounding: &Grounding, open: &mut [Open<'_>]) -> Result<(), InferenceError> {
    let cosines = {
        let named: Vec<(&Subject, Vec<&str>)> = open
            .iter()
            .map(|open| {
                let names = open.candidates.iter().map(|candidate| candidate.name.as_str());
                (open.subject, names.collect())
            })
            .collect();
        grounding.cosines(&named)?
    };
    for (open, cosines) in open.iter_mut().zip(cosines) {
        for (candidate, cosine) in open.candidates.iter_mut().zip(cosines) {
            candidate.cosine = Some(cosine);
        }
    }
    Ok(())
}

/// The names that pass the checks: the model's, if it does, then those of the journey's own words.
fn propose<'a>(checks: &Checks, subject: &'a Subject, generation: &Generation) -> Open<'a> {
    let checked = Checked::of(subject);
    let candidate = |name: String, is_models: bool, grounding: f32| NameCandidate {
        coverage: ranking::coverage(&name, subject),
        name,
        is_models,
        grounding,
        log_probability: None,
        baseline: None,
        cosine: None,
    };
    let name = candidate_name(&generation.text, generation.tokens >= MOST_NAME_TOKENS);
    let check = checks.check(&name, &checked);
    let mut flags = check.flags;
    let log_probability = generation.mean_log_probability;
    if log_probability.is_nan() || log_probability < LEAST_MEAN_LOG_PROBABILITY {
        flags.push("unlikely".to_owned());
    }
    let mut candidates = Vec::new();
    if flags.is_empty() {
        candidates.push(candidate(name, true, check.grounding));
    }
    for offer in extractive::offers(subject, checks) {
        let check = checks.check(&offer, &checked);
        let is_known = candidates
            .iter()
            .any(|known| known.name.to_lowercase() == offer.to_lowercase());
        if check.flags.is_empty() && !is_known {
            candidates.push(candidate(offer, false, check.grounding));
        }
    }
    Open {
        subject,
        candidates,
        flags,
        tokens: TokenCounts {
            read: generation.prompt_tokens as u64,
            written: generation.tokens as u64,
        },
        likelihood: log_probability.exp().clamp(0.0, 1.0),
    }
}

fn choose(open: Open<'_>) -> Named {
    let Open {
        candidates,
        mut flags,
        tokens,
        likelihood,
        ..
    } = open;
    let has_models = candidates.iter().any(|candidate| candidate.is_models);
    let best = ranking::best(&candidates).and_then(|index| candidates.into_iter().nth(index));
    let name = match best {
        Some(best) if best.is_models => {
            let support = best.cosine.map_or(best.grounding, |cosine| {
                0.5 * (best.grounding + cosine.clamp(0.0, 1.0))
            });
            Ok(JourneyName {
                name: best.name,
                source: NameSource::Model,
                score: likelihood * support,
                flags: Vec::new(),
                tokens,
            })
        }
        Some(best) if best.cosine.is_some() || best.log_probability.is_some() => {
            if has_models {
                flags.push("outranked".to_owned());
            }
            let support = best.cosine.map_or(best.coverage, |cosine| {
                0.5 * (best.coverage + cosine.clamp(0.0, 1.0))
            });
            Ok(JourneyName {
                name: best.name,
                source: NameSource::Extractive,
                score: support,
                flags,
                tokens,
            })
        }
        // Nothing to compare by: the extractive namer's own choice.
        _ => Err(flags),
    };
    Named { name, tokens }
}
