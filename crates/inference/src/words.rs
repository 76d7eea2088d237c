//! Words as the checks, the extractive namer and the salient terms see them: lower case, stemmed, without stop words.
//!
//! English only in its stop words and suffixes; other languages pass through unchanged.

use unicode_normalization::UnicodeNormalization;

/// Splits a text into lower-case words of letters and digits; an apostrophe inside a word stays.
pub(crate) fn words(text: &str) -> Vec<String> {
    let text: String = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// Words that carry no topic.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// A word that can carry a topic: not a stop word, not a number, longer than one letter.
pub(crate) fn is_content_word(word: &str) -> bool {
    word.chars().nth(1).is_some() && !is_stop_word(word) && !word.chars().all(|c| c.is_ascii_digit())
}

/// A crude stem: it needs to map "cats" and "cat", "cooking" and "cook" to one key, not to be a word.
pub(crate) fn stem(word: &str) -> String {
    let word = word
        .strip_suffix("'s")
        .or_else(|| word.strip_suffix('\''))
        .unwrap_or(word)
        .replace('\'', "");
    if !word.is_ascii() {
        return word;
    }
    let stemmed = match word.as_str() {
        w if w.len() > 4 && w.ends_with("ies") => format!("{}y", &w[..w.len() - 3]),
        w if w.len() > 4
            && ["ches", "shes", "sses", "xes", "zes"]
                .iter()
                .any(|s| w.ends_with(s)) =>
        {
            w[..w.len() - 2].to_owned()
        }
        w if w.len() > 3 && w.ends_with('s') && !["ss", "us", "is"].iter().any(|s| w.ends_with(s)) => {
            w[..w.len() - 1].to_owned()
        }
        w => w.to_owned(),
    };
    for suffix in ["ing", "ed"] {
        if let Some(base) = stemmed.strip_suffix(suffix)
            && base.len() >= 3
            && base.contains(['a', 'e', 'i', 'o', 'u', 'y'])
        {
            return undouble(base);
        }
    }
    let base = stemmed
        .strip_suffix('e')
        .filter(|base| base.len() >= 3)
        .unwrap_or(&stemmed);
    // "movies" loses "ies" and "movie" only "e": meet in the middle.
    match base.strip_suffix('y') {
        Some(base) if base.len() >= 2 => format!("{base}i"),
        _ => base.to_owned(),
    }
}

/// "runn" (from "running") and "run" are one stem.
fn undouble(base: &str) -> String {
    let bytes = base.as_bytes();
    let doubled = bytes.len() > 3
        && bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
        && !base.ends_with(['l', 's', 'z']);
    let base = if doubled { &base[..base.len() - 1] } else { base };
    base.strip_suffix('e')
        .filter(|b| b.len() >= 3)
        .unwrap_or(base)
        .to_owned()
}

/// Sorted for the binary search.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "another", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "between", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "don't", "during", "each", "etc", "few", "for", "from", "had", "has", "have", "having",
    "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "it's", "its",
    "just", "like", "may", "me", "more", "most", "my", "no", "nor", "not", "of", "off", "on", "one", "only",
    "or", "other", "our", "out", "over", "own", "part", "per", "same", "she", "should", "so", "some", "such",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through",
    "to", "too", "under", "until", "up", "upon", "us", "very", "vol", "vs", "was", "we", "were", "what",
    "when", "where", "which", "while", "who", "whom", "why", "will", "with", "without", "would", "you",
    "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_for_the_search() {
        assert!(STOP_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn inflections_share_a_stem() {
        for (left, right) in [
            ("cats", "cat"),
            ("cooking", "cook"),
            ("running", "run"),
            ("baking", "bake"),
            ("recipes", "recipe"),
            ("berries", "berry"),
            ("children's", "children"),
            ("classes", "class"),
            ("mixed", "mix"),
            ("dresses", "dress"),
            ("movies", "movie"),
        ] {
            assert_eq!(stem(left), stem(right), "{left} / {right}");
        }
        for (left, right) in [("bus", "bu"), ("ring", "r"), ("princess", "prince")] {
            assert_ne!(stem(left), stem(right), "{left} / {right}");
        }
    }

    #[test]
    fn words_keep_apostrophes_inside_only() {
        assert_eq!(words("Don’t 'Stop' Ｍe-now!"), ["don't", "stop", "me", "now"]);
    }
}
