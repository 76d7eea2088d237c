//! A journey made of half of a collection's items: what a method is given, and what its name is to find again.

use wayfare_inference::{NamingInput, Salience};
use wayfare_journeys::{Params, dot};
use xxhash_rust::xxh3::xxh3_64;

use crate::collections::{Collection, CollectionItem, naming_input};
use crate::error::EvaluationError;
use crate::item_text::embed_text;
use crate::random::Random;

/// A half has at least one item.
const FEWEST_ITEMS: usize = 2;

/// One collection, in halves.
#[derive(Debug, Clone)]
pub struct Journey<'a> {
    /// Where it comes from; methods must not look at its title, section and list.
    pub collection: &'a Collection,
    /// The items that are named, nearest to their centroid first.
    pub shown: Vec<&'a CollectionItem>,
    /// The items that no method sees.
    pub hidden: Vec<&'a CollectionItem>,
    /// Of the hidden items, their places in what [`item_texts`] returns.
    pub hidden_places: Vec<usize>,
    /// What the pipeline would name the shown items from.
    pub input: NamingInput,
}

/// The texts of all items before an encoder, in the order of the collections and their items.
pub fn item_texts(collections: &[&Collection]) -> Vec<String> {
    let items = collections.iter().flat_map(|collection| &collection.items);
    items.map(|item| embed_text(&item.title, &item.text)).collect()
}

/// Divides each collection of at least two items into halves, the shown one being larger by one item where they are odd.
///
/// `vectors` are those of [`item_texts`], of unit length. Which items are shown depends on the seed and the collection
/// alone. Titles are those of the items nearest to the centroid, as many as a run takes.
pub fn journeys<'a>(
    collections: &[&'a Collection],
    vectors: &[Vec<f32>],
    salience: &dyn Salience,
    seed: u64,
) -> Result<Vec<Journey<'a>>, EvaluationError> {
    let expected = collections.iter().map(|collection| collection.items.len()).sum();
    if vectors.len() != expected {
        return Err(EvaluationError::Vectors {
            expected,
            found: vectors.len(),
        });
    }
    let mut journeys = Vec::new();
    let mut first = 0;
    for collection in collections {
        let places = first..first + collection.items.len();
        first = places.end;
        if places.len() < FEWEST_ITEMS {
            continue;
        }
        let mut order: Vec<usize> = places.clone().collect();
        let mut random = Random::stream(seed, xxh3_64(collection.collection_id.as_bytes()));
        for place in (1..order.len()).rev() {
            order.swap(place, random.below(place + 1));
        }
        let mut hidden_places = order.split_off(order.len().div_ceil(2));
        hidden_places.sort_unstable();
        let shown_places = nearest_first(order, vectors);
        let item = |place: &usize| &collection.items[place - places.start];
        let shown: Vec<&CollectionItem> = shown_places.iter().map(item).collect();
        let mut input = naming_input(&shown, Some(salience));
        let most_titles = usize::try_from(Params::default().representatives).unwrap_or(usize::MAX);
        input.titles.truncate(most_titles);
        journeys.push(Journey {
            collection,
            hidden: hidden_places.iter().map(item).collect(),
            shown,
            hidden_places,
            input,
        });
    }
    if journeys.is_empty() {
        return Err(EvaluationError::NothingToName);
    }
    Ok(journeys)
}

fn nearest_first(mut places: Vec<usize>, vectors: &[Vec<f32>]) -> Vec<usize> {
    places.sort_unstable();
    let centroid = centroid(places.iter().map(|&place| vectors[place].as_slice()));
    // The sort is stable: among equals, the list's order holds.
    places
        .sort_by(|&left, &right| dot(&vectors[right], &centroid).total_cmp(&dot(&vectors[left], &centroid)));
    places
}

/// The direction of the sum; zeros where there is none.
pub(super) fn centroid<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        for (total, value) in sum.iter_mut().zip(vector) {
            *total += value;
        }
    }
    let length = dot(&sum, &sum).sqrt();
    if length > 0.0 {
        sum.iter_mut().for_each(|value| *value /= length);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::collection;

    struct Even;

    impl Salience for Even {
        fn salience(&self, _word: &str) -> f32 {
            0.5
        }
    }

    fn collections() -> Vec<Collection> {
        let numbered = |kind: &str, count: usize| -> Collection {
            let titles: Vec<String> = (0..count).map(|number| format!("{kind} {number}")).collect();
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            collection("list", kind, "", &titles)
        };
        vec![
            numbered("bread", 7),
            numbered("single", 1),
            numbered("cheese", 30),
        ]
    }

    /// The first five items of a collection point elsewhere than the others.
    fn vectors(collections: &[&Collection]) -> Vec<Vec<f32>> {
        let of = |collection: &&Collection| -> Vec<Vec<f32>> {
            (0..collection.items.len())
                .map(|place| {
                    let own = f32::from(u8::from(place < 5));
                    vec![own, 1.0 - own]
                })
                .collect()
        };
        collections.iter().flat_map(of).collect()
    }

    #[test]
    fn halves_are_apart_whole_and_decided_by_the_seed() {
        let collections = collections();
        let all: Vec<&Collection> = collections.iter().collect();
        let halves = |seed| journeys(&all, &vectors(&all), &Even, seed).unwrap();
        let found = halves(1);
        let sizes: Vec<(usize, usize)> = found
            .iter()
            .map(|journey| (journey.shown.len(), journey.hidden.len()))
            .collect();
        assert_eq!(sizes, [(4, 3), (15, 15)]);
        let texts = item_texts(&all);
        for journey in &found {
            let mut ids: Vec<&str> = journey
                .shown
                .iter()
                .chain(&journey.hidden)
                .map(|item| item.item_id.as_str())
                .collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), journey.collection.items.len());
            for (item, place) in journey.hidden.iter().zip(&journey.hidden_places) {
                assert_eq!(texts[*place], item.title);
            }
        }
        let hidden = |found: &[Journey<'_>]| -> Vec<Vec<usize>> {
            found
                .iter()
                .map(|journey| journey.hidden_places.clone())
                .collect()
        };
        assert_eq!(hidden(&halves(1)), hidden(&found));
        assert_ne!(hidden(&halves(2)), hidden(&found));
        let alone = journeys(&all[2..], &vectors(&all[2..]), &Even, 1).unwrap();
        let same: Vec<&str> = alone[0].hidden.iter().map(|item| item.title.as_str()).collect();
        let there: Vec<&str> = found[1].hidden.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(same, there, "other collections do not matter");
    }

    #[test]
    fn the_nearest_items_come_first_and_ten_titles_are_enough() {
        let collections = collections();
        let all: Vec<&Collection> = collections[2..].iter().collect();
        let found = journeys(&all, &vectors(&all), &Even, 1).unwrap();
        let journey = &found[0];
        assert_eq!(journey.input.titles.len(), 10);
        assert_eq!(journey.input.concepts[0], "cheese");
        let titles: Vec<&str> = journey.shown.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(journey.input.titles, titles[..10]);
        let number = |title: &str| -> usize { title.trim_start_matches("cheese ").parse().unwrap() };
        let strays: Vec<bool> = titles.iter().map(|title| number(title) < 5).collect();
        assert!(strays.is_sorted() && strays[14] && !strays[0], "{titles:?}");
        assert!(matches!(
            journeys(&all, &[], &Even, 1),
            Err(EvaluationError::Vectors {
                expected: 30,
                found: 0
            })
        ));
    }
}
