//! The name that a collection's title makes: what a person would call the interest, without how lists are written.

use wayfare_inference::NamingInput;

use super::Collection;

/// A longer title is a description.
const MOST_WORDS: usize = 8;

/// The title as a name for what a prompt shows of the collection: remarks in brackets go, strokes become commas.
///
/// Of a qualified title, `Japanese: Vocabulary`, the qualifier stays where what is shown speaks of it, or where the rest is only
/// a kind of thing, such as `Books`: a name has to follow from what is shown, or guessing is what is learnt. None where nothing
/// is left that says what the collection is about.
pub fn target_name(collection: &Collection, shown: &NamingInput) -> Option<String> {
    let (qualifier, rest) = match collection.title.split_once(": ") {
        Some((qualifier, rest)) => (Some(plain(qualifier)), plain(rest)),
        None => (None, plain(&collection.title)),
    };
    if collection.medium && qualifier.is_none() {
        return None;
    }
    let qualified = qualifier
        .filter(|qualifier| !says(&rest, qualifier))
        .filter(|qualifier| collection.medium || is_spoken_of(qualifier, shown))
        .map(|qualifier| format!("{qualifier} {rest}"));
    // A name that is too long with its qualifier may do without, if what is left is a subject.
    let bare = (!collection.medium || qualified.is_none()).then_some(rest);
    [qualified, bare]
        .into_iter()
        .flatten()
        .find(|name| (1..=MOST_WORDS).contains(&name.split_whitespace().count()))
}

/// Whether a word of the subject occurs in the titles or concepts, whatever its ending.
fn is_spoken_of(subject: &str, shown: &NamingInput) -> bool {
    let texts: Vec<String> = shown
        .titles
        .iter()
        .chain(&shown.concepts)
        .map(|text| text.to_lowercase())
        .collect();
    subject
        .to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| word.chars().count() > 2)
        .map(|word| word.strip_suffix('s').unwrap_or(word))
        .any(|word| texts.iter().any(|text| text.contains(word)))
}

/// Whether a text names the subject already.
fn says(text: &str, subject: &str) -> bool {
    text.to_lowercase().contains(&subject.to_lowercase())
}

fn plain(title: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(title.len());
    for character in title.chars() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '/' | '|' | ';' => kept.push_str(", "),
            ':' | '*' | '`' | '"' => kept.push(' '),
            other => kept.push(other),
        }
    }
    let words: Vec<&str> = kept.split_whitespace().collect();
    words
        .join(" ")
        .replace(" ,", ",")
        .trim_matches([' ', ',', '.', '-', '–'])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::collection;
    use super::*;

    #[test]
    fn titles_become_names() {
        for (title, medium, shown, expected) in [
            (
                "Japanese: Vocabulary",
                false,
                "Learn Japanese in a week",
                Some("Japanese Vocabulary"),
            ),
            ("Japanese: Vocabulary", false, "Anki", Some("Vocabulary")),
            (
                "FPV drones: Motor Control",
                false,
                "A drone motor",
                Some("FPV drones Motor Control"),
            ),
            (
                "Science fiction: Movies",
                true,
                "Akira",
                Some("Science fiction Movies"),
            ),
            ("Movies", true, "Akira", None),
            ("Post Apocalyptic", false, "", Some("Post Apocalyptic")),
            (
                "Games: Puzzle/card/board",
                false,
                "2048 game",
                Some("Games Puzzle, card, board"),
            ),
            ("Fonts: Iconic fonts", false, "A font", Some("Iconic fonts")),
            (
                "Agriculture: IoT, Hardware (old)",
                false,
                "",
                Some("IoT, Hardware"),
            ),
            (
                "Data: one two three four five six seven eight",
                false,
                "data",
                Some("one two three four five six seven eight"),
            ),
            ("one two three four five six seven eight nine", false, "", None),
        ] {
            let mut collection = collection("l", title, "", &[]);
            collection.medium = medium;
            let shown = NamingInput {
                titles: vec![shown.to_owned()],
                concepts: Vec::new(),
            };
            assert_eq!(target_name(&collection, &shown).as_deref(), expected, "{title:?}");
        }
    }
}
