//! The checks that a generated name has to pass before anybody reads it.
//!
//! A check refuses; it never repairs. Each refusal is a short
//! code that is stored with the journey. What the checks cannot do is tell whether a grounded, harmless
//! name is also the best one.

mod addresses;
mod orders;

use std::collections::HashSet;
use std::sync::Arc;

use unicode_normalization::char::is_combining_mark;

use crate::fold::mixes_scripts;
use crate::naming_input::NamingInput;
use crate::prompt::{DEFAULT_PROMPT, Prompt};
use crate::sanitize::is_invisible;
use crate::subject::{Subject, content_stems};
use crate::topics::Topics;
use crate::words::{is_content_word, words};

pub(crate) use orders::is_order;

const LONGEST_NAME_CHARS: usize = 60;
const MOST_NAME_WORDS: usize = 7;

/// What the checks found.
#[derive(Debug, Clone, PartialEq)]
pub struct NameCheck {
    /// Why the name is refused: `empty`, `too_long`, `too_many_words`, `characters`, `url`, `email`,
    /// `handle`, `phone`, `instruction`, `blocked_topic`, `repetition`, `copied_example`, `title_copy`,
    /// `title_list`, `ungrounded`. Empty means accepted.
    pub flags: Vec<String>,
    /// The share of the name's content words that the titles or concepts support, 0 to 1.
    pub grounding: f32,
}

/// Checks a candidate as a name for `input`, with the built-in topics and prompt.
pub fn check_name(name: &str, input: &NamingInput) -> NameCheck {
    let prompt = Prompt::built_in(DEFAULT_PROMPT).unwrap_or_default();
    Checks::new(Arc::new(Topics::built_in()), &prompt).check(name, &Checked::of(&Subject::of(input)))
}

/// Whether a text holds an address of any kind.
pub(crate) fn has_address(text: &str) -> bool {
    !addresses::addresses(text).is_empty()
}

/// What the checks compare with: the topics of this site and the examples of this prompt.
#[derive(Debug, Clone)]
pub(crate) struct Checks {
    topics: Arc<Topics>,
    /// The few-shot examples leak: a weak model answers with words of their names.
    example_stems: HashSet<String>,
}

/// A journey with what all checks of its candidates need.
pub(crate) struct Checked<'a> {
    subject: &'a Subject,
    offered: HashSet<String>,
}

impl<'a> Checked<'a> {
    pub(crate) fn of(subject: &'a Subject) -> Self {
        Self {
            subject,
            offered: subject.offered(),
        }
    }

    fn share(&self, stems: &[String]) -> f32 {
        if stems.is_empty() {
            return 0.0;
        }
        stems.iter().filter(|stem| self.offered.contains(*stem)).count() as f32 / stems.len() as f32
    }
}

impl Checks {
    pub(crate) fn new(topics: Arc<Topics>, prompt: &Prompt) -> Self {
        let names = prompt.examples().iter().map(|example| words(&example.name));
        Self {
            topics,
            example_stems: names
                .flat_map(|name| content_stems(&name).collect::<Vec<_>>())
                .collect(),
        }
    }

    /// Whether an item's own text may be repeated in a name: no address, order or disguise in it and no blocked topic.
    pub(crate) fn may_repeat(&self, text: &str) -> bool {
        !has_address(text)
            && !mixes_scripts(text)
            && !joins_words_by_stop(text)
            && text.chars().all(is_allowed_character)
            && !self.topics.has_blocked(text)
    }

