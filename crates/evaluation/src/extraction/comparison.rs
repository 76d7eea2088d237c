//! Several methods over the same users: means with intervals, differences to one of them, and speed.

#[cfg(test)]
mod tests;

use std::time::Instant;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::dataset::{Catalogue, UserHistory};
use super::method::{Method, assigned};
use super::scores::{Metric, UserScores, without_small};
use crate::bootstrap::{Bootstrap, Estimate, RESAMPLES};
use crate::error::EvaluationError;

/// What several methods achieved on the same users.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    pub users: usize,
    pub activities: usize,
    /// Items of the catalogue.
    pub items: usize,
    /// Share of the activities that belong to no journey.
    pub noise_share: f64,
    /// Journeys of fewer activities do not count as found.
    pub min_activities: usize,
    /// Draws of the bootstrap, and their seed.
    pub resamples: usize,
    pub seed: u64,
    /// Threads that users were divided between.
    pub threads: usize,
    /// The method that the others are compared with.
    pub reference: String,
    pub methods: Vec<MethodResult>,
}

/// What one method achieved.
#[derive(Debug, Clone, Serialize)]
pub struct MethodResult {
    pub name: String,
    pub parameters: Value,
    /// Time that the method took for all users, all threads at work.
    pub seconds: f64,
    pub activities_per_second: f64,
    /// In the order of [`Metric::ALL`].
    pub metrics: Vec<MetricResult>,
}

/// One metric of one method.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MetricResult {
    pub metric: Metric,
    /// Mean over users; none where the metric is defined for no user.
    pub mean: Option<Estimate>,
    /// Mean over users of the difference to the reference on the same user; none for the reference itself.
    pub difference: Option<Estimate>,
}

/// A comparison, and what it was made of.
#[derive(Debug)]
pub struct Compared {
    pub comparison: Comparison,
    /// Per method, per user.
    pub found: Vec<Vec<Found>>,
}

/// One method's journeys of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// One per activity.
    pub labels: Vec<Option<u32>>,
    pub scores: UserScores,
}

/// How to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonOptions {
    /// Name of the method that the others are compared with.
    pub reference: String,
    /// Journeys of fewer activities do not count as found.
    pub min_activities: usize,
    pub resamples: usize,
    pub seed: u64,
}

impl ComparisonOptions {
    /// The usual draws.
    pub fn new(reference: &str, min_activities: usize) -> Self {
        Self {
            reference: reference.to_owned(),
            min_activities,
            resamples: RESAMPLES,
            seed: 1,
        }
    }
}

impl MethodResult {
    /// What is known of one metric.
    pub fn metric(&self, metric: Metric) -> Option<&MetricResult> {
        self.metrics.iter().find(|result| result.metric == metric)
    }
}

/// Runs the methods one after the other, each over all users side by side, on the threads of the caller's pool.
///
/// No users, a reference that is not among the methods, and a method that fails on a user are errors.
pub fn compare(
    catalogue: &Catalogue,
    users: &[UserHistory],
    methods: &[Box<dyn Method>],
    options: &ComparisonOptions,
) -> Result<Compared, EvaluationError> {
    if users.is_empty() {
        return Err(EvaluationError::NoUsers);
    }
    let names: Vec<String> = methods.iter().map(|method| method.name()).collect();
    let reference = names
        .iter()
        .position(|name| *name == options.reference)
        .ok_or_else(|| EvaluationError::UnknownReference {
            name: options.reference.clone(),
            compared: names.clone(),
        })?;
    let activities: usize = users.iter().map(|user| user.activities.len()).sum();
    let noise = users
        .iter()
        .flat_map(|user| &user.gold)
        .filter(|gold| gold.is_none());
    let noise_share = noise.count() as f64 / activities.max(1) as f64;

    let ran = methods
        .iter()
        .map(|method| run(method.as_ref(), catalogue, users, options.min_activities))
        .collect::<Result<Vec<_>, _>>()?;
    let bootstrap = Bootstrap::new(users.len(), options.resamples, options.seed);
    let results = methods.iter().enumerate().map(|(number, method)| {
        let others = (number != reference).then(|| ran[reference].found.as_slice());
        MethodResult {
            name: names[number].clone(),
            parameters: method.parameters(),
            seconds: ran[number].seconds,
            activities_per_second: activities as f64 / ran[number].seconds.max(f64::MIN_POSITIVE),
            metrics: metrics(&bootstrap, &ran[number].found, others),
        }
    });
    let comparison = Comparison {
        users: users.len(),
        activities,
        items: catalogue.len(),
        noise_share,
        min_activities: options.min_activities,
        resamples: options.resamples,
        seed: options.seed,
        threads: rayon::current_num_threads(),
        reference: options.reference.clone(),
        methods: results.collect(),
    };
    Ok(Compared {
        comparison,
        found: ran.into_iter().map(|ran| ran.found).collect(),
    })
}

/// One method over all users.
struct Ran {
    found: Vec<Found>,
    seconds: f64,
}

fn run(
    method: &dyn Method,
    catalogue: &Catalogue,
    users: &[UserHistory],
    min_activities: usize,
) -> Result<Ran, EvaluationError> {
    let started = Instant::now();
    let labels = users
        .par_iter()
        .map(|user| assigned(method, catalogue, user))
        .collect::<Result<Vec<_>, _>>()?;
    let seconds = started.elapsed().as_secs_f64();
    let found = users
        .par_iter()
        .zip(labels)
        .map(|(user, labels)| {
            let labels = without_small(&labels, min_activities);
            let scores = UserScores::of(user, &labels);
            Found { labels, scores }
        })
        .collect();
    Ok(Ran { found, seconds })
}

fn metrics(bootstrap: &Bootstrap, found: &[Found], reference: Option<&[Found]>) -> Vec<MetricResult> {
    let values = |found: &[Found], metric| -> Vec<Option<f64>> {
        found.iter().map(|found| found.scores.get(metric)).collect()
    };
    Metric::ALL
        .into_iter()
        .map(|metric| {
            let own = values(found, metric);
            MetricResult {
                metric,
                mean: bootstrap.estimate(&own),
                difference: reference
                    .and_then(|reference| bootstrap.difference(&own, &values(reference, metric))),
            }
        })
        .collect()
}
