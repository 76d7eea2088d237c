//! The salient terms of an item: which words and word pairs of its text say what it is about.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::words::{is_content_word, words};

/// How much a word says about a topic.
///
/// A fitted or shipped artefact: a run never changes it, or vectors of yesterday and today would not compare.
pub trait Salience: Send + Sync {
    /// 0 for a word that is everywhere, 1 for a rare one; the word is in lower case.
    fn salience(&self, word: &str) -> f32;
}

/// A term of an item or journey with its weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concept {
    /// Lower case; one word, two words, or a tag as it was given.
    pub term: String,
    /// Above 0; the squares of one item's weights add up to 1.
    pub weight: f32,
}

const TITLE_WEIGHT: f32 = 1.0;
/// A description repeats itself and wanders.
const TEXT_WEIGHT: f32 = 0.4;
/// Somebody chose the tags.
const TAG_WEIGHT: f32 = 1.2;
/// A pair that stands together says more than its words apart.
const PAIR_WEIGHT: f32 = 1.1;
/// The start of a description says what the item is.
const MOST_TEXT_WORDS: usize = 100;
/// Nobody chose more tags than this for one item by hand.
const MOST_TAGS: usize = 100;
/// A longer term is a number, an address or a whole text in the place of a tag; each journey would carry it along.
const LONGEST_TERM_CHARS: usize = 80;

/// The `limit` heaviest terms of an item, heaviest first, terms of equal weight in alphabetical order.
///
/// Terms are the words and pairs of neighbouring words of `title` and `text` without stop words, and the
/// tags. A term that occurs again gains less each time.
pub fn salient_terms(
    title: &str,
    text: Option<&str>,
    tags: &[String],
    salience: &dyn Salience,
    limit: usize,
) -> Vec<Concept> {
    let mut weights: HashMap<String, f32> = HashMap::new();
    add_phrases(&mut weights, title, TITLE_WEIGHT, usize::MAX, salience);
    if let Some(text) = text {
        add_phrases(&mut weights, text, TEXT_WEIGHT, MOST_TEXT_WORDS, salience);
    }
    for tag in tags.iter().take(MOST_TAGS) {
        let start: String = tag.chars().take(LONGEST_TERM_CHARS + 1).collect();
        let tag = words(&start).join(" ");
        if !tag.is_empty() {
            add(&mut weights, tag, TAG_WEIGHT);
        }
    }

    let mut concepts: Vec<Concept> = weights
        .into_iter()
        .filter(|(term, weight)| *weight > 0.0 && term.chars().count() <= LONGEST_TERM_CHARS)
        .map(|(term, weight)| Concept { term, weight })
        .collect();
    concepts.sort_by(|left, right| {
        right
            .weight
            .total_cmp(&left.weight)
            .then_with(|| left.term.cmp(&right.term))
    });
    concepts.truncate(limit);
    let norm = concepts
        .iter()
        .map(|concept| concept.weight * concept.weight)
        .sum::<f32>()
        .sqrt();
    for concept in &mut concepts {
        concept.weight /= norm;
    }
    concepts
}

fn add_phrases(
    weights: &mut HashMap<String, f32>,
    text: &str,
    field_weight: f32,
    most_words: usize,
    salience: &dyn Salience,
) {
    let mut budget = most_words;
    // A pair does not reach across punctuation or a stop word: "bread, butter" is two things.
    for clause in text.split([
        ',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '|', '/', '"', '\n',
    ]) {
        let mut previous: Option<(String, f32)> = None;
        for word in words(clause) {
            if budget == 0 {
                return;
            }
            budget -= 1;
            if !is_content_word(&word) {
                previous = None;
                continue;
            }
            let own = salience.salience(&word).clamp(0.0, 1.0);
            if let Some((before, before_salience)) = previous.take() {
                add(
                    weights,
                    format!("{before} {word}"),
                    field_weight * PAIR_WEIGHT * 0.5 * (before_salience + own),
                );
            }
            add(weights, word.clone(), field_weight * own);
            previous = Some((word, own));
        }
    }
}

/// The larger weight counts in full, the smaller by half: repetition helps and does not win.
fn add(weights: &mut HashMap<String, f32>, term: String, weight: f32) {
    let known = weights.entry(term).or_insert(0.0);
    *known = known.max(weight) + 0.5 * known.min(weight);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer words say more.
    struct ByLength;

    impl Salience for ByLength {
        fn salience(&self, word: &str) -> f32 {
            word.chars().count() as f32 / 12.0
        }
    }

    fn terms(title: &str, text: Option<&str>, tags: &[&str], limit: usize) -> Vec<Concept> {
        let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
        salient_terms(title, text, &tags, &ByLength, limit)
    }

    fn names(concepts: &[Concept]) -> Vec<&str> {
        concepts.iter().map(|concept| concept.term.as_str()).collect()
    }

    #[test]
    fn pairs_stay_within_a_clause_and_between_content_words() {
        let concepts = terms("Dry cat food, litter for the cat", None, &[], 20);
        let found = names(&concepts);
        assert!(
            found.contains(&"dry cat") && found.contains(&"cat food"),
            "{found:?}"
        );
        for absent in ["food litter", "litter cat", "for", "the cat", "the"] {
            assert!(!found.contains(&absent), "{absent} in {found:?}");
        }
    }

    #[test]
    fn weights_have_unit_norm_and_falling_order() {
        let concepts = terms(
            "Hydroponic tomatoes at home",
            Some("Growing tomatoes without soil."),
            &["Gardening"],
            6,
        );
        let norm: f32 = concepts.iter().map(|c| c.weight * c.weight).sum();
        assert!((norm - 1.0).abs() < 1e-6, "{norm}");
        assert!(concepts.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
        assert_eq!(concepts.len(), 6);
        assert_eq!(concepts[0].term, "gardening");
        let tomatoes = concepts.iter().position(|c| c.term == "tomatoes");
        let soil = concepts.iter().position(|c| c.term == "soil");
        assert!(
            tomatoes.is_some() && soil.is_none_or(|soil| tomatoes < Some(soil)),
            "{concepts:?}"
        );
    }

    #[test]
    fn what_is_too_long_is_no_term() {
        let huge = "x".repeat(1_000_000);
        let concepts = terms(
            &format!("{huge} sourdough"),
            None,
            &[&huge, &format!("a {huge}"), "bread"],
            9,
        );
        assert_eq!(names(&concepts), ["bread", "sourdough"]);
    }

    #[test]
    fn equal_weights_are_in_alphabetical_order_and_empty_texts_have_no_terms() {
        assert_eq!(
            names(&terms("", None, &["zebra", "Apple", "mango"], 9)),
            ["apple", "mango", "zebra"]
        );
        assert!(terms("the of and", Some(" 12 "), &["  "], 9).is_empty());
        assert!(terms("cats", None, &[], 0).is_empty());
    }
}
