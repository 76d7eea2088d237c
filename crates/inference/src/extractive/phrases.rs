//! The phrases that a name may be made of, each with how well it speaks for the journey.

use std::collections::HashSet;

use crate::checks::Checks;
use crate::subject::{Subject, Title, content_stems};
use crate::words::{is_content_word, words};

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
pub(super) fn phrases(subject: &Subject, checks: &Checks) -> Vec<Phrase> {
    let mut phrases: Vec<Phrase> = Vec::new();
    let mut seen: HashSet<Vec<String>> = HashSet::new();
    for (rank, concept) in subject.concepts.iter().enumerate() {
        let shown = concept.to_lowercase();
        // The journey's strongest concepts come first; further down they describe single items.
        let weight = 1.0 / (1.0 + 0.15 * rank as f32);
        let phrase_words = words(&shown);
        add_phrase(
            &mut phrases,
            &mut seen,
            &phrase_words,
            Some((&shown, weight)),
            subject,
            checks,
        );
    }
    for title in &subject.titles {
        for length in [2, 1] {
            for window in title.words.windows(length) {
                add_phrase(&mut phrases, &mut seen, window, None, subject, checks);
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
    subject: &Subject,
    checks: &Checks,
) {
    let titles: &[Title] = &subject.titles;
    let content = phrase_words.iter().filter(|word| is_content_word(word)).count();
    let is_fit = (1..=3).contains(&phrase_words.len()) && content > 0;
    // A pair from a title needs two words with meaning; a concept was chosen as it is.
    let is_fit = is_fit && (concept.is_some() || content == phrase_words.len());
    if !is_fit {
        return;
    }
    let stems: Vec<String> = content_stems(phrase_words).collect();
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
    let text = concept.map_or_else(|| phrase_words.join(" "), |(shown, _)| shown.to_owned());
    if !checks.may_repeat(&text) {
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
