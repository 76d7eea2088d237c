//! The checks that a generated name has to pass before anybody reads it.
//!
//! A check refuses; it never repairs. Each refusal is a short
//! code that is stored with the journey. What the checks cannot do is tell whether a grounded, harmless
//! name is also the best one.

mod safety;

use std::collections::HashSet;

use crate::naming_input::NamingInput;
use crate::prompt::EXAMPLES;
use crate::words::{is_content_word, stem, words};

pub(crate) use safety::{is_safe_to_repeat, reads_as_instruction};

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

/// Checks a candidate as a name for `input`.
pub fn check_name(name: &str, input: &NamingInput) -> NameCheck {
    let name_words = words(name);
    let stems = content_stems(name);
    let supported = Supported::of(input);
    let grounding = supported.share(&stems);

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
    refuse_if(!name.chars().all(is_allowed_character), "characters");
    refuse_if(safety::has_url(name), "url");
    refuse_if(safety::has_email(name), "email");
    refuse_if(safety::has_handle(name), "handle");
    refuse_if(safety::has_phone(name), "phone");
    refuse_if(safety::has_instruction(&name_words), "instruction");
    refuse_if(
        name_words.iter().any(|word| safety::is_blocked_word(word)),
        "blocked_topic",
    );
    refuse_if(repeats_itself(&name_words), "repetition");
    refuse_if(copies_an_example(&stems, &supported), "copied_example");
    refuse_if(copies_one_title(&name_words, input), "title_copy");
    refuse_if(lists_titles(&name_words, input), "title_list");
    // Half of the words may be the model's own ("family films"), but not all of them.
    refuse_if(grounding < 0.5, "ungrounded");

    NameCheck {
        flags: flags.into_iter().map(ToOwned::to_owned).collect(),
        grounding,
    }
}

fn is_allowed_character(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(
            character,
            ' ' | '\'' | '’' | '&' | '-' | '–' | ',' | '.' | ':' | '!' | '?' | '(' | ')' | '/' | '+'
        )
}

fn content_stems(text: &str) -> Vec<String> {
    words(text)
        .iter()
        .filter(|word| is_content_word(word))
        .map(|word| stem(word))
        .collect()
}

/// The stems that the input's texts offer.
struct Supported(HashSet<String>);

impl Supported {
    fn of(input: &NamingInput) -> Self {
        Self(
            input
                .titles
                .iter()
                .chain(&input.concepts)
                .flat_map(|text| content_stems(text))
                .collect(),
        )
    }

    fn share(&self, stems: &[String]) -> f32 {
        if stems.is_empty() {
            return 0.0;
        }
        stems.iter().filter(|stem| self.0.contains(*stem)).count() as f32 / stems.len() as f32
    }
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

/// The few-shot examples leak: a weak model answers with words of their names.
fn copies_an_example(stems: &[String], supported: &Supported) -> bool {
    let leaked: HashSet<String> = EXAMPLES
        .iter()
        .flat_map(|example| content_stems(example.name))
        .collect();
    stems
        .iter()
        .any(|stem| leaked.contains(stem) && !supported.0.contains(stem))
}

/// One title does not name a journey, unless other titles speak of the same: "cat food" beside "dry cat food" does.
fn copies_one_title(name_words: &[String], input: &NamingInput) -> bool {
    let name_words = without_year(name_words);
    own_titles(input).iter().any(|title| title == name_words)
}

/// "Toy Story and The Lion King" is two titles and no name.
fn lists_titles(name_words: &[String], input: &NamingInput) -> bool {
    let contained: HashSet<Vec<String>> = own_titles(input)
        .into_iter()
        .filter(|title| !title.is_empty() && name_words.windows(title.len()).any(|window| window == title))
        .collect();
    contained.len() > 1
}

/// The titles, as words, that no other title contains and exceeds.
fn own_titles(input: &NamingInput) -> Vec<Vec<String>> {
    let titles: Vec<(Vec<String>, HashSet<String>)> = input
        .titles
        .iter()
        .map(|title| {
            (
                without_year(&words(title)).to_vec(),
                content_stems(title).into_iter().collect(),
            )
        })
        .collect();
    titles
        .iter()
        .filter(|(_, stems)| {
            !titles
                .iter()
                .any(|(_, found)| !stems.is_empty() && stems.len() < found.len() && stems.is_subset(found))
        })
        .map(|(title, _)| title.clone())
        .collect()
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
