//! ICPC as published (Infinite Concept Personalized Clustering, arXiv 2305.15498): one pass over a user's activities in
//! time order, over vectors or over bags of salient terms.
//!
//! An activity joins the cluster whose running mean is most similar to it where the cosine reaches a threshold, and
//! otherwise opens a new one; of equally similar clusters the oldest takes it. Clusters that stay small are transient
//! and left out. There is no decay, no bound on the number of clusters, and nothing is looked at twice.

use serde_json::{Value, json};
use wayfare_journeys::Icpc as OverVectors;

use super::centroid::{DenseCentroid, Terms, TermsCentroid};
use super::{MIN_ACTIVITIES, leave_out_small};
use crate::extraction::dataset::{Catalogue, UserHistory};
use crate::extraction::method::Method;

/// `icpc`: over the vectors of the items' texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icpc {
    /// Cosine that an activity needs to join a cluster.
    pub join_threshold: f64,
    /// Activities that a cluster needs to count as a journey.
    pub min_activities: u32,
}

impl Default for Icpc {
    fn default() -> Self {
        Self {
            join_threshold: 0.30,
            min_activities: MIN_ACTIVITIES,
        }
    }
}

impl Method for Icpc {
    fn name(&self) -> String {
        "icpc".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "join_threshold": self.join_threshold, "min_activities": self.min_activities })
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let (labels, _) = over_vectors(catalogue, user, self.join_threshold);
        published(&labels, self.min_activities)
    }
}

/// `icpc-terms`: over the items' salient terms, as in the paper. An item without any shares none with another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IcpcTerms {
    /// Cosine that an activity needs to join a cluster.
    pub join_threshold: f64,
    /// Activities that a cluster needs to count as a journey.
    pub min_activities: u32,
}

impl Default for IcpcTerms {
    fn default() -> Self {
        Self {
            join_threshold: 0.01,
            min_activities: MIN_ACTIVITIES,
        }
    }
}

impl Method for IcpcTerms {
    fn name(&self) -> String {
        "icpc-terms".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "join_threshold": self.join_threshold, "min_activities": self.min_activities })
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let items = user
            .activities
            .iter()
            .map(|visit| Terms::of(&catalogue.concepts[visit.item]));
        published(&over_terms(items, self.join_threshold), self.min_activities)
    }
}

/// The pass over vectors: the cluster of each activity, and the clusters in the order of their births.
pub(super) fn over_vectors(
    catalogue: &Catalogue,
    user: &UserHistory,
    join_threshold: f64,
) -> (Vec<usize>, Vec<DenseCentroid>) {
    let mut clusters = OverVectors::new(join_threshold);
    let items = user.activities.iter().map(|visit| catalogue.vector(visit.item));
    let labels = items.map(|vector| clusters.join(vector)).collect();
    let sums = (0..clusters.clusters()).map(|cluster| DenseCentroid::of(clusters.sum(cluster)));
    (labels, sums.collect())
}

pub(super) fn published(labels: &[usize], min_activities: u32) -> Vec<Option<u32>> {
    let labels = labels.iter().map(|&label| u32::try_from(label).ok()).collect();
    leave_out_small(labels, min_activities)
}

/// The same pass over bags of terms.
fn over_terms<'a>(items: impl Iterator<Item = Terms<'a>>, join_threshold: f64) -> Vec<usize> {
    let mut clusters: Vec<TermsCentroid<'_>> = Vec::new();
    items
        .map(|item| {
            let mut best: Option<(usize, f64)> = None;
            for (position, cluster) in clusters.iter().enumerate() {
                let cosine = cluster.cosine(&item);
                if cosine >= join_threshold && best.is_none_or(|(_, highest)| cosine > highest) {
                    best = Some((position, cosine));
                }
            }
            let position = best.map_or(clusters.len(), |(position, _)| position);
            if position == clusters.len() {
                clusters.push(TermsCentroid::empty());
            }
            clusters[position].add(&item);
            position
        })
        .collect()
}
