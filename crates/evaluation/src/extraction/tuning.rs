//! Choosing a method's parameters on users whose journeys are known.
//!
//! Owns: which parameters are tuned and over what range, what makes one choice better than another, and the search.
//! Refuses to do: scoring on the users it was tuned on (that says little; score on others), and randomness: the same
//! users give the same parameters.
//!
//! The search tries a grid over all parameters of a method, or, where the grid would be too large, one parameter
//! after the other from the defaults, until none improves. Then it tries ever smaller steps around the best, down to
//! each parameter's resolution.

mod objective;
mod search;
mod spaces;
mod wayfare_fields;

use rayon::prelude::*;
use serde::Serialize;

pub use objective::Objective;

use super::dataset::{Catalogue, UserHistory};
use super::method::{Method, assigned};
use crate::error::EvaluationError;
use crate::metrics::{LabelPair, bcubed, coverage, noise_rejected};

/// One choice of parameters and its means over the users for which each is defined.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// Each tuned parameter and its value.
    pub values: Vec<(&'static str, f64)>,
    pub bcubed_f1: f64,
    /// None where no user has noise.
    pub noise_rejected: Option<f64>,
    pub coverage: f64,
}

/// What tuning found.
#[derive(Debug)]
pub struct Tuned {
    /// The method with the chosen parameters.
    pub method: Box<dyn Method>,
    pub chosen: Trial,
    /// False where reaching the objective's coverage would have cost more than it may, and it was waived.
    pub floor_kept: bool,
    /// Everything that was tried, in that order, each once.
    pub trials: Vec<Trial>,
}

/// Tunes the method of this name: one of [`baselines::NAMES`](super::baselines::NAMES), or `wayfare`.
///
/// An unknown name, and users without any known journey, are errors.
pub fn tune(
    name: &str,
    catalogue: &Catalogue,
    users: &[UserHistory],
    objective: Objective,
) -> Result<Tuned, EvaluationError> {
    let space = spaces::by_name(name)?;
    let found = search::search(&space.axes, &space.start, &objective, |values| {
        let method = (space.build)(values, objective.min_activities);
        let named = space
            .axes
            .iter()
            .map(|axis| axis.name)
            .zip(values.iter().copied());
        try_out(method.as_ref(), named.collect(), catalogue, users)
    })?;
    let values: Vec<f64> = found.chosen.values.iter().map(|&(_, value)| value).collect();
    Ok(Tuned {
        method: (space.build)(&values, objective.min_activities),
        floor_kept: objective.reaches_floor(&found.chosen),
        chosen: found.chosen,
        trials: found.trials,
    })
}

fn try_out(
    method: &dyn Method,
    values: Vec<(&'static str, f64)>,
    catalogue: &Catalogue,
    users: &[UserHistory],
) -> Result<Trial, EvaluationError> {
    let scores = users
        .par_iter()
        .map(|user| Ok(score(user, &assigned(method, catalogue, user)?)))
        .collect::<Result<Vec<[Option<f64>; 3]>, EvaluationError>>()?;
    let mean = |metric: usize| {
        // In the order of the users, so that the sum does not depend on which thread was first.
        let defined: Vec<f64> = scores.iter().filter_map(|score| score[metric]).collect();
        (!defined.is_empty()).then(|| defined.iter().sum::<f64>() / defined.len() as f64)
    };
    match (mean(0), mean(2)) {
        (Some(bcubed_f1), Some(coverage)) => Ok(Trial {
            values,
            bcubed_f1,
            noise_rejected: mean(1),
            coverage,
        }),
        _ => Err(EvaluationError::NoUsers),
    }
}

/// BCubed F1, noise rejected and coverage. The other metrics decide nothing here, and some take long.
fn score(user: &UserHistory, labels: &[Option<u32>]) -> [Option<f64>; 3] {
    let pairs: Vec<LabelPair<u32>> = user
        .gold
        .iter()
        .zip(labels)
        .map(|(&gold, &predicted)| LabelPair { gold, predicted })
        .collect();
    [
        bcubed(&pairs).map(|score| score.f1),
        noise_rejected(&pairs),
        coverage(&pairs),
    ]
}
