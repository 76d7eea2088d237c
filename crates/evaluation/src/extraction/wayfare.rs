//! The method `wayfare`: the segmenter that jobs use, over one user's activities at once.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use wayfare_journeys::{Activity, Items, JourneyId, Params, SegmentError, Segmented, Segmenter};

use super::baselines::MIN_ACTIVITIES;
use super::dataset::{Catalogue, UserHistory};
use super::method::Method;

/// The segmenter with these parameters, which are those that [`Params::validate`] accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wayfare {
    pub params: Params,
}

impl Default for Wayfare {
    /// A job's defaults, but for what it publishes: by the number of activities only, as the other methods do.
    fn default() -> Self {
        Self {
            params: Params {
                min_activities: MIN_ACTIVITIES,
                min_active_days: 0,
                min_span_days: 0.0,
                ..Params::default()
            },
        }
    }
}

impl Method for Wayfare {
    fn name(&self) -> String {
        "wayfare".to_owned()
    }

    fn parameters(&self) -> Value {
        // By way of text, in which a number of 32 bits has no more digits than it was given with.
        serde_json::to_string(&self.params)
            .and_then(|text| serde_json::from_str(&text))
            .unwrap_or_default()
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        // What the segmenter refuses, a catalogue cannot hold; no labels at all are an error of the comparison.
        self.segment(catalogue, user)
            .map(|segmented| labels(&segmented, catalogue, user))
            .unwrap_or_default()
    }
}

impl Wayfare {
    fn segment(&self, catalogue: &Catalogue, user: &UserHistory) -> Result<Segmented, SegmentError> {
        let items = UsersItems::of(catalogue, user);
        let mut segmenter = Segmenter::start(&self.params, &user.user_id);
        for visit in &user.activities {
            let activity = Activity {
                item_id: &catalogue.item_ids[visit.item],
                occurred_at_us: visit.occurred_at_us,
                weight: 1.0,
            };
            segmenter.push(activity, &items)?;
        }
        segmenter.finish(&items)
    }
}

/// The items of a user's activities, by their numbers in the catalogue.
struct UsersItems<'a> {
    catalogue: &'a Catalogue,
    numbers: HashMap<&'a str, usize>,
}

impl<'a> UsersItems<'a> {
    fn of(catalogue: &'a Catalogue, user: &UserHistory) -> Self {
        let items = user.activities.iter().map(|visit| visit.item);
        Self {
            catalogue,
            numbers: items
                .map(|item| (catalogue.item_ids[item].as_str(), item))
                .collect(),
        }
    }
}

impl Items for UsersItems<'_> {
    fn locate(&self, item_id: &str) -> Option<usize> {
        self.numbers.get(item_id).copied()
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        into.clear();
        into.extend_from_slice(self.catalogue.vector(place));
    }

    fn concepts(&self, place: usize) -> Vec<(&str, f32)> {
        let concepts = self.catalogue.concepts[place].iter();
        concepts.map(|(term, weight)| (term.as_str(), *weight)).collect()
    }
}

/// One number per journey, in the order of the activities that it holds.
fn labels(segmented: &Segmented, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
    let journeys: HashMap<(i64, &str), JourneyId> = segmented
        .assignments
        .iter()
        .map(|assignment| {
            let key = (assignment.occurred_at_us, assignment.item_id.as_str());
            (key, assignment.journey_id)
        })
        .collect();
    let mut numbers: BTreeMap<JourneyId, u32> = BTreeMap::new();
    user.activities
        .iter()
        .map(|visit| {
            let key = (visit.occurred_at_us, catalogue.item_ids[visit.item].as_str());
            let journey_id = journeys.get(&key)?;
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            Some(*numbers.entry(*journey_id).or_insert(next))
        })
        .collect()
}
