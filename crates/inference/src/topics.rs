//! The topics that a name must leave unsaid, from a list that the operator may replace.
//!
//! Matches words, not meanings: a paraphrase passes. What a list holds is a decision of people, not of this crate.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::fold::{fold, folded_words, readings};
use crate::words::stem;

const DEFAULT: &str = include_str!("../topics/default.txt");
/// A line of a list that stands for the built-in one.
const INCLUDE_DEFAULT: &str = "@default";
/// Longer lists are not what people maintain; a file that is larger is likely another file.
const MOST_TERMS: usize = 100_000;

/// A list of topics that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicsError {
    /// A term without letters or digits.
    #[error("line {line} of the blocked topics holds no word: `{term}`")]
    NoWord {
        /// From 1.
        line: usize,
        /// The term as it is written.
        term: String,
    },
    /// The file is too long to be such a list.
    #[error("the list of blocked topics has more than {most} terms; is it another file?")]
    TooMany {
        /// How many are accepted.
        most: usize,
    },
}

/// Terms, matched on folded words: without capitals, accents, English endings and disguises.
#[derive(Debug, Clone)]
pub struct Topics {
    /// Terms by the stem of their first word: the stems that have to follow it.
    terms: HashMap<String, Vec<Vec<String>>>,
    /// Words that count only as they are: "aids" is not "aid".
    exact: HashSet<String>,
    /// Beginnings of words.
    beginnings: Vec<String>,
    sha256: String,
}

impl Topics {
    /// The list that is used where the operator names none.
    pub fn built_in() -> Self {
        // A test holds that the built-in list is one.
        Self::parse(DEFAULT).unwrap_or_else(|_| Self::none())
    }

    fn none() -> Self {
        Self {
            terms: HashMap::new(),
            exact: HashSet::new(),
            beginnings: Vec::new(),
            sha256: digest(""),
        }
    }

    /// Reads a list: one term a line, `#` begins a comment, a final `*` stands for any ending, a word in quotation marks
    /// for itself only, `@default` for the built-in list.
    pub fn parse(text: &str) -> Result<Self, TopicsError> {
        let mut topics = Self::none();
        let mut count = 0;
        for (index, line) in text.lines().enumerate() {
            let term = line.split('#').next().unwrap_or_default().trim();
            if term == INCLUDE_DEFAULT {
                // The built-in list does not include itself.
                DEFAULT
                    .lines()
                    .enumerate()
                    .try_for_each(|(at, line)| topics.add_line(at, line))?;
            } else {
                topics.add_line(index, line)?;
            }
            count += 1;
            if count > MOST_TERMS {
                return Err(TopicsError::TooMany { most: MOST_TERMS });
            }
        }
        topics.sha256 = digest(text);
        Ok(topics)
    }

    /// SHA-256 of the list's text, 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    fn add_line(&mut self, index: usize, line: &str) -> Result<(), TopicsError> {
        let term = line.split('#').next().unwrap_or_default().trim();
        if term.is_empty() || term == INCLUDE_DEFAULT {
            return Ok(());
        }
        let words = folded_words(&fold(term));
        let Some((first, rest)) = words.split_first() else {
            return Err(TopicsError::NoWord {
                line: index + 1,
                term: term.to_owned(),
            });
        };
        if term.ends_with('*') && rest.is_empty() {
            self.beginnings.push(first.clone());
        } else if term.starts_with('"') && rest.is_empty() {
            self.exact.insert(first.clone());
        } else {
            let rest = rest.iter().map(|word| stem(word)).collect();
            self.terms.entry(stem(first)).or_default().push(rest);
        }
        Ok(())
    }

    /// Whether a text speaks of one of the topics, however it is written.
    pub fn has_blocked(&self, text: &str) -> bool {
        readings(text).iter().any(|words| self.is_in(words))
    }

    fn is_in(&self, words: &[String]) -> bool {
        let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
        let has_term = (0..stems.len()).any(|at| {
            self.terms.get(&stems[at]).is_some_and(|terms| {
                terms
                    .iter()
                    .any(|rest| stems.get(at + 1..).is_some_and(|after| after.starts_with(rest)))
            })
        });
        has_term
            || words.iter().any(|word| {
                self.exact.contains(word)
                    || self
                        .beginnings
                        .iter()
                        .any(|beginning| word.starts_with(beginning.as_str()))
            })
    }
}

fn digest(text: &str) -> String {
    format!("{:x}", Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_blocks_disguises_and_spares_like_words() {
        assert!(Topics::parse(DEFAULT).is_ok());
        let topics = Topics::built_in();
        for text in [
            "Pregnancy test",
            "PREGNANT cats",
            "Nazis",
            "P0rn stars",
            "p o r n",
            "Schwangerschaft Woche 12",
            "ВИЧ",
            "eating disorders",
            "Sеx", // with a Cyrillic е
            "Erdoğan",
            "AIDS",
        ] {
            assert!(topics.has_blocked(text), "{text}");
        }
        for text in [
            "Essex gardens",
            "Sussex sextet",
            "Cancún",
            "Grape juice",
            "Therapy dogs",
            "Eating well",
            "First aid",
        ] {
            assert!(!topics.has_blocked(text), "{text}");
        }
    }

    #[test]
    fn a_file_replaces_the_list_or_adds_to_it() -> Result<(), TopicsError> {
        let own = Topics::parse("# ours\nknitting  # not here\ncold fusion\nastro*\n")?;
        for (text, blocked) in [
            ("Knitting socks", true),
            ("cold-fusion at home", true),
            ("cold war fusion", false),
            ("Astrology", true),
            ("Pregnancy test", false),
        ] {
            assert_eq!(own.has_blocked(text), blocked, "{text}");
        }
        let more = Topics::parse("@default\nknitting")?;
        assert!(more.has_blocked("Knitting") && more.has_blocked("Pregnancy test"));
        assert_ne!(own.sha256(), more.sha256());
        assert_eq!(
            Topics::parse("fine\n***\n").err(),
            Some(TopicsError::NoWord {
                line: 2,
                term: "***".to_owned()
            })
        );
        Ok(())
    }
}
