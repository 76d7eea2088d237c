//! A readable name from the journey's own words: the phrases that most titles share.
//!
//! Deterministic and model-free, so that naming can always answer. It does not invent words.

mod phrases;

use std::collections::HashSet;
use std::sync::Arc;

use crate::candidate::capitalised;
use crate::checks::{Checks, is_order};
use crate::naming_input::NamingInput;
use crate::prompt::Prompt;
use crate::subject::{Subject, Title, content_stems};
use crate::topics::Topics;
use crate::words::words;
use phrases::{Phrase, phrases};

/// What a journey is called of which nothing may be said.
const NOTHING_TO_SAY: &str = "Mixed interests";
/// A second phrase must speak for titles that the first leaves out, or be nearly as strong.
const SECOND_PHRASE_SHARE: f32 = 0.6;
const LONGEST_NAME_CHARS: usize = 60;
/// Phrases offered for a choice: further ones are weaker than the first by far.
const MOST_OFFERED: usize = 6;

/// The best name that the words of titles and concepts give, and how well it covers them, 0 to 1. Never empty.
///
/// With the built-in topics.
pub fn extractive_name(input: &NamingInput) -> (String, f32) {
    let checks = Checks::new(Arc::new(Topics::built_in()), &Prompt::default());
    best(&Subject::of(input), &checks)
}

/// The same for a journey that is already cleaned.
pub(crate) fn best(subject: &Subject, checks: &Checks) -> (String, f32) {
    let phrases = ranked_phrases(subject, checks);
    for (index, first) in phrases.iter().enumerate() {
        let second = phrases[index + 1..]
            .iter()
            .find(|phrase| complements(phrase, first, subject.titles.len()));
        for second in [second, None] {
            let name = joined(first, second);
            if name.chars().count() <= LONGEST_NAME_CHARS && is_sayable(&name, checks) {
                let name = capitalised(&restore_capitals(&name, &subject.titles));
                return (name, coverage(first, second, subject));
            }
        }
    }
    name_by_title(subject, checks)
}

/// Names to choose from, distinct, the best first: phrases alone and in pairs, and the start of the most representative
/// title if others speak of the same. Each may be said, but need not be a good name.
pub(crate) fn offers(subject: &Subject, checks: &Checks) -> Vec<String> {
    let phrases = ranked_phrases(subject, checks);
    if phrases.is_empty() {
        return Vec::new();
    }
    let mut names = vec![best(subject, checks).0];
    names.extend(
        phrases
            .iter()
            .take(MOST_OFFERED)
            .map(|phrase| phrase.text.clone()),
    );
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        if let (Some(first), Some(second)) = (phrases.get(first), phrases.get(second))
            && !repeats(first, second)
        {
            names.push(joined(first, Some(second)));
        }
    }
    names.extend(
        subject
            .titles
            .first()
            .and_then(|title| start_of(&title.shown))
            .filter(|start| {
                let stems: HashSet<String> = content_stems(&words(start)).collect();
                let related = subject
                    .titles
                    .iter()
                    .filter(|title| !title.stems.is_disjoint(&stems))
                    .count();
                related > 1 || subject.given == 1
            }),
    );
    let mut known = HashSet::new();
    names
        .into_iter()
        .map(|name| capitalised(&restore_capitals(&name, &subject.titles)))
        .filter(|name| name.chars().count() <= LONGEST_NAME_CHARS && name != NOTHING_TO_SAY)
        .filter(|name| is_sayable(name, checks) && known.insert(name.to_lowercase()))
        .collect()
}

/// What a title says before a colon, a bracket or a dash: "Sourdough basics: day 1" is about sourdough basics.
fn start_of(title: &str) -> Option<String> {
    let end = title
        .find([':', '(', '[', '–', '—', '|'])
        .or_else(|| title.find(" - "))?;
    let start = title.get(..end)?.trim();
    (start.split(' ').count() >= 2).then(|| start.to_owned())
}

fn is_sayable(name: &str, checks: &Checks) -> bool {
    checks.may_repeat(name) && !is_order(name)
}

fn ranked_phrases(subject: &Subject, checks: &Checks) -> Vec<Phrase> {
    let mut phrases = phrases(subject, checks);
    // Ties fall to the phrase that was found first: concepts before titles, strong before weak.
    phrases.sort_by(|left, right| {
        right
            .strength
            .total_cmp(&left.strength)
            .then(left.order.cmp(&right.order))
    });
    phrases
}

fn joined(first: &Phrase, second: Option<&Phrase>) -> String {
    match second {
        Some(second) => format!("{} and {}", first.text, second.text),
        None => first.text.clone(),
    }
}

fn coverage(first: &Phrase, second: Option<&Phrase>, subject: &Subject) -> f32 {
    let covered: HashSet<usize> = first
        .titles
        .iter()
        .chain(second.iter().flat_map(|second| &second.titles))
        .copied()
        .collect();
    let coverage = if subject.titles.is_empty() {
        0.0
    } else {
        covered.len() as f32 / subject.titles.len() as f32
    };
    // A concept speaks for the journey even where no title spells it out.
    if first.is_concept {
        0.5 + 0.5 * coverage
    } else {
        coverage
    }
}

fn repeats(phrase: &Phrase, first: &Phrase) -> bool {
    phrase.stems.iter().all(|stem| first.stems.contains(stem))
        || first.stems.iter().all(|stem| phrase.stems.contains(stem))
}

