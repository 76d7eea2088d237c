//! Several methods over the same journeys: means with intervals, differences to one of them, and speed.

use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::journeys::Journey;
use super::method::{GivenName, Method, named};
use super::scores::{Measures, Metric, NameScores, score};
use crate::bootstrap::{Bootstrap, Estimate, RESAMPLES};
use crate::error::EvaluationError;

/// What several methods achieved on the same journeys.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Journeys that were named.
    pub journeys: usize,
    /// Hidden halves among which a name's own is looked for.
    pub halves: usize,
    /// Lists that the named journeys come from.
    pub lists: Vec<String>,
    /// Draws of the bootstrap, and the seed of draws, halves and choice of journeys.
    pub resamples: usize,
    pub seed: u64,
    /// The method that the others are compared with.
    pub reference: String,
    pub methods: Vec<MethodResult>,
}

/// What one method achieved.
#[derive(Debug, Clone, Serialize)]
pub struct MethodResult {
    pub name: String,
    pub parameters: Value,
    /// Time that naming took.
    pub seconds: f64,
    pub names_per_second: f64,
    /// In the order of [`Metric::ALL`].
    pub metrics: Vec<MetricResult>,
}

/// One metric of one method.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MetricResult {
    pub metric: Metric,
    /// Mean over journeys; none where the metric is defined for none.
    pub mean: Option<Estimate>,
    /// Mean over journeys of the difference to the reference on the same journey; none for the reference itself.
    pub difference: Option<Estimate>,
}

impl MethodResult {
    /// What is known of one metric.
    pub fn metric(&self, metric: Metric) -> Option<&MetricResult> {
        self.metrics.iter().find(|result| result.metric == metric)
    }
}

/// A comparison, and what it was made of.
#[derive(Debug)]
pub struct Compared {
    pub comparison: Comparison,
    /// The numbers of the journeys that were named.
    pub chosen: Vec<usize>,
    /// Per method, per named journey.
    pub names: Vec<Vec<GivenName>>,
}

/// How to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonOptions {
    /// Name of the method that the others are compared with.
    pub reference: String,
    /// Journeys to name at most, chosen by the seed.
    pub limit: Option<usize>,
    pub resamples: usize,
    pub seed: u64,
}

impl ComparisonOptions {
    /// All journeys and the usual draws.
    pub fn new(reference: &str) -> Self {
        Self {
            reference: reference.to_owned(),
            limit: None,
            resamples: RESAMPLES,
            seed: 1,
        }
    }
}

/// Lets the methods name the journeys one after the other, and measures the names.
///
/// A reference that is not among the methods and a method that fails are errors. `progress` is told before each method.
pub fn compare(
    journeys: &[Journey<'_>],
    methods: &[Box<dyn Method>],
    measures: &Measures<'_>,
    options: &ComparisonOptions,
    progress: &dyn Fn(&str),
) -> Result<Compared, EvaluationError> {
    let names: Vec<String> = methods.iter().map(|method| method.name()).collect();
    let reference = names
        .iter()
        .position(|name| *name == options.reference)
        .ok_or_else(|| EvaluationError::UnknownReference {
            name: options.reference.clone(),
            compared: names.clone(),
        })?;
    let chosen = chosen(journeys, options);
    if chosen.is_empty() {
        return Err(EvaluationError::NothingToName);
    }
    let to_name: Vec<&Journey<'_>> = chosen.iter().map(|&number| &journeys[number]).collect();
    let ran = methods
        .iter()
        .map(|method| {
            progress(&format!("{} names {} journeys", method.name(), to_name.len()));
            run(method.as_ref(), &to_name, &chosen, measures)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let bootstrap = Bootstrap::new(chosen.len(), options.resamples, options.seed);
    let results = methods.iter().enumerate().map(|(number, method)| {
        let others = (number != reference).then(|| ran[reference].scores.as_slice());
        MethodResult {
            name: names[number].clone(),
            parameters: method.parameters(),
            seconds: ran[number].seconds,
            names_per_second: chosen.len() as f64 / ran[number].seconds.max(f64::MIN_POSITIVE),
            metrics: metrics(&bootstrap, &ran[number].scores, others),
        }
    });
    let mut lists: Vec<String> = to_name
        .iter()
        .map(|journey| journey.collection.list.clone())
        .collect();
    lists.sort_unstable();
    lists.dedup();
    let comparison = Comparison {
        journeys: chosen.len(),
        halves: journeys.len(),
        lists,
        resamples: options.resamples,
        seed: options.seed,
        reference: options.reference.clone(),
        methods: results.collect(),
    };
    Ok(Compared {
        comparison,
        chosen,
        names: ran.into_iter().map(|ran| ran.names).collect(),
    })
}

/// The numbers of the journeys to name, in order: which they are depends on their collections' ids and the seed.
fn chosen(journeys: &[Journey<'_>], options: &ComparisonOptions) -> Vec<usize> {
    let mut order: Vec<usize> = (0..journeys.len()).collect();
    if let Some(limit) = options.limit {
        order.sort_by_key(|&number| {
            xxh3_64_with_seed(journeys[number].collection.collection_id.as_bytes(), options.seed)
        });
        order.truncate(limit);
        order.sort_unstable();
    }
    order
}

/// One method over all journeys.
struct Ran {
    names: Vec<GivenName>,
    scores: Vec<NameScores>,
    seconds: f64,
}

fn run(
    method: &dyn Method,
    journeys: &[&Journey<'_>],
    own: &[usize],
    measures: &Measures<'_>,
) -> Result<Ran, EvaluationError> {
    let started = Instant::now();
    let names = named(method, journeys)?;
    let seconds = started.elapsed().as_secs_f64();
    let scores = score(journeys, own, &names, measures)?;
    Ok(Ran {
        names,
        scores,
        seconds,
    })
}

fn metrics(
    bootstrap: &Bootstrap,
    scores: &[NameScores],
    reference: Option<&[NameScores]>,
) -> Vec<MetricResult> {
    let values = |scores: &[NameScores], metric| -> Vec<Option<f64>> {
        scores.iter().map(|scores| scores.get(metric)).collect()
    };
    Metric::ALL
        .into_iter()
        .map(|metric| {
            let own = values(scores, metric);
            MetricResult {
                metric,
                mean: bootstrap.estimate(&own),
                difference: reference
                    .and_then(|reference| bootstrap.difference(&own, &values(reference, metric))),
            }
        })
        .collect()
}
