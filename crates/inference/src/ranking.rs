//! Which of several names that pass the checks is the best: by likelihood, by how much the journey makes it likelier, and
//! by grounding.
//!
//! The weights are set by judgement; no collection has been looked at for them. A model that cannot score
//! leaves the choice to grounding and to its own name.

use std::collections::HashSet;

use crate::subject::{Subject, content_stems};
use crate::words::words;

/// A name that passed the checks, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NameCandidate {
    /// As it would be published.
    pub name: String,
    /// Whether the model wrote it.
    pub is_models: bool,
    /// The share of its content words that titles or concepts support.
    pub grounding: f32,
    /// The share of titles with at least one of its content words.
    pub coverage: f32,
    /// Mean log probability per token after the journey, if the model can score.
    pub log_probability: Option<f32>,
    /// The same after a prompt without a journey: how common the name is.
    pub baseline: Option<f32>,
    /// With the journey's titles, by the encoder, if there is one.
    pub cosine: Option<f32>,
}

/// How much each kind of evidence counts.
#[derive(Debug, Clone, Copy)]
struct Weights {
    /// Per unit of mean log probability.
    likelihood: f32,
    /// Per unit of what the journey adds to it.
    surprise: f32,
    cosine: f32,
    coverage: f32,
    /// For the model's own name.
    models_own: f32,
    /// For each word beyond one, up to four.
    words: f32,
}

const WEIGHTS: Weights = Weights {
    likelihood: 0.10,
    surprise: 0.10,
    cosine: 1.0,
    coverage: 0.15,
    models_own: 0.10,
    words: 0.02,
};

impl NameCandidate {
    fn has_evidence(&self) -> bool {
        self.log_probability.is_some() || self.cosine.is_some()
    }

    fn value(&self, weights: &Weights) -> f32 {
        let word_count = self.name.split(' ').count().clamp(1, 5) - 1;
        let log_probability = self.log_probability.filter(|value| value.is_finite());
        let surprise = log_probability
            .zip(self.baseline.filter(|value| value.is_finite()))
            .map_or(0.0, |(given, alone)| given - alone);
        weights.likelihood * log_probability.unwrap_or(0.0)
            + weights.surprise * surprise
            + weights.cosine * self.cosine.unwrap_or(0.0)
            + weights.coverage * self.coverage
            + weights.models_own * f32::from(self.is_models)
            + weights.words * word_count as f32
    }
}

/// The position of the best candidate; among equals the first. Without evidence, the model's own name is.
pub(crate) fn best(candidates: &[NameCandidate]) -> Option<usize> {
    if !candidates.iter().any(NameCandidate::has_evidence) {
        let own = candidates.iter().position(|candidate| candidate.is_models);
        return own.or(if candidates.is_empty() { None } else { Some(0) });
    }
    let mut best: Option<(usize, f32)> = None;
    for (index, candidate) in candidates.iter().enumerate() {
        let value = candidate.value(&WEIGHTS);
        if best.is_none_or(|(_, highest)| value > highest) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// The share of a journey's titles that have at least one content word of the name.
pub(crate) fn coverage(name: &str, subject: &Subject) -> f32 {
    let stems: HashSet<String> = content_stems(&words(name)).collect();
    if subject.titles.is_empty() {
        return 0.0;
    }
    let covered = subject
        .titles
        .iter()
        .filter(|title| !title.stems.is_disjoint(&stems))
        .count();
    covered as f32 / subject.titles.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, is_models: bool) -> NameCandidate {
        NameCandidate {
            name: name.to_owned(),
            is_models,
            grounding: 1.0,
            coverage: 0.5,
            log_probability: None,
            baseline: None,
            cosine: None,
        }
    }

    #[test]
    fn without_evidence_the_models_name_is_taken() {
        assert_eq!(best(&[]), None);
        assert_eq!(best(&[candidate("A", false), candidate("B", true)]), Some(1));
        assert_eq!(best(&[candidate("A", false), candidate("B", false)]), Some(0));
    }

    #[test]
    fn each_kind_of_evidence_decides_where_the_rest_is_equal() {
        let plain = NameCandidate {
            log_probability: Some(-2.0),
            baseline: Some(-4.0),
            cosine: Some(0.4),
            ..candidate("Cat food", false)
        };
        for better in [
            NameCandidate {
                log_probability: Some(-1.0),
                ..plain.clone()
            },
            NameCandidate {
                baseline: Some(-6.0),
                ..plain.clone()
            },
            NameCandidate {
                cosine: Some(0.6),
                ..plain.clone()
            },
            NameCandidate {
                coverage: 0.9,
                ..plain.clone()
            },
            NameCandidate {
                is_models: true,
                ..plain.clone()
            },
        ] {
            assert_eq!(best(&[plain.clone(), better.clone()]), Some(1), "{better:?}");
            assert_eq!(best(&[better, plain.clone()]), Some(0));
        }
        let unscored = NameCandidate {
            log_probability: Some(f32::NEG_INFINITY),
            ..plain.clone()
        };
        assert!(unscored.value(&WEIGHTS).is_finite());
    }
}
