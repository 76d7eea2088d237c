//! Collections of items that people put together and gave a title: journeys with the name that a person gives them.
//!
//! Owns: how they are read, which are for training and which for measuring, and the examples that training sees.
//! Refuses to do: laying out a prompt, and anything with a model.

mod concepts;
mod examples;
mod split;
mod target;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

pub use concepts::naming_input;
pub use examples::{Example, ExampleOptions, examples};
pub use split::{Part, Split, SplitRule};
pub use target::target_name;

use crate::error::EvaluationError;

/// An item of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CollectionItem {
    /// Unique among all items.
    pub item_id: String,
    /// What a person sees first.
    pub title: String,
    /// A description, possibly empty.
    #[serde(default)]
    pub text: String,
}

/// A titled collection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Collection {
    /// Unique among all collections.
    pub collection_id: String,
    /// What it was taken from; collections of one list resemble each other, so only lists are told apart by a [`Split`].
    pub list: String,
    /// The title, which may be qualified by the list's subject: `Japanese: Vocabulary`.
    pub title: String,
    /// The list's own heading for it, possibly empty.
    #[serde(default)]
    pub section: String,
    /// Whether the heading names a kind of thing, such as "Podcasts", and no subject.
    #[serde(default)]
    pub medium: bool,
    /// In the order in which the list has them.
    pub items: Vec<CollectionItem>,
}

/// Reads collections, one JSON object a line, in the order of the file. Empty lines are skipped.
pub fn read_collections(path: &Path) -> Result<Vec<Collection>, EvaluationError> {
    let unreadable = |source| EvaluationError::Read {
        path: path.to_owned(),
        source,
    };
    let mut collections = Vec::new();
    for (line, number) in BufReader::new(File::open(path).map_err(unreadable)?)
        .lines()
        .zip(1_u64..)
    {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let collection: Collection =
            serde_json::from_str(&line).map_err(|source| EvaluationError::Collection {
                path: path.to_owned(),
                line: number,
                source,
            })?;
        collections.push(collection);
    }
    if collections.is_empty() {
        return Err(EvaluationError::NoCollections {
            path: path.to_owned(),
        });
    }
    Ok(collections)
}

#[cfg(test)]
pub(crate) fn collection(list: &str, title: &str, section: &str, items: &[&str]) -> Collection {
    Collection {
        collection_id: format!("{list} {title}"),
        list: list.to_owned(),
        title: title.to_owned(),
        section: section.to_owned(),
        medium: false,
        items: items
            .iter()
            .map(|title| CollectionItem {
                item_id: (*title).to_owned(),
                title: (*title).to_owned(),
                text: String::new(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_are_read_line_by_line_and_a_bad_line_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.jsonl");
        let line = r#"{"collection_id": "a", "list": "l", "title": "T", "more": 1, "items": [{"item_id": "i", "title": "x"}]}"#;
        std::fs::write(&path, format!("{line}\n\n{line}\n")).expect("writes");
        let read = read_collections(&path).expect("reads");
        assert_eq!((read.len(), read[0].items[0].title.as_str()), (2, "x"));

        std::fs::write(&path, format!("{line}\n{{\"list\": 3}}\n")).expect("writes");
        let message = read_collections(&path).expect_err("is refused").to_string();
        assert!(message.contains("c.jsonl line 2"), "{message}");
        std::fs::write(&path, "\n").expect("writes");
        assert!(matches!(
            read_collections(&path),
            Err(EvaluationError::NoCollections { .. })
        ));
    }
}
