//! How much any two of a user's units belong together: likeness of what they are about, and nearness in time.
//!
//! All items of a catalogue may resemble each other a little. What even the least alike of the user's activities have in
//! common is taken for the background, and only what goes beyond it counts.
//!
//! A unit is an open activity or the settled part of a journey. The affinity of a settled part is the mean over its
//! activities, which its sum of vectors gives without them; in time it is where the mean of them is.

use std::borrow::Cow;

use crate::dots::dots_of_pairs;
use crate::likeness_rank::PairsBelow;
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::settled_journey::SettledJourney;
use crate::similarity::{LANES, MICROSECONDS_PER_DAY};
use crate::wide_registers::with_wide_registers;

const MICROSECONDS_PER_MINUTE: f32 = 60e6;
/// Fewer say nothing about what is usual.
const FEWEST_PAIRS: usize = 6;
/// Of the squares in which a triangle is mirrored.
const SIDE: usize = 8;

/// Affinities of all pairs of units: the settled journeys first, then the open activities, each in their order.
#[derive(Debug, Clone)]
pub(crate) struct Affinities {
    units: usize,
    /// From the start of one row to that of the next.
    stride: usize,
    /// Row by row, symmetric; what stands on the diagonal and beyond the last unit means nothing.
    values: Vec<f32>,
    /// The likeness that counts as none.
    background: f32,
}

impl Affinities {
    pub(crate) fn of(settled: &[SettledJourney], open: &OpenActivities, params: &Params) -> Self {
        let units = settled.len() + open.len();
        let stride = stride(units);
        let mut values = vec![0.0; units * stride];
        let vectors = vectors(settled, open);
        let dimension = vectors.len().checked_div(units).unwrap_or(0);
        dots_of_pairs(&vectors, dimension, stride, &mut values);
        let mut affinities = Self {
            units,
            stride,
            values,
            background: 0.0,
        };
        affinities.background = affinities.least_alike(settled.len(), params);
        affinities.add_nearness(settled, open, params);
        mirror(&mut affinities.values, units, stride);
        affinities
    }

    /// What a sum of likenesses over `pairs` pairs is beyond the background.
    pub(crate) fn within(&self, sum: f32, pairs: f32) -> f32 {
        (sum - self.background * pairs) / (1.0 - self.background)
    }

    /// The likeness that a share of the pairs of open activities do not reach. Only the lower triangle is filled yet.
    fn least_alike(&self, settled: usize, params: &Params) -> f32 {
        let open = self.units - settled;
        let pairs = open * open.saturating_sub(1) / 2;
        if params.background_share <= 0.0 || pairs < FEWEST_PAIRS {
            return 0.0;
        }
        let place = at_share(pairs - 1, params.background_share);
        let rows = (settled..self.units).map(|later| &self.row(later)[settled..later]);
        PairsBelow::new(rows.collect()).at(place, params.background_limit)
    }

    /// Makes likenesses affinities, below the diagonal.
    fn add_nearness(&mut self, settled: &[SettledJourney], open: &OpenActivities, params: &Params) {
        let of_settled = settled.iter().map(|journey| journey.summary.mean_at_us());
        let of_open = (0..open.len()).map(|position| open.activity(position).occurred_at_us);
        let times: Vec<i64> = of_settled.chain(of_open).collect();
        let mut gaps = vec![0.0_f32; times.len()];
        for (later, &time) in times.iter().enumerate() {
            for (gap, earlier) in gaps[..later].iter_mut().zip(&times) {
                *gap = time.saturating_sub(*earlier).saturating_abs() as f32;
            }
            // Open activities are in the order of time: those of one session are the last ones.
            let first_open = settled.len().min(later);
            let apart = gaps[first_open..later].partition_point(|gap| !is_session(*gap, params));
            let (row, gaps) = (&mut self.values[later * self.stride..][..later], &gaps[..later]);
            let (row_apart, row_session) = row.split_at_mut(first_open + apart);
            let (gaps_apart, gaps_session) = gaps.split_at(first_open + apart);
            affinities_apart(row_apart, gaps_apart, self.background, params);
            affinities_of_session(row_session, gaps_session, self.background, params);
        }
    }

    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Those of one unit with each, and further ones that mean nothing, up to a whole number of lanes.
    pub(crate) fn row(&self, unit: usize) -> &[f32] {
        &self.values[unit * self.stride..][..self.stride]
    }

