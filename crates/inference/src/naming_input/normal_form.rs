//! What near-identical journeys have in common: their naming input without what tells copies of one item apart.
//!
//! The form determines the text that is shown to the model. If only the hash were normalised, which of two texts is shown
//! would depend on which journey came first.

use std::collections::HashSet;

use super::NamingInput;
use crate::sanitize::sanitize_title;
use crate::words::{stem, words};

/// Titles and concepts kept: more than any prompt shows.
const MOST_TEXTS: usize = 64;
/// A word in capitals that is no longer is an abbreviation, not shouting.
const LONGEST_ABBREVIATION: usize = 4;

/// What counts copies of one work, before a number.
const COUNTED: &[&str] = &[
    "vol",
    "volume",
    "ep",
    "episode",
    "season",
    "part",
    "pt",
    "disc",
    "disk",
    "cd",
    "issue",
    "no",
    "book",
    "series",
    "edition",
    "ed",
    "chapter",
    "staffel",
    "folge",
    "band",
    "teil",
    "tome",
    "saison",
    "temporada",
    "tomo",
];
/// What tells copies of one work apart, as a whole bracket or a last part.
const EDITIONS: &[&str] = &[
    "dvd",
    "blu ray",
    "bluray",
    "vhs",
    "4k",
    "hd",
    "paperback",
    "hardcover",
    "hardback",
    "ebook",
    "kindle",
    "audiobook",
    "large print",
    "mass market paperback",
    "remastered",
    "remaster",
    "deluxe",
    "deluxe edition",
    "special edition",
    "collectors edition",
    "collector's edition",
    "limited edition",
    "anniversary edition",
    "extended edition",
    "revised edition",
    "second edition",
    "third edition",
    "new edition",
    "unabridged",
    "abridged",
    "director's cut",
    "directors cut",
    "original motion picture soundtrack",
    "live",
    "official video",
    "official music video",
    "official audio",
    "lyrics",
    "full hd",
    "new",
    "used",
    "refurbished",
];

pub(super) fn of(input: &NamingInput) -> NamingInput {
    let mut known = HashSet::new();
    let mut titles: Vec<String> = input
        .titles
        .iter()
        .take(MOST_TEXTS)
        .map(|title| without_edition(&in_sentence_case(&sanitize_title(title))))
        .filter(|title| known.insert(words(title)) && !title.is_empty())
        .collect();
    if let Some((_, rest)) = titles.split_first_mut() {
        rest.sort_unstable();
    }
    let mut known = HashSet::new();
    let concepts = input
        .concepts
        .iter()
        .take(MOST_TEXTS)
        .map(|concept| sanitize_title(concept).to_lowercase())
        .filter(|concept| {
            let stems: Vec<String> = words(concept).iter().map(|word| stem(word)).collect();
            !stems.is_empty() && known.insert(stems)
        })
        .collect();
    NamingInput { titles, concepts }
}

/// A title that shouts, or that never lifts its voice, in the usual way: "CAT FOOD" and "cat food" as "Cat food".
fn in_sentence_case(title: &str) -> String {
    let has = |is: fn(char) -> bool| title.chars().any(is);
    let (has_upper, has_lower) = (has(char::is_uppercase), has(char::is_lowercase));
    let is_abbreviation = title
        .chars()
        .filter(|character| character.is_alphabetic())
        .count()
        <= LONGEST_ABBREVIATION;
    if has_upper == has_lower || (has_upper && is_abbreviation) {
        return title.to_owned();
    }
    let lower = title.to_lowercase();
    let mut characters = lower.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => lower,
    }
}

/// The title without brackets and last parts that say edition, volume or year; the whole title if nothing else is left.
fn without_edition(title: &str) -> String {
    let mut kept = title.trim();
    while let Some(shorter) = without_last_part(kept) {
        kept = shorter;
    }
    if words(kept).is_empty() {
        title.to_owned()
    } else {
        kept.to_owned()
    }
}

