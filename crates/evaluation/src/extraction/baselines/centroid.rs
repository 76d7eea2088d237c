//! What a cluster looks like to the next item: the mean of its members, kept as their sum.
//!
//! A cosine does not change with length, so the sum stands for the running mean.

use std::collections::HashMap;

use wayfare_journeys::dot;

/// The sum of unit vectors.
#[derive(Debug, Clone)]
pub(super) struct DenseCentroid {
    sum: Vec<f32>,
    length: f64,
}

impl DenseCentroid {
    pub(super) fn empty() -> Self {
        Self {
            sum: Vec::new(),
            length: 0.0,
        }
    }

    /// Of vectors with this sum.
    pub(super) fn of(sum: &[f32]) -> Self {
        Self {
            sum: sum.to_vec(),
            length: f64::from(dot(sum, sum)).sqrt(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sum.is_empty()
    }

    /// Cosine with a vector of unit length, in -1..=1; 0 where the centroid has no direction.
    pub(super) fn cosine(&self, vector: &[f32]) -> f64 {
        ratio(dot(&self.sum, vector).into(), self.length)
    }

    /// Cosine with another centroid, in -1..=1; 0 where one of both has no direction.
    pub(super) fn cosine_with(&self, other: &Self) -> f64 {
        ratio(dot(&self.sum, &other.sum).into(), self.length * other.length)
    }

    pub(super) fn absorb(&mut self, other: &Self) {
        self.add(&other.sum);
    }

    /// Cosine of a member with the centroid of the other members; 0 where there are none.
    pub(super) fn cosine_without(&self, member: &[f32]) -> f64 {
        let with = f64::from(dot(&self.sum, member));
        let own = f64::from(dot(member, member));
        let squared = self.length * self.length - 2.0 * with + own;
        // The sum is rounded to f32: below this, what is left of it after the member was taken out is rounding.
        if squared < 1e-6 {
            return 0.0;
        }
        ratio(with - own, squared.sqrt() * own.sqrt())
    }

    pub(super) fn add(&mut self, vector: &[f32]) {
        self.sum.resize(vector.len(), 0.0);
        for (total, value) in self.sum.iter_mut().zip(vector) {
            *total += value;
        }
        self.length = f64::from(dot(&self.sum, &self.sum)).sqrt();
    }
}

/// An item's salient terms, each once, with their weights.
#[derive(Debug, Clone)]
pub(super) struct Terms<'a> {
    weights: Vec<(&'a str, f64)>,
    length: f64,
}

impl<'a> Terms<'a> {
    pub(super) fn of(concepts: &'a [(String, f32)]) -> Self {
        let mut weights: Vec<(&str, f64)> = concepts
            .iter()
            .map(|(term, weight)| (term.as_str(), f64::from(*weight)))
            .collect();
        weights.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
        weights.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 += later.1;
            }
            same
        });
        let length = weights
            .iter()
            .map(|(_, weight)| weight * weight)
            .sum::<f64>()
            .sqrt();
        Self { weights, length }
    }
}

/// The sum of bags of terms: every term is a dimension, and there is no end to them.
#[derive(Debug, Clone)]
pub(super) struct TermsCentroid<'a> {
    /// Looked up, never iterated: its order is not fixed.
    sum: HashMap<&'a str, f64>,
    squared_length: f64,
}

impl<'a> TermsCentroid<'a> {
    pub(super) fn empty() -> Self {
        Self {
            sum: HashMap::new(),
            squared_length: 0.0,
        }
    }

    pub(super) fn add(&mut self, item: &Terms<'a>) {
        for &(term, weight) in &item.weights {
            let total = self.sum.entry(term).or_default();
            self.squared_length += weight * (weight + 2.0 * *total);
            *total += weight;
        }
    }

    /// In -1..=1; 0 where one of both has no terms.
    pub(super) fn cosine(&self, item: &Terms<'a>) -> f64 {
        let shared: f64 = item
            .weights
            .iter()
            .filter_map(|(term, weight)| self.sum.get(term).map(|total| total * weight))
            .sum();
        ratio(shared, self.squared_length.sqrt() * item.length)
    }
}

fn ratio(sum: f64, lengths: f64) -> f64 {
    if lengths > 0.0 {
        (sum / lengths).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}
