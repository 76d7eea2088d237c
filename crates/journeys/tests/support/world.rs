//! A small world of items for the tests: a vector and concepts for each, and ways to run histories over it.
#![expect(
    clippy::unwrap_used,
    reason = "a history that cannot be segmented fails the test"
)]

use std::collections::BTreeMap;

use wayfare_journeys::{
    Activity, Alias, Assignment, Features, Journey, JourneyId, Params, Segmented, Segmenter, UserState,
};

pub(crate) const DAY: i64 = 86_400_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) vector: Vec<f32>,
    pub(crate) concepts: Vec<(String, f32)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) item_id: String,
    pub(crate) occurred_at_us: i64,
    pub(crate) weight: f32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct World(pub(crate) BTreeMap<String, Item>);

impl World {
    pub(crate) fn add(&mut self, item_id: &str, vector: &[f32], concepts: &[(&str, f32)]) {
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        let item = Item {
            vector: vector.iter().map(|value| value / length).collect(),
            concepts: concepts
                .iter()
                .map(|&(term, weight)| (term.to_owned(), weight))
                .collect(),
        };
        self.0.insert(item_id.to_owned(), item);
    }

    fn look_up(&self, item_id: &str, into: &mut Vec<f32>) -> bool {
        into.clear();
        self.0
            .get(item_id)
            .map(|item| into.extend(&item.vector))
            .is_some()
    }

    pub(crate) fn push(&self, segmenter: &mut Segmenter, event: &Event) {
        let item = &self.0[&event.item_id];
        let concepts: Vec<(&str, f32)> = item
            .concepts
            .iter()
            .map(|(term, weight)| (term.as_str(), *weight))
            .collect();
        let activity = Activity {
            item_id: &event.item_id,
            occurred_at_us: event.occurred_at_us,
            weight: event.weight,
            features: Features {
                vector: &item.vector,
                concepts: &concepts,
            },
        };
        segmenter
            .push(activity, &mut |id, into| self.look_up(id, into))
            .unwrap();
    }

    pub(crate) fn segment(&self, params: &Params, prior: UserState, events: &[Event]) -> Segmented {
        let mut segmenter = Segmenter::resume(params, "user", prior);
        for event in events {
            self.push(&mut segmenter, event);
        }
        segmenter.finish(&mut |id, into| self.look_up(id, into)).unwrap()
    }
}

/// The tables of one user, kept as the documentation of `Segmented` tells callers to keep them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tables {
    pub(crate) journeys: BTreeMap<JourneyId, Journey>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) aliases: Vec<Alias>,
}

impl Tables {
    pub(crate) fn apply(&mut self, segmented: &Segmented) {
        for alias in &segmented.aliases {
            self.journeys.remove(&alias.old);
        }
        for journey in &segmented.journeys {
            self.journeys.insert(journey.journey_id, journey.clone());
        }
        self.aliases.extend(&segmented.aliases);
        self.assignments.extend(segmented.assignments.iter().cloned());
        for alias in &segmented.aliases {
            for assignment in &mut self.assignments {
                if assignment.journey_id == alias.old {
                    assignment.journey_id = alias.new;
                }
            }
        }
        self.assignments.sort_by(|a, b| {
            (a.journey_id, a.occurred_at_us, &a.item_id).cmp(&(b.journey_id, b.occurred_at_us, &b.item_id))
        });
    }
}
