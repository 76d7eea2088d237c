//! How much any two of a user's units belong together: likeness of what they are about, and nearness in time.
//!
//! A unit is an open activity or the settled part of a journey. The affinity of a settled part is the mean over its
//! activities, which its sum of vectors gives without them; in time it is where the mean of them is.

use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::settled_journey::SettledJourney;
use crate::similarity::{MICROSECONDS_PER_DAY, dot};

const MICROSECONDS_PER_MINUTE: f32 = 60e6;

/// Affinities of all pairs of units: the settled journeys first, then the open activities, each in their order.
#[derive(Debug, Clone)]
pub(crate) struct Affinities {
    units: usize,
    /// Row by row, symmetric; what stands on the diagonal means nothing.
    values: Vec<f32>,
}

impl Affinities {
    pub(crate) fn of(settled: &[SettledJourney], open: &OpenActivities, params: &Params) -> Self {
        let units = settled.len() + open.len();
        let mut affinities = Self {
            units,
            values: vec![0.0; units * units],
        };
        let means: Vec<Vec<f32>> = settled.iter().map(|journey| journey.summary.mean()).collect();
        let time = |unit: usize| match settled.get(unit) {
            Some(journey) => journey.summary.mean_at_us(),
            None => open.activity(unit - settled.len()).occurred_at_us,
        };
        let vector = |unit: usize| match means.get(unit) {
            Some(mean) => mean.as_slice(),
            None => open.vector(unit - settled.len()),
        };
        for later in 1..units {
            let at = time(later);
            for earlier in 0..later {
                let gap_us = at.saturating_sub(time(earlier)).saturating_abs();
                let both_open = earlier >= settled.len();
                let affinity = dot(vector(later), vector(earlier)) + nearness(gap_us, both_open, params);
                affinities.values[later * units + earlier] = affinity;
                affinities.values[earlier * units + later] = affinity;
            }
        }
        affinities
    }

    pub(crate) fn units(&self) -> usize {
        self.units
    }

    pub(crate) fn between(&self, left: usize, right: usize) -> f32 {
        self.values[left * self.units + right]
    }

    pub(crate) fn row(&self, unit: usize) -> &[f32] {
        &self.values[unit * self.units..][..self.units]
    }

    pub(crate) fn set(&mut self, left: usize, right: usize, affinity: f32) {
        self.values[left * self.units + right] = affinity;
        self.values[right * self.units + left] = affinity;
    }
}

/// What two units gain by being close in time, as those of one session, or lose by being far apart.
fn nearness(gap_us: i64, one_session_possible: bool, params: &Params) -> f32 {
    let gap = gap_us as f32;
    let minutes = gap / MICROSECONDS_PER_MINUTE;
    let session = if one_session_possible && minutes < params.session_minutes {
        params.session_bonus * (1.0 - minutes / params.session_minutes)
    } else {
        0.0
    };
    let days = gap / MICROSECONDS_PER_DAY as f32;
    session - params.gap_penalty * (days / params.gap_days).min(1.0)
}
