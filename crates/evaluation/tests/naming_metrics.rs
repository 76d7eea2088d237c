//! Measures of names against values that others computed: sacrebleu, rouge-score, rank-bm25 and scikit-learn.
//!
//! `tests/data/make_naming_values.py` made the values and names its versions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::Deserialize;
use wayfare_evaluation::naming::metrics::bm25::Bm25;
use wayfare_evaluation::naming::metrics::character_ngrams::CharacterNgrams;
use wayfare_evaluation::naming::metrics::chrf::chrf;
use wayfare_evaluation::naming::metrics::rouge_l::rouge_l;

const VALUES: &str = include_str!("data/naming_values.json");
/// Sums are taken in another order.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Values {
    pairs: Vec<Pair>,
    searches: Vec<Search>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    reference: String,
    chrf: f64,
    rouge_l: f64,
}

#[derive(Deserialize)]
struct Search {
    documents: Vec<String>,
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    query: String,
    bm25: Vec<f64>,
    characters: Vec<f64>,
}

fn values() -> Values {
    serde_json::from_str(VALUES).unwrap()
}

#[track_caller]
fn near(of: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < TOLERANCE,
        "{of}: {found} instead of {expected}"
    );
}

#[test]
fn chrf_is_that_of_sacrebleu() {
    let pairs = values().pairs;
    assert_eq!(pairs.len(), 41);
    for pair in pairs {
        near(
            &format!("{:?} {:?}", pair.name, pair.reference),
            chrf(&pair.name, &pair.reference),
            pair.chrf,
        );
    }
}

#[test]
fn rouge_l_is_that_of_rouge_score() {
    for pair in values().pairs {
        near(
            &format!("{:?} {:?}", pair.name, pair.reference),
            rouge_l(&pair.name, &pair.reference),
            pair.rouge_l,
        );
    }
}

#[test]
fn bm25_is_that_of_rank_bm25() {
    let terms = |text: &String| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    for search in values().searches {
        let index = Bm25::of_terms(search.documents.iter().map(terms));
        for query in &search.queries {
            let found = index.scores_of_terms(&terms(&query.query));
            assert_eq!(found.len(), query.bm25.len());
            for (found, expected) in found.into_iter().zip(&query.bm25) {
                near(&query.query, found, *expected);
            }
        }
    }
}

#[test]
fn character_runs_are_weighted_as_by_scikit_learn() {
    for search in values().searches {
        let index = CharacterNgrams::of_texts(search.documents.iter().map(String::as_str));
        for query in &search.queries {
            let found = index.scores(&query.query);
            assert_eq!(found.len(), query.characters.len());
            for (found, expected) in found.into_iter().zip(&query.characters) {
                near(&query.query, found, *expected);
            }
        }
    }
}

#[test]
fn words_of_texts_are_found_as_singulars() {
    let index = Bm25::of_texts(["The oven and its breads", "Fonts for scripts", "Knots"]);
    let scores = index.scores("a font, or the script");
    assert!(
        scores[1] > 0.0 && scores[0].abs().max(scores[2].abs()) < TOLERANCE,
        "{scores:?}"
    );
}
