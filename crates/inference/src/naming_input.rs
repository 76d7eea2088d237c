//! What a name is made from, and its identity in the cache of names.

mod normal_form;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// The titles and concepts of one journey, most representative first. Nothing else may reach a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamingInput {
    /// Titles of the journey's representative items.
    pub titles: Vec<String>,
    /// The journey's strongest salient terms.
    pub concepts: Vec<String>,
}

impl NamingInput {
    /// The same input as near-identical journeys have it, so that they share a name: cleaned and bounded texts without
    /// editions and volumes, each once; the first title first, the others in alphabetical order.
    #[must_use]
    pub fn normalised(&self) -> Self {
        normal_form::of(self)
    }

    /// A stable hash of the content. It is stored: what goes into it, and how, must never change.
    pub fn content_hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for list in [&self.titles, &self.concepts] {
            // Lengths come first, so that no two inputs share a byte sequence.
            hasher.update(&(list.len() as u64).to_le_bytes());
            for text in list {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.digest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(titles: &[&str], concepts: &[&str]) -> NamingInput {
        NamingInput {
            titles: titles.iter().map(ToString::to_string).collect(),
            concepts: concepts.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn moving_text_across_a_boundary_changes_the_hash() {
        let inputs = [
            input(&["ab", "c"], &[]),
            input(&["a", "bc"], &[]),
            input(&["ab"], &["c"]),
            input(&["abc"], &[]),
            input(&["c", "ab"], &[]),
            input(&[], &["ab", "c"]),
            input(&["ab", "c", ""], &[]),
        ];
        let mut hashes: Vec<u64> = inputs.iter().map(NamingInput::content_hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), inputs.len());
    }

    #[test]
    fn the_hash_is_the_stored_one() {
        assert_eq!(input(&["Toy Story"], &["animation"]).content_hash(), STORED);
    }

    const STORED: u64 = 9_648_710_758_966_484_305;
}