fn without_last_part(title: &str) -> Option<&str> {
    let (before, part) = if let Some(open) = title.strip_suffix(')').and_then(|rest| rest.rfind('(')) {
        (title.get(..open)?, title.get(open + 1..title.len() - 1)?)
    } else if let Some(open) = title.strip_suffix(']').and_then(|rest| rest.rfind('[')) {
        (title.get(..open)?, title.get(open + 1..title.len() - 1)?)
    } else {
        let at = title
            .rfind([',', ':', ';'])
            .or_else(|| title.rfind(" - ").map(|at| at + 1))?;
        (title.get(..at)?, title.get(at + 1..)?)
    };
    let before = before
        .trim_end()
        .trim_end_matches(['-', ',', ':', ';'])
        .trim_end();
    (!words(before).is_empty() && is_edition(part)).then_some(before)
}

fn is_edition(part: &str) -> bool {
    let part_words = words(part);
    let is_number = |word: &String| {
        word.bytes().all(|byte| byte.is_ascii_digit())
            || word.bytes().all(|byte| matches!(byte, b'i' | b'v' | b'x'))
    };
    let is_ordinal = |word: &String| {
        word.trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse::<u16>()
            .is_ok()
            && word.len() <= 5
    };
    match part_words.as_slice() {
        [] => true,
        [one] if is_year(one) => true,
        [unit, number] if COUNTED.contains(&unit.as_str()) && is_number(number) => true,
        [ordinal, unit] if COUNTED.contains(&unit.as_str()) && is_ordinal(ordinal) => true,
        several => EDITIONS.contains(&several.join(" ").as_str()),
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && (word.starts_with('1') || word.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input(titles: &[&str], concepts: &[&str]) -> NamingInput {
        NamingInput {
            titles: titles.iter().map(ToString::to_string).collect(),
            concepts: concepts.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn copies_of_one_item_have_one_form() {
        for (title, form) in [
            ("Toy Story (1995)", "Toy Story"),
            ("Toy Story  [DVD]", "Toy Story"),
            ("The Expanse: Season 3", "The Expanse"),
            ("The Expanse, Vol. 2 (Paperback)", "The Expanse"),
            ("Knitting - 2nd edition", "Knitting"),
            ("CAT FOOD DRY", "Cat food dry"),
            ("cat food", "Cat food"),
            ("DIY", "DIY"),
            ("iPhone case", "iPhone case"),
            ("Live", "Live"),
            ("2001: A Space Odyssey", "2001: A Space Odyssey"),
            ("1984", "1984"),
            ("Vol. 2", "Vol. 2"),
            ("Blade Runner 2049", "Blade Runner 2049"),
            ("七人の侍", "七人の侍"),
        ] {
            assert_eq!(input(&[title], &[]).normalised().titles, [form], "{title}");
        }
    }

    #[test]
    fn near_identical_journeys_share_a_form() {
        let first = input(
            &["Toy Story (1995)", "ANTZ MOVIE", "Aladdin", "Aladdin [DVD]"],
            &["Animation", "animations", "children's"],
        );
        let second = input(
            &["toy story", "Aladdin", "antz movie"],
            &["animation", "children's"],
        );
        assert_ne!(
            first.normalised(),
            second.normalised(),
            "a title without capitals is not one with"
        );
        let third = input(
            &["Toy Story", "Aladdin", "antz movie"],
            &["animation", "children's"],
        );
        assert_eq!(first.normalised(), third.normalised());
        assert_eq!(
            first.normalised().content_hash(),
            third.normalised().content_hash()
        );
    }

    #[test]
    fn a_title_of_ten_megabytes_is_stored_as_its_start() {
        let huge = "x ".repeat(5_000_000);
        assert!(input(&[&huge], &[&huge]).normalised().titles[0].len() <= 80);
    }

    proptest! {
        #[test]
        fn the_form_is_final_and_bounded(titles in prop::collection::vec("[a-zA-Z0-9 ():,éßИ七-]{0,120}", 0..8), concepts in prop::collection::vec("[a-zA-Z0-9 éßИ七-]{0,40}", 0..6)) {
            let once = NamingInput { titles, concepts }.normalised();
            prop_assert_eq!(&once.normalised(), &once);
            prop_assert!(once.titles.iter().all(|title| title.chars().count() <= 80));
        }

        #[test]
        fn the_order_of_further_titles_does_not_matter(mut titles in prop::collection::vec("[a-z]{3,9} [A-Z][a-z]{2,8}", 3..8)) {
            let form = NamingInput { titles: titles.clone(), concepts: vec![] }.normalised();
            titles[1..].reverse();
            prop_assert_eq!(NamingInput { titles, concepts: vec![] }.normalised(), form);
        }
    }
}