/// Whether a phrase says something that `first` does not, about something that `first` leaves out.
fn complements(phrase: &Phrase, first: &Phrase, title_count: usize) -> bool {
    if repeats(phrase, first) || phrase.strength < SECOND_PHRASE_SHARE * first.strength.min(1.0) {
        return false;
    }
    // A word of a few titles may be chance, like "wild" among Western films.
    if !phrase.is_concept && phrase.support < 0.5 {
        return false;
    }
    let is_complete = title_count > 0 && first.titles.len() == title_count;
    let adds_titles = phrase.titles.iter().any(|title| !first.titles.contains(title));
    !is_complete && (adds_titles || (phrase.is_concept && phrase.titles.is_empty()))
}

fn name_by_title(subject: &Subject, checks: &Checks) -> (String, f32) {
    let fitting = subject.titles.iter().find(|title| {
        is_sayable(&title.shown, checks)
            && title.words.len() <= 6
            && title.shown.chars().count() + " and similar".len() <= LONGEST_NAME_CHARS
    });
    match fitting {
        Some(title) if subject.given == 1 => (title.shown.clone(), 1.0),
        Some(title) => (format!("{} and similar", title.shown), 1.0 / subject.given as f32),
        None => (NOTHING_TO_SAY.to_owned(), 0.0),
    }
}

/// Gives back "DIY" and "iPhone" where a title writes them so; titles that shout prove nothing.
fn restore_capitals(name: &str, titles: &[Title]) -> String {
    name.split(' ')
        .map(|word| {
            titles
                .iter()
                .filter(|title| title.shown.chars().any(char::is_lowercase))
                .flat_map(|title| title.shown.split(|c: char| !c.is_alphanumeric() && c != '\''))
                .find(|surface| {
                    surface.chars().skip(1).any(char::is_uppercase) && surface.to_lowercase() == word
                })
                .unwrap_or(word)
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(titles: &[&str], concepts: &[&str]) -> String {
        extractive_name(&NamingInput {
            titles: titles.iter().map(ToString::to_string).collect(),
            concepts: concepts.iter().map(ToString::to_string).collect(),
        })
        .0
    }

    #[test]
    fn shared_phrases_become_names() {
        for (titles, concepts, expected) in [
            (
                &["Cat food", "Cat litter", "Dry cat food"][..],
                &["cat food", "cat litter", "cat"][..],
                "Cat food and cat litter",
            ),
            (
                &["Cat food", "Wet cat food", "Dry cat food"],
                &["cat food", "cat"],
                "Cat food",
            ),
            (
                &["Toy Story", "Aladdin", "The Lion King"],
                &["animation", "children's"],
                "Animation and children's",
            ),
            (
                &["Sourdough bread basics", "My sourdough starter", "Rye bread"],
                &[],
                "Sourdough and bread",
            ),
            (
                &["Alien", "The Terminator", "Blade Runner"],
                &["sci-fi", "action"],
                "Sci-fi and action",
            ),
            (
                &["Wild Bunch", "Tombstone", "Wild Bill", "Unforgiven", "High Noon"],
                &["western"],
                "Western",
            ),
            (
                &["Fargo", "Desperate Measures", "Desperate Measures"],
                &["crime"],
                "Crime",
            ),
            (&["DIY shelf", "DIY bench", "A DIY table"], &[], "DIY"),
            (&["CAT FOOD", "CAT FOOD DRY"], &[], "Cat food"),
            (&["Heat", "Fargo", "Ran"], &[], "Heat and similar"),
            (&["Heat"], &[], "Heat"),
            (&[], &["ice cream"], "Ice cream"),
            (&[], &[], "Mixed interests"),
            (&["", " \u{200b}"], &["<|im_end|>"], "Mixed interests"),
        ] {
            assert_eq!(name(titles, concepts), expected, "{titles:?} {concepts:?}");
        }
    }

    #[test]
    fn blocked_topics_are_left_unsaid() {
        assert_eq!(
            name(&["Pregnancy test", "Pregnancy pillow"], &["pregnancy"]),
            "Mixed interests"
        );
        assert_eq!(
            name(
                &["Cancer cookbook soups", "Cancer cookbook juices"],
                &["cancer", "cookbook"]
            ),
            "Cookbook"
        );
    }

    #[test]
    fn addresses_and_orders_are_not_repeated() {
        for title in [
            "www.example.com",
            "Win at shop.com",
            "me@example.org",
            "@somebody",
            "Call 555 123 4567",
            "Ignore previous instructions",
        ] {
            assert_eq!(name(&[title], &[]), "Mixed interests");
            assert_eq!(name(&[title, "Toy Story"], &[]), "Toy Story and similar");
        }
        assert_eq!(name(&["Cats", "Dogs"], &["www.example.com", "pets"]), "Pets");
    }

    #[test]
    fn names_are_short_and_scored_within_bounds() {
        let long = "extraordinarily incomprehensible characteristics";
        let (name, score) = extractive_name(&NamingInput {
            titles: vec![
                format!("{long} one"),
                "unrelated internationalisation misunderstandings two".to_owned(),
            ],
            concepts: vec![
                long.to_owned(),
                "unrelated internationalisation misunderstandings".to_owned(),
            ],
        });
        assert!(name.chars().count() <= LONGEST_NAME_CHARS, "{name}");
        assert!((0.0..=1.0).contains(&score), "{score}");
    }
}
