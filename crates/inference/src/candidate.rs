//! From what a model wrote to a candidate for a name, before any check.
//!
//! Small models answer with lists that repeat themselves ("cat food, cat litter, cat"); the start of such a
//! list is often a good name. Nothing is added but the word "and".

use std::collections::HashSet;

use crate::words::{is_content_word, stem, words};

/// The parts of a list that make a name; a third one makes it an inventory.
const MOST_PARTS: usize = 2;

/// What a model writes beyond this is not looked at; a name is much shorter.
const LONGEST_TEXT_CHARS: usize = 400;

/// The first line without quotes and bullets; of a list, the first two parts that say something new.
///
/// `is_cut` says that the model was stopped in the middle: the last part of a list is then not trusted.
pub fn candidate_name(text: &str, is_cut: bool) -> String {
    let end = text
        .char_indices()
        .nth(LONGEST_TEXT_CHARS)
        .map_or(text.len(), |(end, _)| end);
    let line = text
        .get(..end)
        .unwrap_or(text)
        .trim()
        .lines()
        .next()
        .unwrap_or_default();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '“' | '”' | '*' | '`'))
        .trim_start_matches(['-', '•', ' '])
        .trim_end_matches(['.', ',', ';', ':', ' ']);

    let mut parts: Vec<&str> = line
        .split([',', ';'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if is_cut && parts.len() > 1 {
        parts.pop();
    }
    let mut said: HashSet<String> = HashSet::new();
    let kept: Vec<&str> = parts
        .into_iter()
        .filter(|part| says_something_new(part, &mut said))
        .take(MOST_PARTS)
        .collect();
    let name = match kept.as_slice() {
        [] => line.to_owned(),
        [one] => (*one).to_owned(),
        [first, second, ..] => format!("{first} and {}", second.strip_prefix("and ").unwrap_or(second)),
    };
    capitalised(&name)
}

fn says_something_new(part: &str, said: &mut HashSet<String>) -> bool {
    let mut is_new = false;
    for word in words(part).iter().filter(|word| is_content_word(word)) {
        is_new |= said.insert(stem(word));
    }
    is_new
}

/// Upper case for the first letter, unless the first word has its own way ("iPhone").
pub(crate) fn capitalised(name: &str) -> String {
    let first_word = name.split(' ').next().unwrap_or(name);
    let mut characters = name.chars();
    match characters.next() {
        Some(first) if !first_word.chars().any(char::is_uppercase) => {
            first.to_uppercase().chain(characters).collect()
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_names_of_two_parts() {
        for (text, is_cut, expected) in [
            (" Horror movies\n\nItems: x", false, "Horror movies"),
            ("\"westerns.\"", false, "Westerns"),
            ("- Baking bread", false, "Baking bread"),
            ("Cat food, cat litter, cat", false, "Cat food and cat litter"),
            ("Italian food, Italian food, Italian", true, "Italian food"),
            (
                "Climate change, right, right, ri",
                true,
                "Climate change and right",
            ),
            ("comedy, and romance, drama", false, "Comedy and romance"),
            ("iPhone cases; iPhone", false, "iPhone cases"),
            ("Toy Story and one mo", true, "Toy Story and one mo"),
            ("the, of", false, "The, of"),
            ("", false, ""),
        ] {
            assert_eq!(candidate_name(text, is_cut), expected, "{text:?}");
        }
    }
}
