//! The activities whose journeys are still open to change, with the vectors of their items.

use serde::{Deserialize, Serialize};

use crate::activity::{Activity, Items, to_unit};
use crate::error::SegmentError;

/// An activity as the state holds it; what its item is like is looked up again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenActivity {
    pub(crate) item_id: String,
    pub(crate) occurred_at_us: i64,
    pub(crate) weight: f32,
    /// Where the item lies in the caller's store; derived.
    #[serde(skip)]
    pub(crate) place: usize,
}

impl PartialEq for OpenActivity {
    /// Where the item lies is not part of it.
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key() && self.weight.to_bits() == other.weight.to_bits()
    }
}

impl OpenActivity {
    /// Its place in the total order.
    pub(crate) fn key(&self) -> (i64, &str) {
        (self.occurred_at_us, &self.item_id)
    }
}

/// Open activities in the total order; row `i` of `vectors` is the unit vector of the item of activity `i`.
#[derive(Debug, Default)]
pub(crate) struct OpenActivities {
    activities: Vec<OpenActivity>,
    vectors: Vec<f32>,
    dimension: usize,
    buffer: Vec<f32>,
}

impl OpenActivities {
    /// The same activities as before, with their vectors. `dimension` is that of the state's other vectors, 0 for none.
    pub(crate) fn restore(
        activities: Vec<OpenActivity>,
        dimension: usize,
        items: &dyn Items,
    ) -> Result<Self, SegmentError> {
        let mut open = Self {
            dimension,
            ..Self::default()
        };
        for activity in activities {
            open.take_in(activity, items)?;
        }
        Ok(open)
    }

    pub(crate) fn push(&mut self, activity: &Activity<'_>, items: &dyn Items) -> Result<(), SegmentError> {
        let activity = OpenActivity {
            item_id: activity.item_id.to_owned(),
            occurred_at_us: activity.occurred_at_us,
            weight: activity.weight,
            place: 0,
        };
        self.take_in(activity, items)
    }

    fn take_in(&mut self, mut activity: OpenActivity, items: &dyn Items) -> Result<(), SegmentError> {
        let Some(place) = items.locate(&activity.item_id) else {
            return Err(SegmentError::UnknownItem {
                item_id: activity.item_id,
            });
        };
        activity.place = place;
        items.vector(place, &mut self.buffer);
        let expected = (self.dimension > 0).then_some(self.dimension);
        to_unit(&activity.item_id, &mut self.buffer, expected)?;
        self.dimension = self.buffer.len();
        self.vectors.extend_from_slice(&self.buffer);
        self.activities.push(activity);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.activities.len()
    }

    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    pub(crate) fn activity(&self, position: usize) -> &OpenActivity {
        &self.activities[position]
    }

    pub(crate) fn last(&self) -> Option<&OpenActivity> {
        self.activities.last()
    }

    pub(crate) fn vector(&self, position: usize) -> &[f32] {
        &self.vectors[position * self.dimension..][..self.dimension]
    }

    /// Those of all activities, one after the other.
    pub(crate) fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// Forgets the oldest.
    pub(crate) fn remove_first(&mut self, count: usize) {
        self.activities.drain(..count);
        self.vectors.drain(..count * self.dimension);
    }

    pub(crate) fn into_activities(self) -> Vec<OpenActivity> {
        self.activities
    }
}
