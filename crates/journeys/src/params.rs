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

/// Clusters of fewer activities dissolve while journeys are sought, where journeys may not be even smaller.
const SMALLEST_CLUSTER: u32 = 4;

/// How activities are grouped and which groups are published.
///
/// The affinity of two activities is the cosine of their items' vectors, raised by `session_bonus` when they are close in
/// time and lowered by `gap_penalty` when they are far apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Params {
    /// Share of the pairs of a user's open activities, the least alike, whose likeness counts as none; from 0, which
    /// switches it off, to 1.
    pub background_share: f32,
    /// The most likeness that counts as none, so that the only interest of a user does not come apart; from 0 to 0.9.
    pub background_limit: f32,
    /// Mean affinity between two groups, less their cohesion's part, from which they are linked; from -2 to 2.
    pub link_threshold: f32,
    /// How much of the mean cohesion of two groups their affinity has to make up for to be linked; from 0 to 2.
    pub cohesion_weight: f32,
    /// Pairs of no affinity that a group's cohesion is averaged with, so that few activities do not make it; at least 0.
    pub cohesion_prior: f32,
    /// Cohesion above this counts as this: the lower, the longer and wider journeys become; above 0 to 2.
    pub cohesion_limit: f32,
    /// Raises the affinity of two activities at the same moment, falling to nothing over `session_minutes`; from 0 to 1.
    pub session_bonus: f32,
    /// Minutes over which the bonus falls; above 0.
    pub session_minutes: f32,
    /// Lowers the affinity of two activities, the more the further they are apart in time; from 0 to 1.
    pub gap_penalty: f32,
    /// Days apart from which the whole penalty holds; above 0.
    pub gap_days: f32,
    /// Share of the three nearest members in how well an activity fits a group; the rest is the mean of all; from 0 to 1.
    pub nearest_share: f32,
    /// Share of a group's cohesion that is taken off how well an activity fits it; from 0 to 1.
    pub cohesion_share: f32,
    /// How well an activity must fit its group to stay; from -2 to 2.
    pub keep_threshold: f32,
    /// How well an activity must fit another group, or any if it has none, to join it; from -2 to 2.
    pub join_threshold: f32,
    /// Rounds of leaving and joining; at most 16.
    pub rounds: u32,
    /// Activities of a user that are open to change; with more, the older half is settled. From 8 to 4096: time grows
    /// with it, and memory with its square.
    pub max_open_activities: u32,
    /// Journeys of a user with a settled part, at least 1; beyond, the one that the user has left for longest is retired.
    pub max_live_journeys: u32,
    /// Activities a journey needs, at least 1. Also the first naming milestone.
    pub min_activities: u32,
    /// Distinct UTC days a journey needs; 0 switches the rule off.
    pub min_active_days: u32,
    /// Days between first and last activity that a journey needs; 0 switches the rule off.
    pub min_span_days: f32,
    /// Items that describe a journey, at most 32.
    pub representatives: u32,
    /// Concepts that describe a journey, at most 64.
    pub concepts: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            background_share: 0.1,
            background_limit: 0.2,
            link_threshold: 0.0,
            cohesion_weight: 1.0,
            cohesion_prior: 20.0,
            cohesion_limit: 0.25,
            session_bonus: 0.2,
            session_minutes: 60.0,
            gap_penalty: 0.1,
            gap_days: 30.0,
            nearest_share: 0.8,
            cohesion_share: 0.3,
            keep_threshold: 0.13,
            join_threshold: 0.19,
            rounds: 3,
            max_open_activities: 256,
            max_live_journeys: 64,
            min_activities: 5,
            min_active_days: 3,
            min_span_days: 14.0,
            representatives: 10,
            concepts: 8,
        }
    }
}

impl Params {
    /// Activities that a group needs not to dissolve.
    pub(crate) fn smallest_cluster(&self) -> f32 {
        self.min_activities.min(SMALLEST_CLUSTER) as f32
    }

    /// Checks every parameter against its range; the first that lies outside is the error.
    pub fn validate(&self) -> Result<(), ParamsError> {
        self.validate_affinity()?;
        self.validate_groups()?;
        self.validate_journeys()
    }

    fn validate_affinity(&self) -> Result<(), ParamsError> {
        share("background_share", self.background_share)?;
        let limit = self.background_limit;
        let expected = "a number from 0 to 0.9";
        check(
            "background_limit",
            limit.into(),
            (0.0..=0.9).contains(&limit),
            expected,
        )?;
        share("session_bonus", self.session_bonus)?;
        positive("session_minutes", self.session_minutes)?;
        share("gap_penalty", self.gap_penalty)?;
        positive("gap_days", self.gap_days)?;
        share("nearest_share", self.nearest_share)?;
        share("cohesion_share", self.cohesion_share)
    }

    fn validate_groups(&self) -> Result<(), ParamsError> {
        let within = |name, value: f32, low: f32, expected| {
            check(name, value.into(), (low..=2.0).contains(&value), expected)
        };
        within(
            "cohesion_weight",
            self.cohesion_weight,
            0.0,
            "a number from 0 to 2",
        )?;
        for (name, value) in [
            ("link_threshold", self.link_threshold),
            ("keep_threshold", self.keep_threshold),
            ("join_threshold", self.join_threshold),
        ] {
            within(name, value, -2.0, "a number from -2 to 2")?;
        }
        not_negative("cohesion_prior", self.cohesion_prior)?;
        let limit = self.cohesion_limit;
        let expected = "a number above 0, at most 2";
        check(
            "cohesion_limit",
            limit.into(),
            limit > 0.0 && limit <= 2.0,
            expected,
        )?;
        let rounds = "a whole number from 0 to 16";
        check("rounds", self.rounds.into(), self.rounds <= 16, rounds)?;
        let open = self.max_open_activities;
        let expected = "a whole number from 8 to 4096";
        check(
            "max_open_activities",
            open.into(),
            (8..=4096).contains(&open),
            expected,
        )
    }

    fn validate_journeys(&self) -> Result<(), ParamsError> {
        let at_least_one =
            |name, value: u32| check(name, value.into(), value >= 1, "a whole number from 1 up");
        at_least_one("max_live_journeys", self.max_live_journeys)?;
        at_least_one("min_activities", self.min_activities)?;
        not_negative("min_span_days", self.min_span_days)?;
        let bounded = |name, value: u32, bound: usize| {
            let within = usize::try_from(value).is_ok_and(|value| value <= bound);
            check(
                name,
                value.into(),
                within,
                "at most as many as a journey's state holds (32 items, 64 concepts)",
            )
        };
        bounded("representatives", self.representatives, MAXIMUM_CANDIDATES)?;
        bounded("concepts", self.concepts, CONCEPTS_AFTER_PRUNING)
    }
}

fn share(name: &'static str, value: f32) -> Result<(), ParamsError> {
    let expected = "a number from 0 to 1";
    check(name, value.into(), (0.0..=1.0).contains(&value), expected)
}

fn positive(name: &'static str, value: f32) -> Result<(), ParamsError> {
    let valid = value.is_finite() && value > 0.0;
    check(name, value.into(), valid, "a number above 0")
}

fn not_negative(name: &'static str, value: f32) -> Result<(), ParamsError> {
    let valid = value.is_finite() && value >= 0.0;
    check(name, value.into(), valid, "a number from 0 up")
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
