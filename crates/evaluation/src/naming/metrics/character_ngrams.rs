//! Cosine of texts by the runs of three to five characters within their words, weighted by how rare a run is.
//!
//! Learns nothing and knows no words, so that it finds "remake" by "remaking". Computed as scikit-learn's `TfidfVectorizer`
//! does with `analyzer="char_wb"`, `ngram_range=(3, 5)` and `sublinear_tf=True`.

use std::collections::{BTreeMap, BTreeSet};

const SHORTEST_RUN: usize = 3;
const LONGEST_RUN: usize = 5;

/// A text's weights, by the numbers of its runs.
type Weights = BTreeMap<usize, f64>;

/// An index of documents.
#[derive(Debug, Clone)]
pub struct CharacterNgrams {
    /// The number of each run that a document has, and how rare it is.
    runs: BTreeMap<String, (usize, f64)>,
    /// Of unit length.
    documents: Vec<Weights>,
}

impl CharacterNgrams {
    /// Rarity is counted among these documents.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let counts: Vec<BTreeMap<String, usize>> = texts.into_iter().map(run_counts).collect();
        let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
        for run in counts.iter().flat_map(BTreeMap::keys) {
            *frequency.entry(run).or_default() += 1;
        }
        let documents = counts.len() as f64 + 1.0;
        let runs = frequency
            .into_iter()
            .enumerate()
            .map(|(number, (run, with))| {
                let rarity = (documents / (with as f64 + 1.0)).ln() + 1.0;
                (run.to_owned(), (number, rarity))
            })
            .collect();
        let mut index = Self {
            runs,
            documents: Vec::new(),
        };
        index.documents = counts.iter().map(|counts| index.weights(counts)).collect();
        index
    }

    /// One cosine per document, from 0 to 1.
    pub fn scores(&self, query: &str) -> Vec<f64> {
        let query = self.weights(&run_counts(query));
        let cosine = |document: &Weights| -> f64 {
            let shared = |(run, weight): (&usize, &f64)| Some(weight * document.get(run)?);
            query.iter().filter_map(shared).sum()
        };
        self.documents.iter().map(cosine).collect()
    }

    fn weights(&self, counts: &BTreeMap<String, usize>) -> Weights {
        let known = |(run, count): (&String, &usize)| {
            let (number, rarity) = self.runs.get(run)?;
            Some((*number, ((*count as f64).ln() + 1.0) * rarity))
        };
        let mut weights: Weights = counts.iter().filter_map(known).collect();
        let length = weights.values().map(|weight| weight * weight).sum::<f64>().sqrt();
        if length > 0.0 {
            weights.values_mut().for_each(|weight| *weight /= length);
        }
        weights
    }
}

/// The runs within words, each word with a blank before and after it; a word shorter than a run is one run.
fn run_counts(text: &str) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in text.to_lowercase().split_whitespace() {
        let padded: Vec<char> = format!(" {word} ").chars().collect();
        let lengths: BTreeSet<usize> = (SHORTEST_RUN..=LONGEST_RUN)
            .map(|length| length.min(padded.len()))
            .collect();
        for length in lengths {
            for run in padded.windows(length) {
                *counts.entry(run.iter().collect()).or_default() += 1;
            }
        }
    }
    counts
}
