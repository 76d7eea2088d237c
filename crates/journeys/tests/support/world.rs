//! A small world of items for the tests: a vector and concepts for each, and histories over it.
#![expect(
    clippy::unwrap_used,
    reason = "a history that cannot be segmented fails the test"
)]

use std::collections::BTreeMap;
use std::fmt;

use wayfare_journeys::{Activity, Items, Params, Segmented, Segmenter, UserState};

pub(crate) const DAY: i64 = 86_400_000_000;

#[derive(Debug, Clone)]
struct Item {
    vector: Vec<f32>,
    concepts: Vec<(String, f32)>,
}

#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) item_id: String,
    pub(crate) occurred_at_us: i64,
    pub(crate) weight: f32,
}

/// On one line, where a failure is reported.
impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (item_id, at, weight) = (&self.item_id, self.occurred_at_us, self.weight);
        write!(formatter, "{item_id:?} at {at} us, weight {weight}")
    }
}

/// The item store: places are in the order in which the items were added.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    places: BTreeMap<String, usize>,
    items: Vec<Item>,
}

impl World {
    /// Adds an item whose vector is scaled to length 1.
    pub(crate) fn add(&mut self, item_id: &str, vector: &[f32], concepts: &[(&str, f32)]) {
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        self.places.insert(item_id.to_owned(), self.items.len());
        self.items.push(Item {
            vector: vector.iter().map(|value| value / length).collect(),
            concepts: concepts
                .iter()
                .map(|&(term, weight)| (term.to_owned(), weight))
                .collect(),
        });
    }

    pub(crate) fn segment(&self, params: &Params, prior: UserState, events: &[Event]) -> Segmented {
        let mut segmenter = Segmenter::resume(params, "user", prior, self).unwrap();
        for event in events {
            let activity = Activity {
                item_id: &event.item_id,
                occurred_at_us: event.occurred_at_us,
                weight: event.weight,
            };
            segmenter.push(activity, self).unwrap();
        }
        segmenter.finish(self).unwrap()
    }
}

impl Items for World {
    fn locate(&self, item_id: &str) -> Option<usize> {
        self.places.get(item_id).copied()
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        into.clear();
        into.extend(&self.items[place].vector);
    }

    fn concepts(&self, place: usize) -> Vec<(&str, f32)> {
        let concepts = self.items[place].concepts.iter();
        concepts.map(|(term, weight)| (term.as_str(), *weight)).collect()
    }
}
