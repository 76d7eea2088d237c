//! What to generate, and the ranges that make sense.

use serde::{Deserialize, Serialize};

use crate::error::EvaluationError;

/// The size and the shape of a synthetic world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GenerateOptions {
    /// Users, at least 1; those who are dealt no activity do not appear.
    pub users: u64,
    /// Activities over all users, at least 1; met exactly.
    pub activities: u64,
    /// Equal options with equal seeds give equal bytes.
    pub seed: u64,
    /// Midnight UTC of the first day, in microseconds since 1970-01-01.
    pub start_at_us: i64,
    /// Days that the activities spread over, at least 1. Journeys need some weeks to be told from passing interests.
    pub days: u32,
    /// Items of each topic, at least 1. There are ten times as many everyday items as one topic has.
    pub items_per_topic: u32,
    /// Share, in 0..=1, of activities that belong to no journey.
    pub noise_share: f64,
    /// Share, in 0..=1, of activities that come in bursts: a user takes in a lot of one topic within minutes, and that is all.
    /// They belong to no journey, and `truth` gets a column `noise_source` with their topic. The other shares are of the rest.
    pub burst_share: f64,
    /// Share, in 0..=1, of activities that become known up to a week after they happened. Above 0, `activities` gets a column
    /// `logical_date`, the day in UTC, as YYYY-MM-DD, on which each row became known.
    pub late_share: f64,
    /// Share, in 0..=1, of activities whose row in `activities` comes once more, right after; on top of `activities`.
    pub duplicate_share: f64,
    /// Exponent, above 0, of the bounded Pareto distribution of activities per user; smaller is more uneven. The most
    /// active user has at most a thousand times as many as the least active.
    pub tail_exponent: f64,
    /// The most rows a file holds, at least 1. Activities are cut between users, so a user with more has a larger file.
    pub rows_per_file: u64,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self {
            users: 1_000,
            activities: 100_000,
            seed: 1,
            start_at_us: 1_704_067_200_000_000, // 2024-01-01
            days: 180,
            items_per_topic: 60,
            noise_share: 0.2,
            burst_share: 0.0,
            late_share: 0.0,
            duplicate_share: 0.0,
            tail_exponent: 1.5,
            rows_per_file: 1_000_000,
        }
    }
}

impl GenerateOptions {
    /// Checks every option against its range; the first that lies outside is the error.
    pub fn validate(&self) -> Result<(), EvaluationError> {
        let whole = "a whole number from 1 up";
        check("users", self.users, self.users >= 1, whole)?;
        check("activities", self.activities, self.activities >= 1, whole)?;
        check(
            "days",
            self.days,
            (1..=36_525).contains(&self.days),
            "a whole number from 1 to 36525",
        )?;
        // A hundred years on either side of 1970, so that adding days cannot leave the range of time stamps.
        let century = 36_525 * 86_400_000_000_i64;
        let near = (-century..=century).contains(&self.start_at_us);
        check(
            "start_at_us",
            self.start_at_us,
            near,
            "a time between 1870 and 2070",
        )?;
        check(
            "items_per_topic",
            self.items_per_topic,
            self.items_per_topic >= 1,
            whole,
        )?;
        for (name, share) in [
            ("noise_share", self.noise_share),
            ("burst_share", self.burst_share),
            ("late_share", self.late_share),
            ("duplicate_share", self.duplicate_share),
        ] {
            check(name, share, (0.0..=1.0).contains(&share), "a number from 0 to 1")?;
        }
        let exponent = (0.1..=20.0).contains(&self.tail_exponent);
        check(
            "tail_exponent",
            self.tail_exponent,
            exponent,
            "a number from 0.1 to 20",
        )?;
        check(
            "rows_per_file",
            self.rows_per_file,
            self.rows_per_file >= 1,
            whole,
        )
    }
}

fn check(
    name: &'static str,
    value: impl ToString + Copy,
    valid: bool,
    expected: &'static str,
) -> Result<(), EvaluationError> {
    if valid {
        Ok(())
    } else {
        Err(EvaluationError::Option {
            name,
            value: value.to_string(),
            expected,
        })
    }
}
