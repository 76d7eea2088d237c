//! BM25: which of some documents the words of a query point to (Robertson and Zaragoza, 2009).
//!
//! With the constants and the inverse document frequency of `BM25Okapi` of the package `rank_bm25`: a term of more than
//! half of the documents counts as a quarter of the mean term instead of less than nothing.

use std::collections::HashMap;

use super::terms::terms;

const K1: f64 = 1.5;
const B: f64 = 0.75;
const EPSILON: f64 = 0.25;

/// An index of documents.
#[derive(Debug, Clone)]
pub struct Bm25 {
    /// Per document, how often it has each term.
    counts: Vec<HashMap<String, usize>>,
    lengths: Vec<usize>,
    mean_length: f64,
    inverse_frequency: HashMap<String, f64>,
}

impl Bm25 {
    /// Of texts: words in lower case, plurals as singulars, without words that carry no topic.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of_terms(texts.into_iter().map(terms))
    }

    /// Of texts that are terms already.
    pub fn of_terms(documents: impl IntoIterator<Item = Vec<String>>) -> Self {
        let (mut counts, mut lengths) = (Vec::new(), Vec::new());
        let mut frequency: HashMap<String, usize> = HashMap::new();
        for document in documents {
            lengths.push(document.len());
            let mut own: HashMap<String, usize> = HashMap::new();
            for term in document {
                *own.entry(term).or_default() += 1;
            }
            for term in own.keys() {
                *frequency.entry(term.clone()).or_default() += 1;
            }
            counts.push(own);
        }
        let total: usize = lengths.iter().sum();
        Self {
            mean_length: total as f64 / lengths.len().max(1) as f64,
            inverse_frequency: inverse(frequency, counts.len()),
            counts,
            lengths,
        }
    }

    /// One score per document for a query as a text.
    pub fn scores(&self, query: &str) -> Vec<f64> {
        self.scores_of_terms(&terms(query))
    }

    /// One score per document; a term that comes twice counts twice.
    pub fn scores_of_terms(&self, query: &[String]) -> Vec<f64> {
        self.counts
            .iter()
            .zip(&self.lengths)
            .map(|(counts, &length)| {
                let norm = K1 * (1.0 - B + B * length as f64 / self.mean_length);
                let weight = |term: &String| -> Option<f64> {
                    let count = *counts.get(term)? as f64;
                    Some(self.inverse_frequency.get(term)? * count * (K1 + 1.0) / (count + norm))
                };
                query.iter().filter_map(weight).sum()
            })
            .collect()
    }
}

fn inverse(frequency: HashMap<String, usize>, documents: usize) -> HashMap<String, f64> {
    let mut inverse: Vec<(String, f64)> = frequency
        .into_iter()
        .map(|(term, with)| {
            let (with, without) = (with as f64 + 0.5, (documents - with) as f64 + 0.5);
            (term, without.ln() - with.ln())
        })
        .collect();
    // Sums run in one order, or equal scores would differ between runs.
    inverse.sort_by(|left, right| left.0.cmp(&right.0));
    let total: f64 = inverse.iter().map(|(_, weight)| weight).sum();
    let least = EPSILON * total / inverse.len().max(1) as f64;
    inverse
        .into_iter()
        .map(|(term, weight)| (term, if weight < 0.0 { least } else { weight }))
        .collect()
}