    /// The first row for writing, and the second.
    pub(crate) fn two_rows(&mut self, first: usize, second: usize) -> (&mut [f32], &[f32]) {
        let (before, from) = self.values.split_at_mut(first.max(second) * self.stride);
        let lower = &mut before[first.min(second) * self.stride..][..self.stride];
        let upper = &mut from[..self.stride];
        if first < second {
            (lower, upper)
        } else {
            (upper, lower)
        }
    }

    pub(crate) fn set(&mut self, left: usize, right: usize, affinity: f32) {
        self.values[left * self.stride + right] = affinity;
    }
}

/// Whole lanes, an odd number of them, so that the places of a column are spread over the whole cache.
fn stride(units: usize) -> usize {
    (units.div_ceil(LANES) | 1) * LANES
}

/// All in one place, one after the other, as many products are taken at a time.
fn vectors<'a>(settled: &[SettledJourney], open: &'a OpenActivities) -> Cow<'a, [f32]> {
    if settled.is_empty() {
        return Cow::Borrowed(open.vectors());
    }
    let mut vectors = Vec::with_capacity((settled.len() + open.len()) * open.dimension());
    for journey in settled {
        vectors.extend(journey.summary.mean());
    }
    vectors.extend_from_slice(open.vectors());
    Cow::Owned(vectors)
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

with_wide_registers! {
    /// Makes likenesses affinities, for pairs so far apart in time that they are not of one session.
    fn affinities_apart(row: &mut [f32], gaps_us: &[f32], background: f32, params: &Params) = plain_affinities_apart
}

with_wide_registers! {
    /// Makes likenesses affinities, for pairs of one session.
    fn affinities_of_session(row: &mut [f32], gaps_us: &[f32], background: f32, params: &Params)
        = plain_affinities_of_session
}

#[inline]
fn plain_affinities_apart(row: &mut [f32], gaps_us: &[f32], background: f32, params: &Params) {
    for (value, gap) in row.iter_mut().zip(gaps_us) {
        *value = beyond(*value, background) + (0.0 - penalty(*gap, params));
    }
}

#[inline]
fn plain_affinities_of_session(row: &mut [f32], gaps_us: &[f32], background: f32, params: &Params) {
    for (value, gap) in row.iter_mut().zip(gaps_us) {
        let minutes = gap / MICROSECONDS_PER_MINUTE;
        let session = params.session_bonus * (1.0 - minutes / params.session_minutes);
        *value = beyond(*value, background) + (session - penalty(*gap, params));
    }
}

fn is_session(gap_us: f32, params: &Params) -> bool {
    gap_us / MICROSECONDS_PER_MINUTE < params.session_minutes
}

fn beyond(likeness: f32, background: f32) -> f32 {
    (likeness - background) / (1.0 - background)
}

/// What two units lose by being far apart in time.
fn penalty(gap_us: f32, params: &Params) -> f32 {
    let days = gap_us / MICROSECONDS_PER_DAY as f32;
    params.gap_penalty * (days / params.gap_days).min(1.0)
}

/// Repeats above the diagonal what is below it, square by square: a whole column at a time would not stay in the cache.
fn mirror(values: &mut [f32], units: usize, stride: usize) {
    for rows in (0..units).step_by(SIDE) {
        for columns in (0..=rows).step_by(SIDE) {
            for row in rows..units.min(rows + SIDE) {
                for column in columns..row.min(columns + SIDE) {
                    values[column * stride + row] = values[row * stride + column];
                }
            }
        }
    }
}

#[cfg(test)]
impl Affinities {
    /// For tests of what is made of them.
    pub(crate) fn from_pairs(units: usize, affinity: impl Fn(usize, usize) -> f32) -> Self {
        let stride = stride(units);
        let mut values = vec![0.0; units * stride];
        for row in 0..units {
            for column in (0..units).filter(|column| *column != row) {
                values[row * stride + column] = affinity(row, column);
            }
        }
        Self {
            units,
            stride,
            values,
            background: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_is_mirrored_whole() {
        for units in [0, 1, 7, 8, 9, 20] {
            let stride = stride(units);
            let mut values = vec![-1.0; units * stride];
            for row in 0..units {
                for column in 0..row {
                    values[row * stride + column] = (row * 100 + column) as f32;
                }
            }
            mirror(&mut values, units, stride);
            for row in 0..units {
                for column in 0..row {
                    let expected = (row * 100 + column) as f32;
                    assert!((values[column * stride + row] - expected).abs() < f32::EPSILON);
                    assert!((values[row * stride + column] - expected).abs() < f32::EPSILON);
                }
            }
        }
    }
}
