//! The text that stands for an item before an encoder, as `load` puts it together.

/// Characters of it that an encoder gets, and of each of its parts.
const MOST_TEXT_CHARS: usize = 2_000;

/// Title, then text.
pub(crate) fn embed_text(title: &str, text: &str) -> String {
    let part = |text: &str| -> String { text.trim_matches(' ').chars().take(MOST_TEXT_CHARS).collect() };
    let parts = [part(title), part(text)];
    let filled: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    filled.join(". ").chars().take(MOST_TEXT_CHARS).collect()
}
