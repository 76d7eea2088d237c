//! What a name's words alone tell: whether they are a title's, whether the items support them, how many there are.

use std::collections::HashSet;

use super::terms::{terms, words};

/// Whether the name is one of the titles, but for case and punctuation.
pub fn is_title<'a>(name: &str, titles: impl IntoIterator<Item = &'a str>) -> bool {
    let name = words(name);
    !name.is_empty() && titles.into_iter().any(|title| words(title) == name)
}

/// Whether the name is one of the titles or a part of one, word by word.
pub fn is_within_title<'a>(name: &str, titles: impl IntoIterator<Item = &'a str>) -> bool {
    let name = words(name);
    let holds = |title: &str| words(title).windows(name.len()).any(|part| part == name);
    !name.is_empty() && titles.into_iter().any(holds)
}

/// Whether at least half of the name's terms occur in the texts; a name without terms is not grounded.
///
/// The other half may be words that sum up, as "films" does of titles of films.
pub fn is_grounded<'a>(name: &str, texts: impl IntoIterator<Item = &'a str>) -> bool {
    let name = terms(name);
    let known: HashSet<String> = texts.into_iter().flat_map(terms).collect();
    let supported = name.iter().filter(|term| known.contains(*term)).count();
    supported > 0 && 2 * supported >= name.len()
}

/// Words between blanks.
pub fn length_in_words(name: &str) -> usize {
    name.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLES: [&str; 3] = ["Cat food, dry", "Cat litter", "The House of Cats"];

    #[test]
    fn copies_are_told_whatever_their_case_and_punctuation() {
        for (name, copied, within) in [
            ("cat food dry", true, true),
            ("Cat Litter!", true, true),
            ("House of cats", false, true),
            ("Cat food and litter", false, false),
            ("ouse of Cats", false, false),
            ("", false, false),
            ("–", false, false),
        ] {
            assert_eq!(is_title(name, TITLES), copied, "{name}");
            assert_eq!(is_within_title(name, TITLES), within, "{name}");
        }
    }

    #[test]
    fn half_of_the_terms_must_be_the_items() {
        for (name, grounded) in [
            ("Food for cats", true),
            ("Cat keeping", true),
            ("Keeping of a house and garden", false),
            ("Dogs", false),
            ("the of", false),
            ("", false),
        ] {
            assert_eq!(is_grounded(name, TITLES), grounded, "{name}");
        }
    }
}
