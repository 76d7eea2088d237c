//! What makes one choice of parameters better than another.

use super::Trial;
use crate::extraction::baselines::MIN_ACTIVITIES;

/// The aim of tuning: the highest mean BCubed F1 at a coverage that leaves little out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Mean coverage that a choice must reach, from 0 to 1; 0 for none.
    pub coverage_floor: f64,
    /// Mean BCubed F1 that a method may lose to reach the floor. For one that would lose more the floor is waived, so
    /// that no baseline is made worse than it is.
    pub most_f1_given_up: f64,
    /// Activities that a cluster needs to count as a journey; given, not tuned.
    pub min_activities: u32,
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            coverage_floor: 0.95,
            most_f1_given_up: 0.01,
            min_activities: MIN_ACTIVITIES,
        }
    }
}

/// What the search climbs. Scores that differ by less than a ten-thousandth are equal, so that what is next to nothing
/// does not outweigh the noise rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// First the floor of coverage, then BCubed F1, then noise rejected.
    AtFloor,
    /// BCubed F1, then noise rejected.
    Free,
}

impl Objective {
    /// Whether the new trial is better; equal ones are not.
    pub(super) fn prefers(&self, goal: Goal, new: &Trial, old: &Trial) -> bool {
        self.rank(goal, new) > self.rank(goal, old)
    }

    /// The better of the best trials for both goals.
    pub(super) fn choose(&self, at_floor: Trial, free: Trial) -> Trial {
        let affordable = at_floor.bcubed_f1 >= free.bcubed_f1 - self.most_f1_given_up;
        if self.reaches_floor(&at_floor) && affordable {
            at_floor
        } else {
            free
        }
    }

    pub(super) fn reaches_floor(&self, trial: &Trial) -> bool {
        ten_thousandths(trial.coverage) >= ten_thousandths(self.coverage_floor)
    }

    fn rank(&self, goal: Goal, trial: &Trial) -> [i64; 3] {
        // Below the floor, more coverage is the way to it.
        let covered = match goal {
            Goal::AtFloor => trial.coverage.min(self.coverage_floor),
            Goal::Free => 0.0,
        };
        [
            ten_thousandths(covered),
            ten_thousandths(trial.bcubed_f1),
            ten_thousandths(trial.noise_rejected.unwrap_or(0.0)),
        ]
    }
}

#[expect(clippy::cast_possible_truncation, reason = "scores lie from 0 to 1")]
fn ten_thousandths(score: f64) -> i64 {
    (score * 10_000.0).round() as i64
}
