//! What the names of one method score, journey by journey.

use std::collections::HashMap;

use serde::Serialize;
use wayfare_inference::{Encoder, check_name};
use wayfare_journeys::dot;

use super::journeys::Journey;
use super::method::GivenName;
use super::metrics::chrf::chrf;
use super::metrics::rouge_l::rouge_l;
use super::metrics::wording::{is_grounded, is_title, is_within_title, length_in_words};
use super::retrieval::Finders;
use crate::error::EvaluationError;

/// What is measured. All but [`Metric::LengthInWords`] lie between 0 and 1, cosines between -1 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Likeness to the collection's title, and to the list's own heading for it.
    ChrfTitle,
    ChrfSection,
    RougeLTitle,
    RougeLSection,
    /// By the encoder that journeys are made with.
    CosineTitle,
    CosineSection,
    /// Whether the name leads to the hidden half: the mean reciprocal rank, and how often it comes first.
    Bm25ReciprocalRank,
    Bm25First,
    CharactersReciprocalRank,
    CharactersFirst,
    /// By an encoder that no name was made with.
    JudgeReciprocalRank,
    JudgeFirst,
    /// The name is the title of an item.
    Copied,
    /// The name is the title of an item or a part of one.
    WithinTitle,
    /// Half of what the name speaks of occurs in the shown items.
    Grounded,
    /// The pipeline's checks would refuse the name.
    Rejected,
    /// The name is of the journey's own words: the model's was refused or ranked lower.
    FellBack,
    /// The share of different names.
    Distinct,
    LengthInWords,
}

impl Metric {
    /// In the order of reports.
    pub const ALL: [Self; 19] = [
        Self::ChrfTitle,
        Self::ChrfSection,
        Self::RougeLTitle,
        Self::RougeLSection,
        Self::CosineTitle,
        Self::CosineSection,
        Self::Bm25ReciprocalRank,
        Self::Bm25First,
        Self::CharactersReciprocalRank,
        Self::CharactersFirst,
        Self::JudgeReciprocalRank,
        Self::JudgeFirst,
        Self::Copied,
        Self::WithinTitle,
        Self::Grounded,
        Self::Rejected,
        Self::FellBack,
        Self::Distinct,
        Self::LengthInWords,
    ];

    /// Heading of a column in a table for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::ChrfTitle => "chrF title",
            Self::ChrfSection => "chrF section",
            Self::RougeLTitle => "ROUGE-L title",
            Self::RougeLSection => "ROUGE-L section",
            Self::CosineTitle => "cosine title",
            Self::CosineSection => "cosine section",
            Self::Bm25ReciprocalRank => "BM25 MRR",
            Self::Bm25First => "BM25 top-1",
            Self::CharactersReciprocalRank => "characters MRR",
            Self::CharactersFirst => "characters top-1",
            Self::JudgeReciprocalRank => "judge MRR",
            Self::JudgeFirst => "judge top-1",
            Self::Copied => "copied",
            Self::WithinTitle => "within title",
            Self::Grounded => "grounded",
            Self::Rejected => "rejected",
            Self::FellBack => "fell back",
            Self::Distinct => "distinct",
            Self::LengthInWords => "words",
        }
    }
}

/// One name's scores; a metric that is not defined for it has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameScores([Option<f64>; Metric::ALL.len()]);

impl NameScores {
    /// None where the metric is not defined: a collection without a heading has no likeness to it.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0[metric as usize]
    }
}

/// What names are measured by.
#[derive(Debug)]
pub struct Measures<'a> {
    /// For the cosines.
    pub encoder: &'a dyn Encoder,
    /// Over the hidden halves of all journeys, named or not.
    pub finders: Finders<'a>,
}

/// Scores of one name per journey; `own` are the numbers that the finders know the journeys by.
pub fn score(
    journeys: &[&Journey<'_>],
    own: &[usize],
    names: &[GivenName],
    measures: &Measures<'_>,
) -> Result<Vec<NameScores>, EvaluationError> {
    let failed = |what: &'static str| {
        move |source| EvaluationError::Inference {
            what: what.to_owned(),
            source,
        }
    };
    let texts: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
    let places = measures
        .finders
        .places(&texts, own)
        .map_err(failed("the encoder that judges"))?;
    let cosines = |references: &[&str]| -> Result<Vec<f64>, EvaluationError> {
        let failed = failed("the encoder of cosines");
        let names = measures.encoder.encode(&texts).map_err(failed)?;
        let references = measures.encoder.encode(references).map_err(failed)?;
        let pairs = names.iter().zip(&references);
        Ok(pairs
            .map(|(name, reference)| f64::from(dot(name, reference)))
            .collect())
    };
    let titles: Vec<&str> = journeys
        .iter()
        .map(|journey| journey.collection.title.as_str())
        .collect();
    let sections: Vec<&str> = journeys
        .iter()
        .map(|journey| journey.collection.section.as_str())
        .collect();
    let (title_cosines, section_cosines) = (cosines(&titles)?, cosines(&sections)?);
    let mut uses: HashMap<String, usize> = HashMap::new();
    for text in &texts {
        *uses.entry(text.to_lowercase()).or_default() += 1;
    }
    let scores = journeys
        .iter()
        .zip(names)
        .enumerate()
        .map(|(number, (journey, given))| {
            let name = given.name.as_str();
            let (title, section) = (
                titles[number],
                Some(sections[number]).filter(|section| !section.is_empty()),
            );
            let place = places[number];
            let shown_titles = || journey.shown.iter().map(|item| item.title.as_str());
            let shown_texts = || {
                journey
                    .shown
                    .iter()
                    .flat_map(|item| [item.title.as_str(), item.text.as_str()])
            };
            let share = |holds: bool| Some(f64::from(u8::from(holds)));
            NameScores(Metric::ALL.map(|metric| match metric {
                Metric::ChrfTitle => Some(chrf(name, title)),
                Metric::ChrfSection => section.map(|section| chrf(name, section)),
                Metric::RougeLTitle => Some(rouge_l(name, title)),
                Metric::RougeLSection => section.map(|section| rouge_l(name, section)),
                Metric::CosineTitle => Some(title_cosines[number]),
                Metric::CosineSection => section.map(|_| section_cosines[number]),
                Metric::Bm25ReciprocalRank => Some(place.bm25.reciprocal_rank),
                Metric::Bm25First => Some(place.bm25.first),
                Metric::CharactersReciprocalRank => Some(place.characters.reciprocal_rank),
                Metric::CharactersFirst => Some(place.characters.first),
                Metric::JudgeReciprocalRank => place.judge.map(|judge| judge.reciprocal_rank),
                Metric::JudgeFirst => place.judge.map(|judge| judge.first),
                Metric::Copied => share(is_title(name, shown_titles())),
                Metric::WithinTitle => share(is_within_title(name, shown_titles())),
                Metric::Grounded => share(is_grounded(name, shown_texts())),
                Metric::Rejected => share(!check_name(name, &journey.input).flags.is_empty()),
                Metric::FellBack => given.fell_back.and_then(share),
                // The mean over names is the number of different ones divided by that of all.
                Metric::Distinct => uses.get(&name.to_lowercase()).map(|&uses| 1.0 / uses as f64),
                Metric::LengthInWords => Some(length_in_words(name) as f64),
            }))
        });
    Ok(scores.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_found_where_they_are_kept() {
        for (position, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, position, "{metric:?}");
        }
    }
}
