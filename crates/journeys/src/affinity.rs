//! How much any two of a user's units belong together: likeness of what they are about, and nearness in time.
//!
//! All items of a catalogue may resemble each other a little. What even the least alike of the user's activities have in
//! common is taken for the background, and only what goes beyond it counts.
//!
//! A unit is an open activity or the settled part of a journey. The affinity of a settled part is the mean over its
//! activities, which its sum of vectors gives without them; in time it is where the mean of them is.

use crate::dots::dots;
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::settled_journey::SettledJourney;
use crate::similarity::MICROSECONDS_PER_DAY;

const MICROSECONDS_PER_MINUTE: f32 = 60e6;
/// Fewer say nothing about what is usual.
const FEWEST_PAIRS: usize = 6;

/// Affinities of all pairs of units: the settled journeys first, then the open activities, each in their order.
#[derive(Debug, Clone)]
pub(crate) struct Affinities {
    units: usize,
    /// Row by row, symmetric; what stands on the diagonal means nothing.
    values: Vec<f32>,
    /// The likeness that counts as none.
    background: f32,
}

impl Affinities {
    pub(crate) fn of(settled: &[SettledJourney], open: &OpenActivities, params: &Params) -> Self {
        let units = settled.len() + open.len();
        let mut affinities = Self {
            units,
            values: vec![0.0; units * units],
            background: 0.0,
        };
        // All in one place, one after the other, as many products are taken at a time.
        let mut vectors: Vec<f32> = Vec::with_capacity(units * open.dimension());
        for journey in settled {
            vectors.extend(journey.summary.mean());
        }
        vectors.extend_from_slice(open.vectors());
        let dimension = vectors.len().checked_div(units).unwrap_or(0);
        let times: Vec<i64> = settled
            .iter()
            .map(|journey| journey.summary.mean_at_us())
            .chain((0..open.len()).map(|position| open.activity(position).occurred_at_us))
            .collect();
        for later in 1..units {
            let (earlier, from_later) = vectors.split_at(later * dimension);
            let products = &mut affinities.values[later * units..][..later];
            dots(&from_later[..dimension], earlier, products);
        }
        affinities.background = affinities.least_alike(settled.len(), params);
        for later in 1..units {
            for earlier in 0..later {
                let likeness = beyond(affinities.between(later, earlier), affinities.background);
                let gap_us = times[later].saturating_sub(times[earlier]).saturating_abs();
                let both_open = earlier >= settled.len();
                affinities.set(later, earlier, likeness + nearness(gap_us, both_open, params));
            }
        }
        affinities
    }

    /// What a sum of likenesses over `pairs` pairs is beyond the background.
    pub(crate) fn within(&self, sum: f32, pairs: f32) -> f32 {
        (sum - self.background * pairs) / (1.0 - self.background)
    }

    /// The likeness that a share of the pairs of open activities do not reach. Only the lower triangle is filled yet.
    fn least_alike(&self, settled: usize, params: &Params) -> f32 {
        if params.background_share <= 0.0 {
            return 0.0;
        }
        let open = settled..self.units;
        let mut pairs: Vec<f32> = open
            .flat_map(|later| &self.values[later * self.units + settled..][..later - settled])
            .copied()
            .collect();
        if pairs.len() < FEWEST_PAIRS {
            return 0.0;
        }
        let place = at_share(pairs.len() - 1, params.background_share);
        let (_, &mut value, _) = pairs.select_nth_unstable_by(place, f32::total_cmp);
        value.clamp(0.0, params.background_limit)
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

fn beyond(likeness: f32, background: f32) -> f32 {
    (likeness - background) / (1.0 - background)
}

/// The position of the value that `share` of `last` + 1 ascending values come before.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a number of pairs"
)]
fn at_share(last: usize, share: f32) -> usize {
    ((last as f64 * f64::from(share)) as usize).min(last)
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
