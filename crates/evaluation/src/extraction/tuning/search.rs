//! The search for the best values of a few parameters: a grid, or coordinates in turn, then ever smaller steps.

use std::collections::BTreeMap;

use super::Trial;
use super::objective::{Goal, Objective};
use crate::error::EvaluationError;

/// Points of a full grid up to which it is tried whole.
const GRID_LIMIT: usize = 400;

/// One tuned parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    /// Ascending; the first and the last bound the search.
    pub(super) candidates: &'static [f64],
    /// The smallest step; 0 where only the candidates themselves make sense.
    pub(super) resolution: f64,
}

/// The chosen trial, and all in the order in which they were made.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) chosen: Trial,
    pub(super) trials: Vec<Trial>,
}

/// Finds the values, one per axis, for which `evaluate` gives the best trial under the objective. `start` is where
/// coordinates in turn begin.
pub(super) fn search(
    axes: &[Axis],
    start: &[f64],
    objective: &Objective,
    evaluate: impl FnMut(&[f64]) -> Result<Trial, EvaluationError>,
) -> Result<Found, EvaluationError> {
    let mut search = Search {
        axes,
        objective,
        evaluate,
        known: BTreeMap::new(),
        trials: Vec::new(),
    };
    let at_floor = search.climb(start, Goal::AtFloor)?;
    let free = search.climb(start, Goal::Free)?;
    Ok(Found {
        chosen: objective.choose(at_floor, free),
        trials: search.trials,
    })
}

struct Search<'a, F> {
    axes: &'a [Axis],
    objective: &'a Objective,
    evaluate: F,
    /// The number of the trial with these values, as their bits.
    known: BTreeMap<Vec<u64>, usize>,
    trials: Vec<Trial>,
}

/// The best values so far, and the number of their trial.
struct Best {
    values: Vec<f64>,
    trial: usize,
}

impl<F: FnMut(&[f64]) -> Result<Trial, EvaluationError>> Search<'_, F> {
    fn climb(&mut self, start: &[f64], goal: Goal) -> Result<Trial, EvaluationError> {
        let values: Vec<f64> = start.iter().copied().map(tidy).collect();
        let trial = self.trial(&values)?;
        let mut best = Best { values, trial };
        let points = self.axes.iter().map(|axis| axis.candidates.len().max(1));
        if points.fold(1, usize::saturating_mul) <= GRID_LIMIT {
            self.grid(goal, &mut best)?;
        } else {
            self.coordinates(goal, &mut best)?;
        }
        self.refine(goal, &mut best)?;
        Ok(self.trials[best.trial].clone())
    }

    fn grid(&mut self, goal: Goal, best: &mut Best) -> Result<(), EvaluationError> {
        let mut points: Vec<Vec<f64>> = vec![Vec::new()];
        for axis in self.axes {
            let longer = points.iter().flat_map(|point| {
                axis.candidates
                    .iter()
                    .map(move |&value| point.iter().copied().chain([value]).collect())
            });
            points = longer.collect();
        }
        for point in points {
            self.offer(goal, best, point)?;
        }
        Ok(())
    }

    fn coordinates(&mut self, goal: Goal, best: &mut Best) -> Result<(), EvaluationError> {
        loop {
            let mut improved = false;
            for (position, axis) in self.axes.iter().enumerate() {
                for &value in axis.candidates {
                    improved |= self.offer_at(goal, best, position, value)?;
                }
            }
            if !improved {
                return Ok(());
            }
        }
    }

    /// Steps to both sides of each value, half as far when none is better, until all steps are the smallest.
    fn refine(&mut self, goal: Goal, best: &mut Best) -> Result<(), EvaluationError> {
        let mut steps: Vec<f64> = self.axes.iter().map(|axis| first_step(axis)).collect();
        loop {
            let mut improved = false;
            for (position, axis) in self.axes.iter().enumerate() {
                if axis.resolution > 0.0 {
                    for step in [-steps[position], steps[position]] {
                        let value = axis.near(best.values[position] + step);
                        improved |= self.offer_at(goal, best, position, value)?;
                    }
                }
            }
            if improved {
                continue;
            }
            if steps
                .iter()
                .zip(self.axes)
                .all(|(&step, axis)| step <= axis.resolution)
            {
                return Ok(());
            }
            for (step, axis) in steps.iter_mut().zip(self.axes) {
                *step = (*step / 2.0).max(axis.resolution);
            }
        }
    }

    fn offer_at(
        &mut self,
        goal: Goal,
        best: &mut Best,
        position: usize,
        value: f64,
    ) -> Result<bool, EvaluationError> {
        let mut values = best.values.clone();
        values[position] = value;
        self.offer(goal, best, values)
    }

    /// Takes the values where they are better than the best, and says whether they are.
    fn offer(&mut self, goal: Goal, best: &mut Best, values: Vec<f64>) -> Result<bool, EvaluationError> {
        let trial = self.trial(&values)?;
        let better = self
            .objective
            .prefers(goal, &self.trials[trial], &self.trials[best.trial]);
        if better {
            *best = Best { values, trial };
        }
        Ok(better)
    }

    fn trial(&mut self, values: &[f64]) -> Result<usize, EvaluationError> {
        let key: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        let trial = (self.evaluate)(values)?;
        self.trials.push(trial);
        self.known.insert(key, self.trials.len() - 1);
        Ok(self.trials.len() - 1)
    }
}

impl Axis {
    /// The value in range that is nearest and a multiple of the resolution.
    fn near(&self, value: f64) -> f64 {
        let [first, .., last] = self.candidates else {
            return value;
        };
        tidy((value / self.resolution).round() * self.resolution).clamp(*first, *last)
    }
}

/// Half the mean distance of neighbouring candidates.
fn first_step(axis: &Axis) -> f64 {
    match axis.candidates {
        [first, .., last] if axis.resolution > 0.0 => {
            let gaps = (axis.candidates.len() - 1) as f64;
            ((last - first) / gaps / 2.0).max(axis.resolution)
        }
        _ => 0.0,
    }
}

/// Without the digits that come from adding binary fractions and from numbers that were stored as f32, and without the
/// sign of nothing.
fn tidy(value: f64) -> f64 {
    (value * 1e6).round() / 1e6 + 0.0
}

#[cfg(test)]
mod tests;
