//! The bounded set of items from which a cluster's representatives are chosen.
//!
//! Vectors are not held: an item is taken in by its similarity to what it came in with, and ranked by its similarity to
//! the centroid only when the journey is described.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Distinct items a cluster remembers as possible representatives.
pub const MAXIMUM_CANDIDATES: usize = 32;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) item_id: String,
    /// The highest with which the item joined.
    pub(crate) similarity: f32,
    pub(crate) occurrences: u32,
}

impl Candidate {
    fn better_first(&self, other: &Self) -> Ordering {
        other
            .similarity
            .total_cmp(&self.similarity)
            .then_with(|| self.item_id.cmp(&other.item_id))
    }
}

/// Candidates, best first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Candidates(Vec<Candidate>);

impl Candidates {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.0.iter()
    }

    /// Takes the item in where it is known already, there is room, or it is better than the worst.
    pub(crate) fn offer(&mut self, item_id: &str, similarity: f32) {
        self.put(Candidate {
            item_id: item_id.to_owned(),
            similarity,
            occurrences: 1,
        });
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for candidate in other.0 {
            self.put(candidate);
        }
    }

    fn put(&mut self, mut candidate: Candidate) {
        if let Some(position) = self.0.iter().position(|known| known.item_id == candidate.item_id) {
            let known = self.0.remove(position);
            candidate.occurrences = candidate.occurrences.saturating_add(known.occurrences);
            candidate.similarity = candidate.similarity.max(known.similarity);
        }
        let position = self
            .0
            .partition_point(|known| known.better_first(&candidate).is_lt());
        if position < MAXIMUM_CANDIDATES {
            self.0.truncate(MAXIMUM_CANDIDATES - 1);
            self.0.insert(position, candidate);
        }
    }

    /// Checks a decoded value. The error says what is wrong.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if self.0.is_empty() || self.0.len() > MAXIMUM_CANDIDATES {
            return Err("number of representative candidates");
        }
        if self.0.iter().any(|candidate| !candidate.similarity.is_finite()) {
            return Err("a candidate's similarity is not finite");
        }
        if !self.0.is_sorted_by(|a, b| a.better_first(b).is_lt()) {
            return Err("representative candidates out of order");
        }
        Ok(())
    }
}
