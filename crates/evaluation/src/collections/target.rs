//! The name that a collection's title makes: what a person would call the interest, without how lists are written.

use super::Collection;

/// A longer title is a description.
const MOST_WORDS: usize = 8;

/// The title as a name: `Japanese: Vocabulary` becomes `Japanese Vocabulary`, remarks in brackets go, strokes become
/// commas. None where nothing is left that says what the collection is about: a bare kind of thing, or a description.
pub fn target_name(collection: &Collection) -> Option<String> {
    let (qualifier, rest) = match collection.title.split_once(": ") {
        Some((qualifier, rest)) => (Some(qualifier), rest),
        None => (None, collection.title.as_str()),
    };
    if collection.medium && qualifier.is_none() {
        return None;
    }
    let rest = plain(rest);
    let whole = match qualifier.map(plain) {
        Some(qualifier) if !says(&rest, &qualifier) => format!("{qualifier} {rest}"),
        _ => rest.clone(),
    };
    // A title that is too long with its qualifier may do without, if what is left is a subject.
    let section = (!collection.medium).then(|| plain(&collection.section));
    [Some(whole), section]
        .into_iter()
        .flatten()
        .find(|name| (1..=MOST_WORDS).contains(&name.split_whitespace().count()))
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
        for (title, section, medium, expected) in [
            (
                "Japanese: Vocabulary",
                "Vocabulary",
                false,
                Some("Japanese Vocabulary"),
            ),
            (
                "Science fiction: Movies",
                "Movies",
                true,
                Some("Science fiction Movies"),
            ),
            ("Movies", "Movies", true, None),
            (
                "Post Apocalyptic",
                "Post Apocalyptic",
                false,
                Some("Post Apocalyptic"),
            ),
            (
                "Games: Puzzle/card/board",
                "Puzzle/card/board",
                false,
                Some("Games Puzzle, card, board"),
            ),
            ("Fonts: Iconic fonts", "Iconic fonts", false, Some("Iconic fonts")),
            (
                "Agriculture: IoT, Hardware (old)",
                "IoT, Hardware",
                false,
                Some("Agriculture IoT, Hardware"),
            ),
            (
                "Data: one two three four five six seven eight",
                "one two three four five six seven eight",
                false,
                Some("one two three four five six seven eight"),
            ),
            ("one two three four five six seven eight nine", "", false, None),
        ] {
            let mut collection = collection("l", title, section, &[]);
            collection.medium = medium;
            assert_eq!(target_name(&collection).as_deref(), expected, "{title:?}");
        }
    }
}