    pub(crate) fn check(&self, name: &str, checked: &Checked<'_>) -> NameCheck {
        let name_words = words(name);
        let stems: Vec<String> = content_stems(&name_words).collect();
        let grounding = checked.share(&stems);

        let mut flags: Vec<&'static str> = Vec::new();
        let mut refuse_if = |refused: bool, flag: &'static str| {
            if refused {
                flags.push(flag);
            }
        };
        refuse_if(name_words.is_empty(), "empty");
        refuse_if(name.chars().count() > LONGEST_NAME_CHARS, "too_long");
        refuse_if(
            name.split_whitespace().count() > MOST_NAME_WORDS,
            "too_many_words",
        );
        refuse_if(
            !name.chars().all(is_allowed_character) || mixes_scripts(name) || joins_words_by_stop(name),
            "characters",
        );
        for address in addresses::addresses(name) {
            refuse_if(true, address);
        }
        refuse_if(is_order(name) || orders::is_answer(&name_words), "instruction");
        refuse_if(self.topics.has_blocked(name), "blocked_topic");
        refuse_if(repeats_itself(&name_words), "repetition");
        let leaks = |stem: &String| self.example_stems.contains(stem) && !checked.offered.contains(stem);
        refuse_if(stems.iter().any(leaks), "copied_example");
        refuse_if(copies_one_title(&name_words, checked.subject), "title_copy");
        refuse_if(lists_titles(&name_words, checked.subject), "title_list");
        // Half of the words may be the model's own ("family films"), but not all of them.
        refuse_if(grounding < 0.5, "ungrounded");

        NameCheck {
            flags: flags.into_iter().map(ToOwned::to_owned).collect(),
            grounding,
        }
    }
}

/// "setup.exe" and whatever else joins two words by a full stop; "Node.js" and "U.S." are written so.
fn joins_words_by_stop(text: &str) -> bool {
    text.contains('.')
        && text.split_whitespace().any(|token| {
            token.split_once('.').is_some_and(|(before, after)| {
                let ending: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
                before.chars().filter(|c| c.is_alphabetic()).count() > 1
                    && ending.chars().count() > 1
                    && !ending.eq_ignore_ascii_case("js")
            })
        })
}

/// Letters and digits of any script with the marks that belong to them, and the punctuation of names.
fn is_allowed_character(character: char) -> bool {
    (character.is_alphanumeric() && !is_invisible(character))
        || (is_combining_mark(character)
            && !is_invisible(character)
            && !matches!(character, '\u{300}'..='\u{36f}'))
        || matches!(
            character,
            ' ' | '\''
                | '’'
                | '&'
                | '-'
                | '–'
                | ','
                | '.'
                | ':'
                | '!'
                | '?'
                | '('
                | ')'
                | '/'
                | '+'
                | '#'
                | '・'
                | '·'
        )
}

fn repeats_itself(name_words: &[String]) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let repeated = name_words
        .iter()
        .filter(|word| is_content_word(word) && !seen.insert(word))
        .count();
    // "cat food and cat litter" repeats one word and reads well; "python for python" does not.
    repeated > usize::from(name_words.len() >= 5) || name_words.windows(2).any(|pair| pair[0] == pair[1])
}

/// One title does not name a journey, unless it is all there is or other titles speak of the same: "cat food" beside
/// "dry cat food" does.
fn copies_one_title(name_words: &[String], subject: &Subject) -> bool {
    let name_words = without_year(name_words);
    subject.given > 1 && own_titles(subject).any(|title| title == name_words)
}

/// "Toy Story and The Lion King" is two titles and no name.
fn lists_titles(name_words: &[String], subject: &Subject) -> bool {
    let contained: HashSet<&[String]> = own_titles(subject)
        .filter(|title| !title.is_empty() && name_words.windows(title.len()).any(|window| window == *title))
        .collect();
    contained.len() > 1
}

/// The titles, as words, that no other title contains and exceeds.
fn own_titles(subject: &Subject) -> impl Iterator<Item = &[String]> {
    let exceeds = |stems: &HashSet<String>| {
        let contains = |found: &HashSet<String>| stems.len() < found.len() && stems.is_subset(found);
        !stems.is_empty() && subject.titles.iter().any(|title| contains(&title.stems))
    };
    let own = subject.titles.iter().filter(move |title| !exceeds(&title.stems));
    own.map(|title| without_year(&title.words))
}

/// Film titles often end in a year, which a copy leaves out.
fn without_year(words: &[String]) -> &[String] {
    match words.split_last() {
        Some((last, rest))
            if !rest.is_empty() && last.len() == 4 && last.bytes().all(|b| b.is_ascii_digit()) =>
        {
            rest
        }
        _ => words,
    }
}

#[cfg(test)]
mod tests;
