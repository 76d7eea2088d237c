//! Users with known journeys, and the items they met: what a method sees and what it is measured by.
//!
//! Owns: the shape of both and the checks that make every method's work possible. Refuses to do: encoding texts.

mod csv_file;
mod folder;
mod generated;
#[cfg(test)]
mod tests;
mod vector_file;

pub use folder::{UsersFolder, read_users};
pub use vector_file::VectorFile;

use crate::error::EvaluationError;

/// How far a stored vector's length may be from 1.
const LENGTH_TOLERANCE: f32 = 0.01;

/// The items of a folder, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Items {
    pub ids: Vec<String>,
    pub titles: Vec<String>,
    pub texts: Vec<Option<String>>,
}

/// The items: their texts' vectors and concepts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// Length of each vector.
    pub dimension: usize,
    /// One row of `dimension` numbers per item, each of unit length.
    pub vectors: Vec<f32>,
    /// Per item, what its text is about, each with a weight above 0.
    pub concepts: Vec<Vec<(String, f32)>>,
    pub item_ids: Vec<String>,
    pub titles: Vec<String>,
}

impl Catalogue {
    /// Puts items and what is known about their texts together, each once per item; the vectors are of unit length.
    pub fn new(
        items: Items,
        dimension: usize,
        vectors: Vec<f32>,
        concepts: Vec<Vec<(String, f32)>>,
    ) -> Result<Self, EvaluationError> {
        let refused = |item: usize, reason: String| EvaluationError::Catalogue {
            item_id: items.ids.get(item).cloned().unwrap_or_default(),
            reason,
        };
        if vectors.len() != items.ids.len() * dimension || concepts.len() != items.ids.len() {
            let last = (vectors.len() / dimension.max(1)).min(concepts.len());
            return Err(refused(
                last,
                format!("no vector of {dimension} numbers, or no list of concepts"),
            ));
        }
        for (item, vector) in vectors.chunks_exact(dimension.max(1)).enumerate() {
            let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            // A length that is no number is not near 1 either.
            let near_one = (length - 1.0).abs() <= LENGTH_TOLERANCE;
            if !near_one {
                return Err(refused(item, format!("a vector of length {length} instead of 1")));
            }
        }
        for (item, concepts) in concepts.iter().enumerate() {
            let wrong = concepts
                .iter()
                .find(|(_, weight)| !weight.is_finite() || *weight <= 0.0);
            if let Some((term, weight)) = wrong {
                return Err(refused(item, format!("concept `{term}` of weight {weight}")));
            }
        }
        Ok(Self {
            dimension,
            vectors,
            concepts,
            item_ids: items.ids,
            titles: items.titles,
        })
    }

    /// Items in the catalogue.
    pub fn len(&self) -> usize {
        self.item_ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.item_ids.is_empty()
    }

    /// The vector of the item with this number.
    pub fn vector(&self, item: usize) -> &[f32] {
        &self.vectors[item * self.dimension..(item + 1) * self.dimension]
    }
}

/// One activity: a number in the catalogue, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub item: usize,
    /// Microseconds since 1970-01-01 UTC.
    pub occurred_at_us: i64,
}

/// One user's activities and what is known about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserHistory {
    pub user_id: String,
    /// In the order of (occurred_at_us, item id), each once.
    pub activities: Vec<Visit>,
    /// Per activity, the number of its journey in `gold_titles`; none for noise.
    pub gold: Vec<Option<u32>>,
    pub gold_titles: Vec<String>,
    /// Per activity, whether it is noise that came as a burst: two or more noise activities of one collection within
    /// three days. False where the data does not say.
    pub bursts: Vec<bool>,
}
