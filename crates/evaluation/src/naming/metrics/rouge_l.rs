//! ROUGE-L: the longest sequence of words that a name and a title have in common (Lin, 2004).
//!
//! The F1 of the summary-level measure for one sentence, on the words that the package `rouge-score` sees without its
//! stemmer: runs of ASCII letters and digits, in lower case.

/// From 0, no word in common, to 1. A text without such words has none in common with any.
pub fn rouge_l(name: &str, reference: &str) -> f64 {
    let (name, reference) = (words(name), words(reference));
    let common = longest_common_subsequence(&name, &reference);
    if common == 0 {
        return 0.0;
    }
    let (precision, recall) = (
        common as f64 / name.len() as f64,
        common as f64 / reference.len() as f64,
    );
    2.0 * precision * recall / (precision + recall)
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

fn longest_common_subsequence(left: &[String], right: &[String]) -> usize {
    let mut lengths = vec![0; right.len() + 1];
    for word in left {
        let mut diagonal = 0;
        for (position, other) in right.iter().enumerate() {
            let above = lengths[position + 1];
            lengths[position + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(lengths[position])
            };
            diagonal = above;
        }
    }
    lengths[right.len()]
}
