//! What can go wrong in this crate, with the facts needed to act on it.

use thiserror::Error;

/// A parameter that segmentation cannot work with.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ParamsError {
    #[error("segmentation parameter {name} is {value}; set it to {expected}")]
    OutOfRange {
        name: &'static str,
        value: f64,
        expected: &'static str,
    },
}

/// An activity that cannot be segmented. The segmenter that returned it must not be used further.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SegmentError {
    #[error(
        "activity on item {item_id:?} at {occurred_at_us} us is not after the last one processed, {watermark_item_id:?} at \
         {watermark_us} us; sort by (occurred_at, item_id), drop repeated rows, and recompute the user from the log for late ones"
    )]
    OutOfOrder {
        item_id: String,
        occurred_at_us: i64,
        watermark_item_id: String,
        watermark_us: i64,
    },
    #[error(
        "vector of item {item_id:?} has {found} dimensions where this user's clusters have {expected}; \
         use one encoder for all items, or recompute the user"
    )]
    DimensionMismatch {
        item_id: String,
        expected: usize,
        found: usize,
    },
    #[error("vector of item {item_id:?} holds {value} at position {position}; embed the item again")]
    NonFinite {
        item_id: String,
        position: usize,
        value: f32,
    },
    #[error("vector of item {item_id:?} has length {length}; store vectors scaled to length 1")]
    NotUnitLength { item_id: String, length: f32 },
    #[error(
        "activity on item {item_id:?} at {occurred_at_us} us has weight {weight}; weights lie between {minimum} and {maximum}"
    )]
    WeightOutOfRange {
        item_id: String,
        occurred_at_us: i64,
        weight: f32,
        minimum: f32,
        maximum: f32,
    },
    #[error(
        "concept {term:?} of item {item_id:?} has weight {weight}; weights lie between {minimum} and {maximum}"
    )]
    ConceptWeightOutOfRange {
        item_id: String,
        term: String,
        weight: f32,
        minimum: f32,
        maximum: f32,
    },
    #[error(
        "item {item_id:?} of an activity, or of what the user's state refers to, is not in the item store; provide all of them"
    )]
    UnknownItem { item_id: String },
}

/// Bytes that are not a state of this version of the algorithm: recompute the user from the log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    #[error("segment state is empty; recompute the user from the log")]
    Empty,
    #[error(
        "segment state has version {found} where this program reads {expected}; recompute the user from the log"
    )]
    Version { found: u8, expected: u8 },
    #[error("segment state cannot be decoded; recompute the user from the log")]
    Decode {
        #[source]
        source: postcard::Error,
    },
    #[error(
        "segment state is followed by {bytes} bytes that are not part of it; recompute the user from the log"
    )]
    TrailingBytes { bytes: usize },
    #[error("segment state is damaged ({reason}); recompute the user from the log")]
    Inconsistent { reason: &'static str },
}

/// Text that is not a journey id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a journey id; expected 16 lower-case hexadecimal digits")]
pub struct JourneyIdError {
    pub text: String,
}
