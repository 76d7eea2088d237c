//! Words as retrieval and grounding see them: in lower case, plurals as singulars, without words that carry no topic.
//!
//! Apart from the words of `wayfare-inference` on purpose: what the pipeline checks names by must not also judge them.

/// Sorted for the binary search.
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from",
    "has", "have", "how", "i", "in", "into", "is", "it", "its", "more", "my", "no", "not", "of", "on", "or",
    "other", "our", "over", "so", "some", "such", "than", "that", "the", "their", "them", "these", "they",
    "this", "to", "up", "use", "using", "was", "we", "what", "when", "where", "which", "who", "will", "with",
    "without", "you", "your",
];

/// The terms of a text in their order.
pub(super) fn terms(text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .filter(|word| STOP_WORDS.binary_search(&word.as_str()).is_err())
        .map(|word| singular(&word))
        .collect()
}

/// All words in lower case: runs of letters and digits of any script.
pub(super) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// The S-stemmer (Harman, 1991, "How effective is suffixing?"), but that words of three letters stay as they are.
fn singular(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if word.chars().count() <= 3 || !word.ends_with('s') || ends(&["us", "ss"]) {
        return word.to_owned();
    }
    match word.strip_suffix("ies") {
        Some(base) if !ends(&["eies", "aies"]) => format!("{base}y"),
        _ => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_for_the_search() {
        assert!(STOP_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn plurals_and_singulars_are_one_term() {
        for (left, right) in [
            ("Fonts", "font"),
            ("Libraries", "library"),
            ("games", "Game"),
            ("houses", "house"),
            ("shoes", "shoe"),
            ("trees", "tree"),
        ] {
            assert_eq!(terms(left), terms(right), "{left} / {right}");
        }
        for word in ["bus", "glass", "gas", "go"] {
            assert_eq!(terms(word), [word]);
        }
    }

    #[test]
    fn words_without_a_topic_are_left_out() {
        assert_eq!(
            terms("The design of type, and your Räder-2"),
            ["design", "type", "räder", "2"]
        );
    }
}
