//! Examples for training: some items of a collection, sometimes with strangers among them, and the name to be learnt.

use wayfare_inference::{NamingInput, Salience};
use xxhash_rust::xxh3::xxh3_64;

use super::{Collection, CollectionItem, naming_input, target_name};
use crate::error::EvaluationError;
use crate::random::Random;

/// Below this a journey is hardly ever published, and a name hardly follows from the items.
const FEWEST_ITEMS: usize = 3;

/// How examples are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleOptions {
    /// Equal seeds, options and collections give equal examples.
    pub seed: u64,
    /// Examples of each collection; they differ in which items are shown.
    pub per_collection: usize,
    /// Fewest items of an example, where the collection has as many.
    pub fewest_items: usize,
    /// Most items of an example.
    pub most_items: usize,
    /// Share of the examples, 0 to 1, in which an item or two of a collection of another list takes the place of an own one.
    pub noise_share: f64,
}

/// Items to be named and the name that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Of which collection.
    pub collection_id: String,
    /// What the prompt shows.
    pub input: NamingInput,
    /// See [`target_name`].
    pub name: String,
}

/// The examples of the collections, in their order. What is drawn of a collection does not depend on the others, but for
/// the strangers. Collections of fewer than 3 items, or whose title makes no name, give none.
pub fn examples(
    collections: &[&Collection],
    options: &ExampleOptions,
    salience: Option<&dyn Salience>,
) -> Result<Vec<Example>, EvaluationError> {
    if options.fewest_items == 0 || options.fewest_items > options.most_items {
        return Err(EvaluationError::Option {
            name: "items of an example",
            value: format!("{} to {}", options.fewest_items, options.most_items),
            expected: "a range that begins at 1 or more",
        });
    }
    let mut examples = Vec::new();
    for collection in collections {
        if collection.items.len() < FEWEST_ITEMS {
            continue;
        }
        let mut random = Random::stream(options.seed, xxh3_64(collection.collection_id.as_bytes()));
        for _ in 0..options.per_collection {
            let input = naming_input(&draw(collection, collections, options, &mut random), salience);
            if let Some(name) = target_name(collection, &input) {
                examples.push(Example {
                    collection_id: collection.collection_id.clone(),
                    input,
                    name,
                });
            }
        }
    }
    Ok(examples)
}

fn draw<'a>(
    collection: &'a Collection,
    all: &[&'a Collection],
    options: &ExampleOptions,
    random: &mut Random,
) -> Vec<&'a CollectionItem> {
    let most = options.most_items.min(collection.items.len());
    let count = random.between(options.fewest_items.min(most), most);
    let mut own: Vec<&CollectionItem> = collection.items.iter().collect();
    for place in 0..count {
        let other = random.between(place, own.len() - 1);
        own.swap(place, other);
    }
    own.truncate(count);
    if random.chance(options.noise_share) {
        let foreign: Vec<&Collection> = all
            .iter()
            .copied()
            .filter(|other| other.list != collection.list && !other.items.is_empty())
            .collect();
        // Own items stay the most by far: the name has to follow from them.
        for _ in 0..count.div_ceil(5).min(2) {
            if let Some(stranger) = foreign.get(random.below(foreign.len())) {
                let place = random.below(own.len());
                own[place] = &stranger.items[random.below(stranger.items.len())];
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::collection;
    use super::*;

    fn options() -> ExampleOptions {
        ExampleOptions {
            seed: 7,
            per_collection: 20,
            fewest_items: 4,
            most_items: 6,
            noise_share: 0.0,
        }
    }

    fn collections() -> Vec<Collection> {
        vec![
            collection(
                "one",
                "Bread",
                "",
                &["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8"],
            ),
            collection("two", "Chess", "", &["c1", "c2", "c3"]),
            collection("two", "Pair", "", &["p1", "p2"]),
        ]
    }

    fn drawn(options: &ExampleOptions) -> Vec<Example> {
        let collections = collections();
        let all: Vec<&Collection> = collections.iter().collect();
        examples(&all, options, None).expect("draws")
    }

    #[test]
    fn examples_show_distinct_items_of_their_collection_and_depend_on_the_seed() {
        let first = drawn(&options());
        assert_eq!(first.len(), 40);
        for example in &first {
            let titles: BTreeSet<&String> = example.input.titles.iter().collect();
            assert_eq!(titles.len(), example.input.titles.len());
            let (initial, fewest) = if example.name == "Bread" {
                ('b', 4)
            } else {
                ('c', 3)
            };
            assert!((fewest..=6).contains(&titles.len()), "{titles:?}");
            assert!(
                titles.iter().all(|title| title.starts_with(initial)),
                "{titles:?}"
            );
        }
        let shown: BTreeSet<&Vec<String>> = first.iter().map(|example| &example.input.titles).collect();
        assert!(shown.len() > 20, "{}", shown.len());
        assert_eq!(drawn(&options()), first);
        assert_ne!(drawn(&ExampleOptions { seed: 8, ..options() }), first);
    }

    #[test]
    fn strangers_come_from_other_lists_and_stay_few() {
        let noisy = drawn(&ExampleOptions {
            noise_share: 1.0,
            ..options()
        });
        for example in noisy.iter().filter(|example| example.name == "Bread") {
            let strangers = example
                .input
                .titles
                .iter()
                .filter(|title| !title.starts_with('b'))
                .count();
            assert!((1..=2).contains(&strangers), "{:?}", example.input.titles);
        }
    }
}
