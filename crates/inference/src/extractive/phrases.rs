//! The phrases that a name may be made of, each with how well it speaks for the journey.

use std::collections::HashSet;

use crate::checks::is_safe_to_repeat;
use crate::naming_input::NamingInput;
use crate::sanitize::sanitize_title;
use crate::words::{is_content_word, stem, words};

/// A title as words, in their surface form and stemmed.
pub(super) struct Title {
    pub(super) shown: String,
    pub(super) words: Vec<String>,
    pub(super) stems: HashSet<String>,
}

impl Title {
    pub(super) fn new(title: &str) -> Self {
        let shown = sanitize_title(title);
        let words = words(&shown);
        let stems = words
            .iter()
            .filter(|word| is_content_word(word))
            .map(|word| stem(word))
            .collect();
        Self { shown, words, stems }
    }
}

/// A candidate for (half of) the name.
pub(super) struct Phrase {
    pub(super) text: String,
    pub(super) stems: Vec<String>,
    pub(super) titles: Vec<usize>,
    pub(super) is_concept: bool,
    /// The share of titles that have all of its words.
    pub(super) support: f32,
    pub(super) strength: f32,
    pub(super) order: usize,
}

/// All candidates, concepts first.
pub(super) fn phrases(input: &NamingInput, titles: &[Title]) -> Vec<Phrase> {
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut seen: HashSet<Vec<String>> = HashSet::new();
    for (rank, concept) in input.concepts.iter().enumerate() {
        let shown = sanitize_title(concept).to_lowercase();
        // The journey's strongest concepts come first; further down they describe single items.
        let weight = 1.0 / (1.0 + 0.15 * rank as f32);
        add_phrase(
            &mut phrases,
            &mut seen,
            &words(&shown),
            Some((&shown, weight)),
            titles,
        );
    }
    for title in titles {
        for length in [2, 1] {
            for window in title.words.windows(length) {
                add_phrase(&mut phrases, &mut seen, window, None, titles);
            }
        }
    }
    phrases
}

fn add_phrase(
    phrases: &mut Vec<Phrase>,
    seen: &mut HashSet<Vec<String>>,
    phrase_words: &[String],
    concept: Option<(&str, f32)>,
    titles: &[Title],
) {
    let content = phrase_words.iter().filter(|word| is_content_word(word)).count();
    let is_fit = (1..=3).contains(&phrase_words.len()) && content > 0;
    // A pair from a title needs two words with meaning; a concept was chosen as it is.
    let is_fit = is_fit && (concept.is_some() || content == phrase_words.len());
    let text = concept.map_or_else(|| phrase_words.join(" "), |(shown, _)| shown.to_owned());
    if !is_fit || !is_safe_to_repeat(&text) {
        return;
    }
    let stems: Vec<String> = phrase_words
        .iter()
        .filter(|word| is_content_word(word))
        .map(|word| stem(word))
        .collect();
    if !seen.insert(stems.clone()) {
        return;
    }
    let supporting: Vec<usize> = (0..titles.len())
        .filter(|&index| stems.iter().all(|stem| titles[index].stems.contains(stem)))
        .collect();
    // A word of one title among many is that title's, not the journey's.
    if concept.is_none() && supporting.len() < 2 {
        return;
    }
    let support = if titles.is_empty() {
        0.0
    } else {
        supporting.len() as f32 / titles.len() as f32
    };
    let length_factor = if content > 1 { 1.6 } else { 1.0 };
    let strength = support * length_factor + 0.5 * concept.map_or(0.0, |(_, weight)| weight);
    phrases.push(Phrase {
        text,
        stems,
        titles: supporting,
        is_concept: concept.is_some(),
        support,
        strength,
        order: phrases.len(),
    });
}
