//! What must not be in a name whatever the journey is about: addresses, instructions, sensitive topics.

use crate::words::{stem, words};

/// Whether an item's own text may be repeated in a name: no address in it and no sensitive word.
pub(crate) fn is_safe_to_repeat(text: &str) -> bool {
    let has_address = has_url(text) || has_email(text) || has_handle(text) || has_phone(text);
    !has_address && !words(text).iter().any(|word| is_blocked_word(word))
}

/// Whether a text reads like an order to a model or an answer of one.
pub(crate) fn reads_as_instruction(text: &str) -> bool {
    has_instruction(&words(text))
}

pub(super) fn has_url(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.contains("://") || lower.contains("www.") || lower.split_whitespace().any(looks_like_domain)
}

/// "shop.com" and "bit.ly/x" but not "St. Elmo" or "U.S.A".
fn looks_like_domain(token: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "com", "org", "net", "io", "ly", "co", "info", "biz", "gov", "edu", "ru", "cn", "uk", "de", "app",
        "dev", "xyz", "shop", "site", "online",
    ];
    let host = token
        .split(['/', '?', ':'])
        .next()
        .unwrap_or(token)
        .trim_end_matches('.');
    host.rsplit_once('.').is_some_and(|(label, ending)| {
        label.ends_with(|c: char| c.is_alphanumeric()) && ENDINGS.contains(&ending)
    })
}

pub(super) fn has_email(name: &str) -> bool {
    name.split_whitespace().any(|token| {
        token
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
    })
}

pub(super) fn has_handle(name: &str) -> bool {
    name.split_whitespace()
        .any(|token| token.len() > 1 && (token.starts_with('@') || token.starts_with('#')))
}

/// Seven or more digits with nothing but separators between them.
pub(super) fn has_phone(name: &str) -> bool {
    let mut digits = 0;
    for character in name.chars() {
        if character.is_numeric() {
            digits += 1;
            if digits >= 7 {
                return true;
            }
        } else if !matches!(character, ' ' | '-' | '(' | ')' | '.' | '/' | '+') {
            digits = 0;
        }
    }
    false
}

/// Phrases of a model that answers, or obeys a title, instead of naming.
const INSTRUCTIONS: &[&str] = &[
    "ignore previous",
    "ignore all",
    "ignore the",
    "previous instructions",
    "instructions",
    "system prompt",
    "as an ai",
    "language model",
    "you are",
    "you must",
    "assistant",
    "sure",
    "here is",
    "here are",
    "the following",
    "i am",
    "i'm",
    "i can",
    "i cannot",
    "sorry",
    "please",
    "click here",
    "name the",
    "title",
    "titles",
    "journey",
    "interest",
    "interests",
];

pub(super) fn has_instruction(name_words: &[String]) -> bool {
    INSTRUCTIONS.iter().any(|phrase| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        name_words.windows(phrase.len()).any(|window| window == phrase)
    })
}

/// Topics that a profile should not state about a person: health conditions, religion, politics, sexuality,
/// hardship, and offensive words. Short by design; a site adds what its law and its users ask for.
const BLOCKED: &[&str] = &[
    "abortion",
    "addiction",
    "aids",
    "alcoholism",
    "anorexia",
    "bankrupt",
    "bankruptcy",
    "bisexual",
    "bitch",
    "cancer",
    "catholic",
    "chemotherapy",
    "christian",
    "communist",
    "democrat",
    "depression",
    "diabetes",
    "erotic",
    "erotica",
    "fetish",
    "fuck",
    "gay",
    "genocide",
    "herpes",
    "hindu",
    "hiv",
    "homosexual",
    "incontinence",
    "infertility",
    "islam",
    "islamic",
    "jewish",
    "lesbian",
    "miscarriage",
    "muslim",
    "naked",
    "nazi",
    "nazis",
    "nigger",
    "nude",
    "orgasm",
    "pedophile",
    "porn",
    "porno",
    "pornography",
    "pregnancy",
    "pregnant",
    "queer",
    "rape",
    "religion",
    "republican",
    "sex",
    "sexual",
    "sexuality",
    "sexy",
    "shit",
    "slut",
    "suicidal",
    "suicide",
    "syphilis",
    "terrorism",
    "terrorist",
    "transgender",
    "viagra",
    "whore",
    "xxx",
];

pub(super) fn is_blocked_word(word: &str) -> bool {
    let stemmed = stem(word);
    BLOCKED
        .iter()
        .any(|blocked| *blocked == word || stem(blocked) == stemmed)
}
