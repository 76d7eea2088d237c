//! Ward per user: all of a user's activities clustered at once, the tree cut at a distance, as in PinnerSage.

use serde_json::{Value, json};

use super::linkage::ward_clusters;
use super::{MIN_ACTIVITIES, leave_out_small};
use crate::extraction::dataset::{Catalogue, UserHistory};
use crate::extraction::method::Method;

/// `ward`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ward {
    /// Ward's distance between unit vectors up to which clusters are joined.
    pub cut_distance: f64,
    /// Activities that a cluster needs to count as a journey.
    pub min_activities: u32,
}

impl Default for Ward {
    fn default() -> Self {
        Self {
            cut_distance: 1.76,
            min_activities: MIN_ACTIVITIES,
        }
    }
}

impl Method for Ward {
    fn name(&self) -> String {
        "ward".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "cut_distance": self.cut_distance, "min_activities": self.min_activities })
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let vectors = vectors_of(catalogue, user);
        let labels = ward_clusters(&vectors, self.cut_distance);
        leave_out_small(labels.into_iter().map(Some).collect(), self.min_activities)
    }
}

/// The vector of each of the user's activities.
pub(super) fn vectors_of<'a>(catalogue: &'a Catalogue, user: &UserHistory) -> Vec<&'a [f32]> {
    user.activities
        .iter()
        .map(|visit| catalogue.vector(visit.item))
        .collect()
}
