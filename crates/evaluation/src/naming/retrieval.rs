//! Whether a name leads to the half of its collection that its method did not see, among the hidden halves of all.
//!
//! Each finder scores all hidden halves for a name. What finds must not be what the names were made with, or the name
//! that pleases the maker wins: BM25 and character runs learn nothing, and an encoder has to be another one.

use wayfare_inference::{Encoder, InferenceError};
use wayfare_journeys::dot;

use super::journeys::{Journey, centroid};
use super::metrics::bm25::Bm25;
use super::metrics::character_ngrams::CharacterNgrams;

/// How a name's own collection came out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// 1 divided by the place, in the mean over all orders of those with equal scores.
    pub reciprocal_rank: f64,
    /// The share of those orders in which it comes first.
    pub first: f64,
}

/// The place of the document of number `own`.
pub fn place(scores: &[f64], own: usize) -> Place {
    let Some(own) = scores.get(own) else {
        return Place {
            reciprocal_rank: 0.0,
            first: 0.0,
        };
    };
    let better = scores.iter().filter(|score| *score > own).count();
    // A score that is no number is equal to none, not even to itself.
    let equal = scores.iter().filter(|score| *score == own).count().max(1);
    let places = better + 1..=better + equal;
    let reciprocals: f64 = places.map(|place| 1.0 / place as f64).sum();
    Place {
        reciprocal_rank: reciprocals / equal as f64,
        first: if better == 0 { 1.0 / equal as f64 } else { 0.0 },
    }
}

/// The hidden halves of some journeys as texts: titles and descriptions of their items.
pub fn hidden_texts(journeys: &[Journey<'_>]) -> Vec<String> {
    let text = |journey: &Journey<'_>| -> String {
        let items = journey.hidden.iter();
        let lines: Vec<String> = items
            .map(|item| format!("{}\n{}", item.title, item.text))
            .collect();
        lines.join("\n")
    };
    journeys.iter().map(text).collect()
}

/// An encoder that has encoded the hidden halves.
#[derive(Debug)]
pub struct EncodedHalves<'a> {
    encoder: &'a dyn Encoder,
    /// One per journey.
    centroids: Vec<Vec<f32>>,
}

impl<'a> EncodedHalves<'a> {
    /// `vectors` are the encoder's of [`super::journeys::item_texts`], of unit length; a half is where they point together.
    pub fn new(encoder: &'a dyn Encoder, vectors: &[Vec<f32>], journeys: &[Journey<'_>]) -> Self {
        let half = |journey: &Journey<'_>| -> Vec<f32> {
            let places = journey.hidden_places.iter();
            centroid(places.filter_map(|&place| vectors.get(place).map(Vec::as_slice)))
        };
        Self {
            encoder,
            centroids: journeys.iter().map(half).collect(),
        }
    }

    fn places(&self, names: &[&str], own: &[usize]) -> Result<Vec<Place>, InferenceError> {
        let vectors = self.encoder.encode(names)?;
        let scores = |vector: &Vec<f32>| -> Vec<f64> {
            let centroids = self.centroids.iter();
            centroids
                .map(|centroid| f64::from(dot(vector, centroid)))
                .collect()
        };
        let places = vectors.iter().zip(own);
        Ok(places.map(|(vector, &own)| place(&scores(vector), own)).collect())
    }
}

/// All finders over the same hidden halves.
#[derive(Debug)]
pub struct Finders<'a> {
    bm25: Bm25,
    characters: CharacterNgrams,
    judge: Option<EncodedHalves<'a>>,
}

/// How all finders placed one name's collection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Places {
    pub bm25: Place,
    pub characters: Place,
    /// None without an encoder that judges.
    pub judge: Option<Place>,
}

impl<'a> Finders<'a> {
    /// Over the hidden halves of the journeys.
    pub fn new(journeys: &[Journey<'_>], judge: Option<EncodedHalves<'a>>) -> Self {
        let texts = hidden_texts(journeys);
        Self {
            bm25: Bm25::of_texts(texts.iter().map(String::as_str)),
            characters: CharacterNgrams::of_texts(texts.iter().map(String::as_str)),
            judge,
        }
    }

    /// Of names, and the numbers of the journeys that they were given to.
    pub fn places(&self, names: &[&str], own: &[usize]) -> Result<Vec<Places>, InferenceError> {
        let judged = match &self.judge {
            Some(judge) => judge.places(names, own)?.into_iter().map(Some).collect(),
            None => vec![None; names.len()],
        };
        let placed = names.iter().zip(own).zip(judged);
        Ok(placed
            .map(|((name, &own), judge)| Places {
                bm25: place(&self.bm25.scores(name), own),
                characters: place(&self.characters.scores(name), own),
                judge,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_as_all_their_orders() {
        for (scores, own, reciprocal_rank, first) in [
            (vec![0.3, 0.1, 0.2], 0, 1.0, 1.0),
            (vec![0.3, 0.1, 0.2], 1, 1.0 / 3.0, 0.0),
            (
                vec![0.0, 0.0, 0.0, 0.0],
                2,
                (1.0 + 0.5 + 1.0 / 3.0 + 0.25) / 4.0,
                0.25,
            ),
            (vec![0.5, 0.2, 0.2], 1, (0.5 + 1.0 / 3.0) / 2.0, 0.0),
            (vec![f64::NAN, 0.2], 0, 1.0, 1.0),
            (vec![0.2], 7, 0.0, 0.0),
        ] {
            let found = place(&scores, own);
            assert!(
                (found.reciprocal_rank - reciprocal_rank).abs() < 1e-12,
                "{found:?}"
            );
            assert!((found.first - first).abs() < 1e-12, "{found:?}");
        }
    }
}
