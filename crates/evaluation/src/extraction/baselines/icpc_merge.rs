//! ICPC followed by a merge pass, as in public code after the paper: what stayed small joins what it is most like.
//!
//! Clusters too small to count are taken in the order of their births; each goes into its most similar cluster where
//! the cosine of both centroids reaches a threshold, and counts there for those that come after it. The public code
//! looks only at clusters born later, and (a fault, not repeated here) never adds to a user's first cluster.

use serde_json::{Value, json};

use super::MIN_ACTIVITIES;
use super::centroid::DenseCentroid;
use super::icpc::{over_vectors, published};
use crate::extraction::dataset::{Catalogue, UserHistory};
use crate::extraction::method::Method;

/// Where a small cluster may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeInto {
    /// Only into clusters born after it.
    Later,
    /// Into any other cluster.
    Any,
}

/// `icpc-merge`: ICPC over vectors with a merge pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IcpcMerge {
    /// Cosine that an activity needs to join a cluster.
    pub join_threshold: f64,
    /// Cosine of centroids that a small cluster needs to be merged.
    pub merge_threshold: f64,
    pub merge_into: MergeInto,
    /// Activities that a cluster needs to count as a journey, and not to be merged.
    pub min_activities: u32,
}

impl Default for IcpcMerge {
    fn default() -> Self {
        Self {
            join_threshold: 0.40,
            merge_threshold: 0.32,
            merge_into: MergeInto::Any,
            min_activities: MIN_ACTIVITIES,
        }
    }
}

impl Method for IcpcMerge {
    fn name(&self) -> String {
        "icpc-merge".to_owned()
    }

    fn parameters(&self) -> Value {
        let into = match self.merge_into {
            MergeInto::Later => "later",
            MergeInto::Any => "any",
        };
        json!({
            "join_threshold": self.join_threshold,
            "merge_threshold": self.merge_threshold,
            "merge_into": into,
            "min_activities": self.min_activities,
        })
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let (mut labels, mut clusters) = over_vectors(catalogue, user, self.join_threshold);
        let mut sizes = vec![0_u32; clusters.len()];
        for &label in &labels {
            sizes[label] += 1;
        }
        for small in 0..clusters.len() {
            if sizes[small] >= self.min_activities {
                continue;
            }
            let Some(target) = self.target(small, &clusters, &sizes) else {
                continue;
            };
            let absorbed = clusters[small].clone();
            clusters[target].absorb(&absorbed);
            sizes[target] += sizes[small];
            sizes[small] = 0;
            for label in labels.iter_mut().filter(|label| **label == small) {
                *label = target;
            }
        }
        published(&labels, self.min_activities)
    }
}

impl IcpcMerge {
    /// The cluster that a small one goes into; of equally similar ones the oldest.
    fn target(&self, small: usize, clusters: &[DenseCentroid], sizes: &[u32]) -> Option<usize> {
        let first = match self.merge_into {
            MergeInto::Later => small + 1,
            MergeInto::Any => 0,
        };
        let mut best: Option<(usize, f64)> = None;
        for (other, (cluster, &size)) in clusters.iter().zip(sizes).enumerate().skip(first) {
            // A cluster without activities was merged away.
            if other == small || size == 0 {
                continue;
            }
            let cosine = clusters[small].cosine_with(cluster);
            if cosine >= self.merge_threshold && best.is_none_or(|(_, highest)| cosine > highest) {
                best = Some((other, cosine));
            }
        }
        best.map(|(other, _)| other)
    }
}
