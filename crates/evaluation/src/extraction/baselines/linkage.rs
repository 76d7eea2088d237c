//! Ward's hierarchical clustering: exact, by Lance-Williams updates along a chain of nearest neighbours.
//!
//! The chain is that of the `kodama` crate; here are the distances that go in and the cut through the tree that comes
//! out. Time and memory grow with the square of the number of activities.

use std::collections::BTreeMap;

use kodama::{Method, linkage};
use wayfare_journeys::dot;

/// Two clusters become one. Single vectors are numbered from 0, and the cluster of step `i` is `vectors + i`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WardStep {
    /// The smaller number.
    pub left: usize,
    pub right: usize,
    /// Ward's distance: for single vectors the Euclidean one.
    pub distance: f64,
}

/// All merges of the vectors, by ascending distance, as SciPy's `linkage(vectors, "ward")` has them.
pub fn ward_steps(vectors: &[&[f32]]) -> Vec<WardStep> {
    if vectors.len() < 2 {
        return Vec::new();
    }
    let squares: Vec<f64> = vectors.iter().map(|vector| dot(vector, vector).into()).collect();
    let mut distances = Vec::with_capacity(vectors.len() * (vectors.len() - 1) / 2);
    for (first, left) in vectors.iter().enumerate() {
        for (second, right) in vectors.iter().enumerate().skip(first + 1) {
            let squared = squares[first] + squares[second] - 2.0 * f64::from(dot(left, right));
            distances.push(squared.max(0.0).sqrt());
        }
    }
    linkage(&mut distances, vectors.len(), Method::Ward)
        .steps()
        .iter()
        .map(|step| WardStep {
            left: step.cluster1,
            right: step.cluster2,
            distance: step.dissimilarity,
        })
        .collect()
}

/// The cluster of each vector after all merges at a distance of at most `cut`, numbered by their first members.
pub(super) fn ward_clusters(vectors: &[&[f32]], cut: f64) -> Vec<u32> {
    let steps = ward_steps(vectors);
    // Which later cluster each vector and each step's cluster went into; itself where it is a last one.
    let mut into: Vec<usize> = (0..vectors.len() + steps.len()).collect();
    for (number, step) in steps.iter().enumerate() {
        if step.distance <= cut {
            into[step.left] = vectors.len() + number;
            into[step.right] = vectors.len() + number;
        }
    }
    // Clusters only go into later ones: from the last down, each knows at once where it ends.
    for cluster in (0..into.len()).rev() {
        into[cluster] = into[into[cluster]];
    }
    number_by_first_member(&into[..vectors.len()])
}

fn number_by_first_member(last: &[usize]) -> Vec<u32> {
    let mut numbers = BTreeMap::new();
    last.iter()
        .map(|cluster| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(*cluster).or_insert(next)
        })
        .collect()
}
