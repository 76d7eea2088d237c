//! The parameters of segmentation: their defaults and the ranges they must lie in.
//!
//! A state belongs to the parameters that made it: resuming it under others gives a result that no backfill
//! would give, so callers hash the parameters into whatever says that a state is current.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::candidates::MAXIMUM_CANDIDATES;
use crate::concepts::CONCEPTS_AFTER_PRUNING;
use crate::error::ParamsError;

const _: () = assert!(
    MAXIMUM_CANDIDATES == 32 && CONCEPTS_AFTER_PRUNING == 64,
    "the documentation of `Params` and its errors name these bounds"
);

/// How activities are grouped and which groups are published.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Combined similarity, from 0 to 1, that an activity needs to join a cluster.
    pub join_threshold: f32,
    /// Combined similarity, from 0 to 1, at which two live clusters become one.
    pub merge_threshold: f32,
    /// Share, from 0 to 1, of the cosine over concepts in the combined similarity; the rest is the vectors' cosine.
    pub concept_share: f32,
    /// Days after which a cluster's strength has halved; above 0.
    pub half_life_days: f32,
    /// The largest share of similarity, from 0 to 1, that a long dormant cluster loses.
    pub recency_penalty: f32,
    /// Clusters a user may have at a time, at least 1; beyond, the weakest is retired.
    pub max_live_clusters: u32,
    /// Activities a cluster needs to be kept, at least 1. Also the first naming milestone.
    pub min_activities: u32,
    /// Distinct UTC days a cluster needs to be kept; 0 switches the rule off.
    pub min_active_days: u32,
    /// Days between first and last activity that a cluster needs to be kept; 0 switches the rule off.
    pub min_span_days: f32,
    /// Items that describe a journey, at most 32.
    pub representatives: u32,
    /// Concepts that describe a journey, at most 64.
    pub concepts: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            join_threshold: 0.45,
            merge_threshold: 0.80,
            concept_share: 0.25,
            half_life_days: 90.0,
            recency_penalty: 0.1,
            max_live_clusters: 64,
            min_activities: 5,
            min_active_days: 3,
            min_span_days: 14.0,
            representatives: 10,
            concepts: 8,
        }
    }
}

impl Params {
    /// Checks every parameter against its range; the first that lies outside is the error.
    pub fn validate(&self) -> Result<(), ParamsError> {
        let share = |name, value: f32| {
            check(
                name,
                value.into(),
                (0.0..=1.0).contains(&value),
                "a number from 0 to 1",
            )
        };
        share("join_threshold", self.join_threshold)?;
        share("merge_threshold", self.merge_threshold)?;
        share("concept_share", self.concept_share)?;
        share("recency_penalty", self.recency_penalty)?;
        let positive = self.half_life_days.is_finite() && self.half_life_days > 0.0;
        check(
            "half_life_days",
            self.half_life_days.into(),
            positive,
            "a number above 0",
        )?;
        let not_negative = self.min_span_days.is_finite() && self.min_span_days >= 0.0;
        check(
            "min_span_days",
            self.min_span_days.into(),
            not_negative,
            "a number from 0 up",
        )?;
        let at_least_one =
            |name, value: u32| check(name, value.into(), value >= 1, "a whole number from 1 up");
        at_least_one("max_live_clusters", self.max_live_clusters)?;
        at_least_one("min_activities", self.min_activities)?;
        let bounded = |name, value: u32, bound: usize| {
            let within = usize::try_from(value).is_ok_and(|value| value <= bound);
            check(
                name,
                value.into(),
                within,
                "at most as many as a cluster's state holds (32 items, 64 concepts)",
            )
        };
        bounded("representatives", self.representatives, MAXIMUM_CANDIDATES)?;
        bounded("concepts", self.concepts, CONCEPTS_AFTER_PRUNING)
    }
}

fn check(name: &'static str, value: f64, valid: bool, expected: &'static str) -> Result<(), ParamsError> {
    if valid {
        Ok(())
    } else {
        Err(ParamsError::OutOfRange {
            name,
            value,
            expected,
        })
    }
}
