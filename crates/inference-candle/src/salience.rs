//! Word salience read off the encoder's own vocabulary; nothing is fitted.
//!
//! BERT's WordPiece vocabulary lists whole words roughly from frequent to rare. By Zipf's law the logarithm
//! of a word's rank measures how rare it is, and so how much it says.

use std::collections::HashMap;
use std::path::Path;

use wayfare_inference::Salience;

use crate::error::ModelError;
use crate::verify::read_file;

/// Salience from the rank of a word in `vocab.txt`.
#[derive(Debug, Clone)]
pub struct WordpieceSalience {
    salience: HashMap<String, f32>,
}

impl WordpieceSalience {
    /// Reads a WordPiece vocabulary: one token per line, continuations marked with `##`.
    pub fn load(vocabulary: &Path) -> Result<Self, ModelError> {
        let unusable = |reason: &str| ModelError::Format {
            path: vocabulary.to_owned(),
            reason: reason.to_owned(),
        };
        let text = String::from_utf8(read_file(vocabulary)?).map_err(|_| unusable("it is not UTF-8 text"))?;
        // Continuations, markers, unused slots and single characters are listed apart and have no rank.
        let words: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|token| token.chars().nth(1).is_some() && token.chars().all(char::is_alphanumeric))
            .collect();
        if words.len() < 2 {
            return Err(unusable(
                "it lists no words; expected a WordPiece vocabulary, one token per line",
            ));
        }
        let rarest = (words.len() as f32).ln();
        let salience = words
            .iter()
            .enumerate()
            .map(|(rank, word)| ((*word).to_owned(), ((rank + 1) as f32).ln() / rarest))
            .collect();
        Ok(Self { salience })
    }
}

impl Salience for WordpieceSalience {
    /// A word that the vocabulary lacks is rarer than all that it has: 1.
    fn salience(&self, word: &str) -> f32 {
        let listed = self
            .salience
            .get(word)
            .or_else(|| word.strip_suffix("'s").and_then(|word| self.salience.get(word)));
        listed.copied().unwrap_or(1.0)
    }
}
