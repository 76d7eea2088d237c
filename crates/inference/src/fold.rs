//! Texts as somebody reads them aloud: without accents, capitals, invisible characters and look-alike letters.
//!
//! For recognising what must not be published. What is shown is never folded.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::sanitize::is_invisible;

/// So many single letters in a row are one word that is spelt out.
const SPELT_OUT: usize = 4;

/// Lower case in compatibility form, without accents, vowel points and invisible characters.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc()
        .filter(|&character| !is_invisible(character))
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|&character| !is_accent(character))
        .collect()
}

/// Marks of Latin, Greek, Cyrillic, Hebrew and Arabic that a reader may leave out; the vowels of Indic scripts and Thai
/// are none.
fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// The words of a folded text.
pub(crate) fn folded_words(folded: &str) -> Vec<String> {
    folded
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && !is_combining_mark(c))
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

/// The ways in which the words of a text can be read: as they stand, with look-alike letters of other scripts and digits
/// that stand for letters read as Latin, and with words that are spelt out put together.
pub(crate) fn readings(text: &str) -> Vec<Vec<String>> {
    let folded = fold(text);
    let plain = folded_words(&folded);
    let mut readings = Vec::with_capacity(1);
    let latin: Vec<String> = plain.iter().map(|word| in_latin(word)).collect();
    let joined = joined(&latin);
    if let Some(joined) = joined {
        readings.push(joined);
    }
    if latin != plain {
        readings.push(latin);
    }
    readings.push(plain);
    readings
}

/// Reads letters that look like Latin ones as those, and digits inside a word of letters.
fn in_latin(word: &str) -> String {
    let has_letters = word.chars().any(char::is_alphabetic);
    let has_digits = word.bytes().any(|byte| byte.is_ascii_digit());
    if word.is_ascii() && !(has_letters && has_digits) {
        return word.to_owned();
    }
    word.chars()
        .map(|character| match character {
            '0' if has_letters => 'o',
            '1' if has_letters => 'i',
            '3' if has_letters => 'e',
            '4' if has_letters => 'a',
            '5' if has_letters => 's',
            '7' if has_letters => 't',
            other => look_alike(other),
        })
        .collect()
}

/// The Latin letter that a small letter of another script is easily taken for.
fn look_alike(character: char) -> char {
    match character {
        'а' | 'α' | 'ɑ' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'є' | 'ε' => 'e',
        'ɡ' => 'g',
        'һ' | 'н' => 'h',
        'і' | 'ι' | 'ı' | 'ɩ' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' | 'ł' => 'l',
        'м' => 'm',
        'η' | 'ո' => 'n',
        'о' | 'ο' | 'σ' | 'օ' | 'ø' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        other => other,
    }
}

/// The words with runs of single letters put together, if there is such a run.
fn joined(words: &[String]) -> Option<Vec<String>> {
    let is_single = |word: &&String| word.chars().nth(1).is_none() && word.chars().all(char::is_alphabetic);
    if words.iter().filter(is_single).count() < SPELT_OUT {
        return None;
    }
    let mut result: Vec<String> = Vec::new();
    let mut run = String::new();
    let mut length = 0;
    for word in words.iter().map(Some).chain([None]) {
        if let Some(word) = word.filter(is_single) {
            run.push_str(word);
            length += 1;
            continue;
        }
        if length >= SPELT_OUT {
            result.push(std::mem::take(&mut run));
        } else {
            result.extend(run.drain(..).map(String::from));
        }
        length = 0;
        result.extend(word.cloned());
    }
    (result.len() < words.len()).then_some(result)
}

/// Whether a word has letters of scripts that are not written together, as in "Раураl" with Cyrillic letters.
pub(crate) fn mixes_scripts(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    text.split(|c: char| !c.is_alphanumeric()).any(|word| {
        let [mut latin, mut greek, mut cyrillic] = [false; 3];
        for character in word.chars() {
            latin |= character.is_ascii_alphabetic() || matches!(character, '\u{c0}'..='\u{24f}');
            greek |= matches!(character, '\u{370}'..='\u{3ff}');
            cyrillic |= matches!(character, '\u{400}'..='\u{52f}');
        }
        u8::from(latin) + u8::from(greek) + u8::from(cyrillic) > 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_what_a_reader_needs() {
        for (text, folded) in [
            ("Crème BRÛLÉE", "creme brulee"),
            ("ｉｇｎｏｒｅ", "ignore"),
            ("ⓘⓖⓝⓞⓡⓔ", "ignore"),
            ("ig\u{200b}no\u{ad}re", "ignore"),
            ("तैरना", "तैरना"),
            ("قُرْآن", "قران"),
        ] {
            assert_eq!(fold(text).nfc().collect::<String>(), folded, "{text}");
        }
    }

    #[test]
    fn disguised_words_have_a_plain_reading() {
        for (text, word) in [
            ("Іgnоrе", "ignore"),
            ("1gn0re", "ignore"),
            ("i g n o r e this", "ignore"),
            ("P0rn", "porn"),
            ("Игнорируй", "игнорируи"),
        ] {
            let readings = readings(text);
            assert!(
                readings.iter().flatten().any(|found| found == word),
                "{text}: {readings:?}"
            );
        }
        assert_eq!(
            readings("Apollo 13 and 7 a b c"),
            [["apollo", "13", "and", "7", "a", "b", "c"]].map(|words| words.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn words_of_two_scripts_are_told_from_texts_of_two_scripts() {
        for text in ["Раурal", "аррlе", "Αdidas"] {
            assert!(mixes_scripts(text), "{text}");
        }
        for text in [
            "Ирония судьбы 2",
            "α waves",
            "七人の侍 DVD",
            "Ζορμπάς",
            "naïve",
            "K-Pop в Москве",
            "plain",
        ] {
            assert!(!mixes_scripts(text), "{text}");
        }
    }
}
