//! The input: one activity with its item's features, and the check that it can be used.

use crate::error::SegmentError;
use crate::similarity::norm;

/// The smallest weight an activity or concept may have; smaller ones would vanish when squared.
pub const MINIMUM_WEIGHT: f32 = 1e-6;
/// The largest weight an activity or concept may have; sums of larger ones could overflow when squared.
pub const MAXIMUM_WEIGHT: f32 = 1e6;

/// What is known about an item, borrowed from the caller's item store.
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    /// Unit length, to the precision of the stored form; the same dimension for all of a user's items.
    pub vector: &'a [f32],
    /// Salient terms and their weights, in any order; a term given twice counts with the sum. May be empty.
    pub concepts: &'a [(&'a str, f32)],
}

/// One thing the user did. Activities are pushed in the total order (occurred_at_us, item_id).
#[derive(Debug, Clone, Copy)]
pub struct Activity<'a> {
    pub item_id: &'a str,
    /// Microseconds since 1970-01-01 UTC.
    pub occurred_at_us: i64,
    /// Between [`MINIMUM_WEIGHT`] and [`MAXIMUM_WEIGHT`].
    pub weight: f32,
    pub features: Features<'a>,
}

/// Fills the buffer with the vector of the item and returns true, or returns false where there is none.
///
/// It is asked for items of earlier activities, also of earlier increments (see
/// [`UserState::item_ids`](crate::UserState::item_ids)), and must give the vector that was pushed with them.
pub type VectorLookup<'a> = dyn FnMut(&str, &mut Vec<f32>) -> bool + 'a;

pub(crate) fn check_weights(activity: &Activity<'_>) -> Result<(), SegmentError> {
    let allowed = MINIMUM_WEIGHT..=MAXIMUM_WEIGHT;
    if !allowed.contains(&activity.weight) {
        return Err(SegmentError::WeightOutOfRange {
            item_id: activity.item_id.to_owned(),
            occurred_at_us: activity.occurred_at_us,
            weight: activity.weight,
            minimum: MINIMUM_WEIGHT,
            maximum: MAXIMUM_WEIGHT,
        });
    }
    match activity
        .features
        .concepts
        .iter()
        .find(|(_, weight)| !allowed.contains(weight))
    {
        None => Ok(()),
        Some(&(term, weight)) => Err(SegmentError::ConceptWeightOutOfRange {
            item_id: activity.item_id.to_owned(),
            term: term.to_owned(),
            weight,
            minimum: MINIMUM_WEIGHT,
            maximum: MAXIMUM_WEIGHT,
        }),
    }
}

/// Checks an item's vector and returns its length, which quantised vectors have only nearly 1.
pub(crate) fn check_vector(
    item_id: &str,
    vector: &[f32],
    dimension: Option<usize>,
) -> Result<f32, SegmentError> {
    if let Some(expected) = dimension
        && expected != vector.len()
    {
        return Err(SegmentError::DimensionMismatch {
            item_id: item_id.to_owned(),
            expected,
            found: vector.len(),
        });
    }
    let length = norm(vector);
    if (0.9..=1.1).contains(&length) {
        return Ok(length);
    }
    let item_id = item_id.to_owned();
    match vector.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(SegmentError::NonFinite {
            item_id,
            position,
            value: vector[position],
        }),
        None => Err(SegmentError::NotUnitLength { item_id, length }),
    }
}
