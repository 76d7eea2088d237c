//! How much a mean over users, or over collections, would change with others: the percentile bootstrap.
//!
//! Users are drawn, not activities: those of one user have their journeys in common. The same draws serve all metrics
//! and methods, so that differences between methods are paired.

use rayon::prelude::*;
use serde::Serialize;

use crate::random::Random;

/// Draws that intervals are made of.
pub const RESAMPLES: usize = 2_000;

/// A mean with the interval that holds it in 95 of 100 cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub mean: f64,
    /// The interval's ends.
    pub low: f64,
    pub high: f64,
    /// Users, or collections, for which there is a value.
    pub count: usize,
}

impl Estimate {
    /// Half the interval's width.
    pub fn margin(&self) -> f64 {
        f64::midpoint(self.high, -self.low)
    }
}

/// The draws: in each, as many units (users or collections) as there are, with repetition.
#[derive(Debug)]
pub struct Bootstrap {
    units: usize,
    /// How often each draw holds each unit, draw after draw.
    counts: Vec<u32>,
}

impl Bootstrap {
    /// Draws from so many units; equal seeds give equal draws.
    pub fn new(units: usize, resamples: usize, seed: u64) -> Self {
        let mut counts = vec![0; units * resamples];
        counts
            .par_chunks_mut(units.max(1))
            .enumerate()
            .for_each(|(number, draw)| {
                let mut random = Random::stream(seed, number as u64);
                for _ in 0..units {
                    draw[random.below(units)] += 1;
                }
            });
        Self { units, counts }
    }

    /// The mean of the values that there are, of which `values` holds one place per unit; none where there are none.
    ///
    /// A draw without any value, which a rare one can bring about, does not count.
    pub fn estimate(&self, values: &[Option<f64>]) -> Option<Estimate> {
        let whole = mean(values.iter().map(|value| (1, *value)))?;
        let mut means: Vec<f64> = self
            .counts
            .par_chunks(self.units.max(1))
            .filter_map(|draw| mean(draw.iter().copied().zip(values.iter().copied())))
            .collect();
        means.sort_by(f64::total_cmp);
        Some(Estimate {
            mean: whole,
            low: percentile(&means, 0.025).unwrap_or(whole),
            high: percentile(&means, 0.975).unwrap_or(whole),
            count: values.iter().flatten().count(),
        })
    }

    /// The mean of `values` less `reference`, unit by unit, over those that have both.
    pub fn difference(&self, values: &[Option<f64>], reference: &[Option<f64>]) -> Option<Estimate> {
        let differences: Vec<Option<f64>> = values
            .iter()
            .zip(reference)
            .map(|(value, reference)| Some(value.as_ref()? - reference.as_ref()?))
            .collect();
        self.estimate(&differences)
    }
}

fn mean(values: impl Iterator<Item = (u32, Option<f64>)>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), (times, value)| match value {
        Some(value) => (sum + f64::from(times) * value, count + u64::from(times)),
        None => (sum, count),
    });
    (count > 0).then(|| sum / count as f64)
}

/// Between two values of the sorted ones, a share of the way from one to the next.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position in a list, from 0 up"
)]
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(position.floor() as usize)?;
    let above = sorted.get(position.ceil() as usize)?;
    Some(below + (above - below) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        let sorted = [0.0, 1.0, 2.0, 3.0, 4.0];
        assert_eq!(percentile(&sorted, 0.5), Some(2.0));
        assert_eq!(percentile(&sorted, 0.125), Some(0.5));
        assert_eq!(percentile(&sorted, 1.0), Some(4.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn the_interval_of_a_mean_is_as_wide_as_the_normal_one() {
        let mut random = Random::stream(3, 0);
        let values: Vec<Option<f64>> = (0..400).map(|_| Some(random.unit())).collect();
        let estimate = Bootstrap::new(400, RESAMPLES, 1).estimate(&values).unwrap();
        // The standard deviation of uniform values is the square root of a twelfth.
        let expected = 1.96 * (1.0_f64 / 12.0).sqrt() / 20.0;
        assert!((estimate.margin() / expected - 1.0).abs() < 0.1, "{estimate:?}");
        assert!(
            (estimate.mean - 0.5).abs() < 0.06 && estimate.count == 400,
            "{estimate:?}"
        );
    }

    #[test]
    fn a_constant_difference_has_no_width_however_much_users_differ() {
        let low: Vec<Option<f64>> = (0..50)
            .map(|user| (user > 4).then_some(f64::from(user)))
            .collect();
        let high: Vec<Option<f64>> = low.iter().map(|value| value.map(|value| value + 0.5)).collect();
        let bootstrap = Bootstrap::new(50, 500, 1);
        let difference = bootstrap.difference(&high, &low).unwrap();
        assert_eq!(
            (difference.low, difference.mean, difference.high),
            (0.5, 0.5, 0.5)
        );
        assert_eq!(difference.count, 45);
        assert!(bootstrap.estimate(&high).unwrap().margin() > 1.0);
        assert_eq!(bootstrap.difference(&high, &[None; 50]), None);
    }

    #[test]
    fn seeds_decide() {
        let draws = |seed| Bootstrap::new(20, 10, seed).counts;
        assert_eq!(draws(5), draws(5));
        assert_ne!(draws(5), draws(6));
        assert!(draws(5).chunks(20).all(|draw| draw.iter().sum::<u32>() == 20));
        assert_eq!(Bootstrap::new(0, 10, 1).estimate(&[]), None);
    }
}
