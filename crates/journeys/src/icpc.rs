//! ICPC as published (Infinite Concept Personalised Clustering, arXiv 2305.15498) over unit vectors: one pass over a user's
//! activities in time order.
//!
//! An activity joins the cluster whose running mean is most similar to it where the cosine reaches a threshold, and
//! otherwise opens a new one; of equally similar clusters the oldest takes it. There is no decay, no bound on the number of
//! clusters, and nothing is looked at twice. What remains is left to the caller: that clusters of few activities are none.
//!
//! Which cluster is the most similar is decided by cosines of the vectors; which can be, by their sketches.

use crate::similarity::dot;
use crate::sketches::Sketches;

/// The clusters of one user so far.
#[derive(Debug, Default)]
pub struct Icpc {
    join_threshold: f64,
    dimension: usize,
    /// The sums of the clusters' vectors, one after the other: a cosine does not change with length, so that they stand for
    /// the means.
    sums: Vec<f32>,
    lengths: Vec<f64>,
    sketches: Sketches,
    /// Of the vector that is being looked at.
    sketch: Sketches,
    near: Vec<f32>,
}

impl Icpc {
    /// `join_threshold` is the cosine that an activity needs to join a cluster.
    pub fn new(join_threshold: f64) -> Self {
        Self {
            join_threshold,
            ..Self::default()
        }
    }

    /// Forgets all clusters, for the next user.
    pub fn clear(&mut self) {
        self.sums.clear();
        self.lengths.clear();
        self.sketches.clear();
    }

    /// Clusters that were opened.
    pub fn clusters(&self) -> usize {
        self.lengths.len()
    }

    /// The sum of a cluster's vectors.
    pub fn sum(&self, cluster: usize) -> &[f32] {
        &self.sums[cluster * self.dimension..][..self.dimension]
    }

    /// The number of the cluster that the next activity joins or opens, in the order in which they were opened.
    ///
    /// All vectors are of one dimension and of unit length, to within a hundredth.
    pub fn join(&mut self, vector: &[f32]) -> usize {
        if vector.len() != self.dimension {
            self.clear();
            self.dimension = vector.len();
            self.sketches = Sketches::of_dimension(self.dimension);
            self.sketch = Sketches::of_dimension(self.dimension);
        }
        self.sketch.put(0, vector, 1.0);
        let cluster = self.most_similar(vector).unwrap_or(self.clusters());
        if cluster == self.clusters() {
            self.sums.extend(vector.iter().map(|_| 0.0));
            self.lengths.push(0.0);
        }
        let sum = &mut self.sums[cluster * self.dimension..][..self.dimension];
        for (total, value) in sum.iter_mut().zip(vector) {
            *total += value;
        }
        let length = f64::from(dot(sum, sum)).sqrt();
        self.lengths[cluster] = length;
        self.sketches.put(cluster, sum, reciprocal(length));
        cluster
    }

    /// The first of the most similar clusters, if it is similar enough.
    fn most_similar(&mut self, vector: &[f32]) -> Option<usize> {
        self.sketches.cosines(self.sketch.get(0), &mut self.near);
        let error = self.sketches.largest_error();
        let nearest = self.near.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        // What is lower than this by its sketch is either not as similar as the nearest or not similar enough.
        let possible = f64::from(nearest - 2.0 * error).max(self.join_threshold - f64::from(error));
        let mut best: Option<(usize, f64)> = None;
        for cluster in 0..self.lengths.len() {
            if f64::from(self.near[cluster]) < possible {
                continue;
            }
            let cosine = self.cosine(cluster, vector);
            if cosine >= self.join_threshold && best.is_none_or(|(_, highest)| cosine > highest) {
                best = Some((cluster, cosine));
            }
        }
        best.map(|(cluster, _)| cluster)
    }

    /// In -1..=1; 0 where the vectors of the cluster cancel out.
    fn cosine(&self, cluster: usize, vector: &[f32]) -> f64 {
        let length = self.lengths[cluster];
        if length > 0.0 {
            (f64::from(dot(self.sum(cluster), vector)) / length).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    }
}

/// Of a length that may be 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
fn reciprocal(length: f64) -> f32 {
    if length > 0.0 { (1.0 / length) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::similarity::norm;

    /// The definition, without sketches.
    fn one_pass(vectors: &[Vec<f32>], join_threshold: f64) -> Vec<usize> {
        let mut sums: Vec<Vec<f32>> = Vec::new();
        let pass = vectors.iter().map(|vector| {
            let mut best: Option<(usize, f64)> = None;
            for (cluster, sum) in sums.iter().enumerate() {
                let length = f64::from(dot(sum, sum)).sqrt();
                let cosine = if length > 0.0 {
                    (f64::from(dot(sum, vector)) / length).clamp(-1.0, 1.0)
                } else {
                    0.0
                };
                if cosine >= join_threshold && best.is_none_or(|(_, highest)| cosine > highest) {
                    best = Some((cluster, cosine));
                }
            }
            let cluster = best.map_or(sums.len(), |(cluster, _)| cluster);
            if cluster == sums.len() {
                sums.push(vec![0.0; vector.len()]);
            }
            for (total, value) in sums[cluster].iter_mut().zip(vector) {
                *total += value;
            }
            cluster
        });
        pass.collect()
    }

    proptest! {
        #[test]
        fn sketches_do_not_show(
            levels in prop::collection::vec(-4_i8..=4, 40..1_200), dimension in 1_usize..40, threshold in -0.2_f64..0.95
        ) {
            // Few levels and dimensions make equal and opposite vectors, and cosines that are nearly the threshold.
            let vectors: Vec<Vec<f32>> = levels
                .chunks_exact(dimension)
                .map(|levels| levels.iter().map(|level| f32::from(*level)).collect::<Vec<f32>>())
                .filter(|values| norm(values) > 0.0)
                .map(|values| values.iter().map(|value| value / norm(&values)).collect())
                .collect();
            let mut icpc = Icpc::new(threshold);
            for _ in 0..2 {
                icpc.clear();
                let given: Vec<usize> = vectors.iter().map(|vector| icpc.join(vector)).collect();
                prop_assert_eq!(given, one_pass(&vectors, threshold));
            }
        }
    }
}
