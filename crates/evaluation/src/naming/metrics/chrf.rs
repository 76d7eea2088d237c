//! chrF: how many runs of one to six characters a name and a title share (Popović, 2015, doi 10.18653/v1/W15-3049).
//!
//! Computed as sacrebleu does by default, but that case does not count: precision and recall are averaged over the
//! lengths that both texts have, blanks are left out, and recall counts four times as much as precision.

use std::collections::HashMap;

const LONGEST_RUN: usize = 6;
/// The square of beta, which is 2.
const RECALL_WEIGHT: f64 = 4.0;

/// From 0, nothing in common, to 1, the same texts. An empty text has nothing in common with any.
pub fn chrf(name: &str, reference: &str) -> f64 {
    let (name, reference) = (characters(name), characters(reference));
    let (mut precision, mut recall, mut lengths) = (0.0, 0.0, 0_u32);
    for length in 1..=LONGEST_RUN.min(name.len()).min(reference.len()) {
        let (own, expected) = (runs(&name, length), runs(&reference, length));
        let shared: usize = own
            .iter()
            .map(|(run, count)| expected.get(run).map_or(0, |there| *count.min(there)))
            .sum();
        precision += shared as f64 / (name.len() + 1 - length) as f64;
        recall += shared as f64 / (reference.len() + 1 - length) as f64;
        lengths += 1;
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / f64::from(lengths), recall / f64::from(lengths));
    (1.0 + RECALL_WEIGHT) * precision * recall / (RECALL_WEIGHT * precision + recall)
}

fn characters(text: &str) -> Vec<char> {
    let text = text.to_lowercase();
    text.chars()
        .filter(|character| !character.is_whitespace())
        .collect()
}

fn runs(characters: &[char], length: usize) -> HashMap<&[char], usize> {
    let mut counts = HashMap::new();
    for run in characters.windows(length) {
        *counts.entry(run).or_default() += 1;
    }
    counts
}
