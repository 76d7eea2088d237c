//! Which tokens may come next in a text of [`Alphabet::Name`].
//!
//! Tokens are bytes: a token may begin or end inside a character. A text never gets into a state from which no
//! character of the alphabet can be finished, and it cannot end inside one, before its first letter or digit, or after
//! a full stop.
//!
//! [`Alphabet::Name`]: wayfare_inference::Alphabet::Name

use std::collections::HashSet;

use crate::tokenizer::ModelTokenizer;

/// Punctuation of names; a full stop has a rule of its own.
const PUNCTUATION: &[char] = &[' ', '\'', '’', '&', '-', '–', ',', '+', '#'];

/// What a token is, as far as the next choice cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Never part of a name.
    Refused,
    /// Ends the text and adds nothing to it.
    End,
    /// Whole characters, maybe with the beginning of one more; the first is a letter or digit.
    Letter,
    /// The same, beginning with a full stop.
    Stop,
    /// The same, beginning with a space or other punctuation.
    Other,
    /// Begins inside a character: possible or not depending on what came before.
    Inside,
}

/// What a text so far allows next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NameState {
    has_letter: bool,
    last: Last,
    /// The bytes of a character that is not complete yet.
    pending: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Letter,
    Stop,
}

/// The classes of all tokens of a vocabulary.
#[derive(Debug)]
pub(crate) struct AlphabetMask {
    classes: Vec<Class>,
    /// Every beginning of the bytes of a letter or digit, or of a character of punctuation, that is not the whole.
    beginnings: HashSet<Vec<u8>>,
}

impl AlphabetMask {
    pub(crate) fn new(tokenizer: &ModelTokenizer) -> Self {
        let beginnings = beginnings();
        let mut mask = Self {
            classes: Vec::new(),
            beginnings,
        };
        mask.classes = (0_u32..)
            .take(tokenizer.size())
            .map(|id| mask.classify(tokenizer, id))
            .collect();
        mask
    }

    pub(crate) fn class(&self, id: u32) -> Class {
        self.classes.get(id as usize).copied().unwrap_or(Class::Refused)
    }

    fn classify(&self, tokenizer: &ModelTokenizer, id: u32) -> Class {
        let bytes = tokenizer.token_bytes(id);
        if tokenizer.ends(id) {
            let before_break = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
            return if before_break.iter().all(|&byte| byte == b' ') {
                Class::End
            } else {
                Class::Refused
            };
        }
        match bytes.first() {
            None => return Class::Refused,
            Some(first) if is_inside(*first) => return Class::Inside,
            Some(_) => {}
        }
        // A full stop first needs something before it, which whoever chooses has to see to.
        let from = NameState {
            last: Last::Letter,
            ..NameState::default()
        };
        if self.after(&from, bytes).is_none() {
            return Class::Refused;
        }
        match String::from_utf8_lossy(bytes).chars().next() {
            Some('.') => Class::Stop,
            Some(first) if is_letter(first) || first == char::REPLACEMENT_CHARACTER => Class::Letter,
            _ => Class::Other,
        }
    }

    /// Whether the token may come next. `bytes` are those of the token.
    pub(crate) fn allows(&self, state: &NameState, class: Class, bytes: &[u8]) -> bool {
        let complete = state.pending.is_empty();
        match class {
            Class::Refused => false,
            Class::End => complete && state.has_letter && state.last != Last::Stop,
            // The beginning of a character may also be that of punctuation, which a full stop refuses.
            Class::Letter => complete && (state.last != Last::Stop || self.after(state, bytes).is_some()),
            Class::Stop => complete && state.last == Last::Letter,
            Class::Other => complete && state.last != Last::Stop,
            Class::Inside => !complete && self.after(state, bytes).is_some(),
        }
    }

    /// The state after some more bytes, if they keep to the alphabet.
    pub(crate) fn after(&self, state: &NameState, bytes: &[u8]) -> Option<NameState> {
        let mut all = state.pending.clone();
        all.extend_from_slice(bytes);
        let (text, pending) = match std::str::from_utf8(&all) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_none() => {
                let (whole, pending) = all.split_at(error.valid_up_to());
                (std::str::from_utf8(whole).ok()?, pending)
            }
            Err(_) => return None,
        };
        if !pending.is_empty() && !self.beginnings.contains(pending) {
            return None;
        }
        let mut next = NameState {
            pending: pending.to_vec(),
            ..state.clone()
        };
        for character in text.chars() {
            next.last = match (character, next.last) {
                ('.', Last::Letter) => Last::Stop,
                (character, _) if is_letter(character) => {
                    next.has_letter = true;
                    Last::Letter
                }
                (character, last) if last != Last::Stop && PUNCTUATION.contains(&character) => Last::Other,
                _ => return None,
            };
        }
        // What follows a full stop is a letter or digit: no other character may have begun.
        let begins_punctuation = PUNCTUATION
            .iter()
            .any(|character| character.to_string().as_bytes().starts_with(pending));
        if next.last == Last::Stop && !pending.is_empty() && begins_punctuation {
            return None;
        }
        Some(next)
    }
}

fn is_letter(character: char) -> bool {
    character.is_alphanumeric()
}

/// Whether a byte continues a character.
fn is_inside(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn beginnings() -> HashSet<Vec<u8>> {
    let mut beginnings = HashSet::new();
    let mut buffer = [0_u8; 4];
    for character in ('\u{80}'..=char::MAX)
        .filter(|&character| is_letter(character) || character == '’' || character == '–')
    {
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        for length in 1..bytes.len() {
            if !beginnings.contains(&bytes[..length]) {
                beginnings.insert(bytes[..length].to_vec());
            }
        }
    }
    beginnings
}
