//! Ward per user, then a second look at each activity: does it belong to its cluster, or to another, or to none?
//!
//! The strongest of the baselines, and offline: it needs all of a user's activities and time in the square of their
//! number.

use serde_json::{Value, json};

use super::centroid::DenseCentroid;
use super::linkage::ward_clusters;
use super::ward::vectors_of;
use super::{MIN_ACTIVITIES, leave_out_small};
use crate::extraction::dataset::{Catalogue, UserHistory};
use crate::extraction::method::Method;

/// `ward-reject`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WardReject {
    /// Ward's distance between unit vectors up to which clusters are joined.
    pub cut_distance: f64,
    /// An activity whose cosine to the centroid of the rest of its cluster is below this is left out.
    pub reject_below: f64,
    /// After clusters that became too small were dropped, an activity that was left out goes to the most similar of
    /// those that remain where its cosine is at least this; above 1 nothing is taken back.
    pub reassign_from: f64,
    /// Activities that a cluster needs to count as a journey.
    pub min_activities: u32,
}

impl Default for WardReject {
    fn default() -> Self {
        Self {
            cut_distance: 1.85,
            reject_below: 0.34,
            reassign_from: 0.30,
            min_activities: MIN_ACTIVITIES,
        }
    }
}

impl Method for WardReject {
    fn name(&self) -> String {
        "ward-reject".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({
            "cut_distance": self.cut_distance,
            "reject_below": self.reject_below,
            "reassign_from": self.reassign_from,
            "min_activities": self.min_activities,
        })
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let vectors = vectors_of(catalogue, user);
        let labels: Vec<Option<u32>> = ward_clusters(&vectors, self.cut_distance)
            .into_iter()
            .map(Some)
            .collect();
        let whole = centroids(&vectors, &labels);
        let close = vectors.iter().zip(&labels).map(|(vector, label)| {
            label.filter(|&label| whole[label as usize].cosine_without(vector) >= self.reject_below)
        });
        let kept = leave_out_small(close.collect(), self.min_activities);
        let rest = centroids(&vectors, &kept);
        vectors
            .iter()
            .zip(&kept)
            .map(|(vector, label)| label.or_else(|| most_similar(vector, &rest, self.reassign_from)))
            .collect()
    }
}

/// The centroid of each label, in its place; empty ones for labels that nothing has.
fn centroids(vectors: &[&[f32]], labels: &[Option<u32>]) -> Vec<DenseCentroid> {
    let places = labels.iter().flatten().max().map_or(0, |&last| last as usize + 1);
    let mut centroids = vec![DenseCentroid::empty(); places];
    for (vector, label) in vectors.iter().zip(labels) {
        if let Some(label) = label {
            centroids[*label as usize].add(vector);
        }
    }
    centroids
}

/// The first of the most similar clusters that have members, where the cosine reaches `from`.
fn most_similar(vector: &[f32], centroids: &[DenseCentroid], from: f64) -> Option<u32> {
    let mut best: Option<(u32, f64)> = None;
    for (label, centroid) in (0_u32..).zip(centroids) {
        let cosine = centroid.cosine(vector);
        let reached = !centroid.is_empty() && cosine >= from;
        if reached && best.is_none_or(|(_, highest)| cosine > highest) {
            best = Some((label, cosine));
        }
    }
    best.map(|(label, _)| label)
}
