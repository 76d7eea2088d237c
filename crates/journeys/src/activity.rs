//! The input: activities, what is known of their items, and the check that both can be used.

use crate::error::SegmentError;
use crate::similarity::norm;

/// The smallest weight an activity or concept may have; smaller ones would vanish when squared.
pub const MINIMUM_WEIGHT: f32 = 1e-6;
/// The largest weight an activity or concept may have; sums of larger ones could overflow when squared.
pub const MAXIMUM_WEIGHT: f32 = 1e6;

/// What is known about items: the caller's item store.
///
/// It is asked for items of this increment and of earlier ones (see [`UserState::item_ids`](crate::UserState::item_ids)),
/// and must always give the same for the same item.
pub trait Items {
    /// Where the item lies in the store, if it is there.
    fn locate(&self, item_id: &str) -> Option<usize>;

    /// Replaces the content of the buffer by the vector of the item at `place`: unit length, to the precision of the
    /// stored form, and of the same dimension for all items.
    fn vector(&self, place: usize, into: &mut Vec<f32>);

    /// Salient terms of the item at `place` and their weights, in any order; a term given twice counts with the sum.
    fn concepts(&self, place: usize) -> Vec<(&str, f32)>;
}

/// One thing the user did. Activities are pushed in the total order (occurred_at_us, item_id).
#[derive(Debug, Clone, Copy)]
pub struct Activity<'a> {
    pub item_id: &'a str,
    /// Microseconds since 1970-01-01 UTC.
    pub occurred_at_us: i64,
    /// Between [`MINIMUM_WEIGHT`] and [`MAXIMUM_WEIGHT`].
    pub weight: f32,
}

pub(crate) fn check_weight(activity: &Activity<'_>) -> Result<(), SegmentError> {
    if is_weight(activity.weight) {
        return Ok(());
    }
    Err(SegmentError::WeightOutOfRange {
        item_id: activity.item_id.to_owned(),
        occurred_at_us: activity.occurred_at_us,
        weight: activity.weight,
        minimum: MINIMUM_WEIGHT,
        maximum: MAXIMUM_WEIGHT,
    })
}

pub(crate) fn check_concepts(item_id: &str, concepts: &[(&str, f32)]) -> Result<(), SegmentError> {
    match concepts.iter().find(|(_, weight)| !is_weight(*weight)) {
        None => Ok(()),
        Some(&(term, weight)) => Err(SegmentError::ConceptWeightOutOfRange {
            item_id: item_id.to_owned(),
            term: term.to_owned(),
            weight,
            minimum: MINIMUM_WEIGHT,
            maximum: MAXIMUM_WEIGHT,
        }),
    }
}

pub(crate) fn is_weight(weight: f32) -> bool {
    (MINIMUM_WEIGHT..=MAXIMUM_WEIGHT).contains(&weight)
}

/// Checks an item's vector and scales it to length 1, which quantised vectors have only nearly.
pub(crate) fn to_unit(
    item_id: &str,
    vector: &mut [f32],
    dimension: Option<usize>,
) -> Result<(), SegmentError> {
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
        for value in vector {
            *value /= length;
        }
        return Ok(());
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
