//! From measured runs to what the planned ones will take.

use std::collections::BTreeMap;

use super::{history, rehearsal};
use crate::driver::RunRequest;
use crate::error::PipelineError;
use crate::report::{Estimate, RunPlan, StageEstimate};
use crate::run::Run;

/// The stages in their order.
const STAGES: [&str; 5] = ["load", "embed", "segment", "name", "publish"];

/// What a run brought and took, of those that rates are taken from.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    /// Source rows that were not rejected.
    pub(super) activities: u64,
    /// Activities that came into the log: the same without duplicates.
    pub(super) logged: u64,
    /// Texts that were embedded.
    pub(super) texts: u64,
    /// Naming inputs that had no name before.
    pub(super) new_inputs: u64,
    /// Journeys that are published when the run is done.
    pub(super) journeys: u64,
    /// Seconds of each stage, without what the language model took.
    pub(super) seconds: BTreeMap<String, f64>,
}

/// What one name by the language model takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ModelNaming {
    pub(super) seconds_per_name: f64,
    pub(super) tokens_read_per_name: f64,
    pub(super) tokens_written_per_name: f64,
}

/// What is known of a planned run: the same work at two sizes.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair {
    pub(super) small: Measured,
    pub(super) large: Measured,
    /// `load` alone, at a size that it takes some time for: an activity costs it very little.
    pub(super) load: Measured,
}

/// Measured rates.
#[derive(Debug, Clone, Default)]
pub(super) struct Rates {
    /// One for each planned run.
    pub(super) runs: Vec<Pair>,
    pub(super) model: ModelNaming,
    /// Where they come from, for people.
    pub(super) basis: String,
    /// Activities in the log, and journeys, before the first planned run.
    pub(super) activities_before: u64,
    pub(super) journeys_before: u64,
}

/// An estimate for each plan; none where there is nothing to do or nothing to go by.
pub(super) async fn estimate(
    requests: &[RunRequest],
    runs: &[Run<'_>],
    plans: &[RunPlan],
) -> Result<Vec<Option<Estimate>>, PipelineError> {
    let nothing = || plans.iter().map(|_| None).collect();
    let (Some(first), true) = (runs.first(), plans.iter().any(has_work)) else {
        return Ok(nothing());
    };
    let rates = match history::rates(first, plans).await? {
        Some(rates) => Some(rates),
        None => rehearsal::rates(requests, first, plans).await?,
    };
    Ok(rates.map_or_else(nothing, |rates| apply(&rates, plans)))
}

pub(super) fn has_work(plan: &RunPlan) -> bool {
    plan.dates.iter().any(|date| date.state != "unchanged")
}

/// Rows of the dates that would be loaded and not be rejected.
pub(super) fn usable_rows(plan: &RunPlan) -> u64 {
    rows_of(plan, |state| state != "unchanged")
}

fn rows_of(plan: &RunPlan, wanted: impl Fn(&str) -> bool) -> u64 {
    let dates = plan.dates.iter().filter(|date| wanted(&date.state));
    dates.map(|date| date.rows - date.rejected.min(date.rows)).sum()
}

fn apply(rates: &Rates, plans: &[RunPlan]) -> Vec<Option<Estimate>> {
    let mut loaded = rates.activities_before as f64;
    let mut measured = 0.0;
    let mut estimates = Vec::new();
    for (plan, pair) in plans.iter().zip(&rates.runs) {
        let rows = usable_rows(plan) as f64;
        // What is replaced is in the log already.
        loaded += rows_of(plan, |state| state == "new") as f64;
        measured += pair.large.activities as f64;
        if !has_work(plan) {
            estimates.push(None);
            continue;
        }
        let scaled = |count: u64, by: f64| whole(count as f64 * by);
        let here = ratio(rows, pair.large.activities as f64);
        let naming_inputs = scaled(pair.large.new_inputs, here);
        let model_names = plan.model_names_limit.min(naming_inputs);
        let journeys = if rates.activities_before == 0 {
            scaled(pair.large.journeys, ratio(loaded, measured))
        } else {
            scaled(
                rates.journeys_before,
                ratio(loaded, rates.activities_before as f64),
            )
        };
        let stages: Vec<StageEstimate> = STAGES
            .iter()
            .map(|stage| {
                let model = match *stage {
                    "name" => model_names as f64 * rates.model.seconds_per_name,
                    _ => 0.0,
                };
                StageEstimate {
                    stage: (*stage).to_owned(),
                    seconds: stage_seconds(stage, pair, rows, plan.texts_to_embed as f64) + model,
                }
            })
            .collect();
        estimates.push(Some(Estimate {
            activities: scaled(pair.large.logged, here),
            journeys,
            naming_inputs,
            model_names,
            tokens_read: scaled(model_names, rates.model.tokens_read_per_name),
            tokens_written: scaled(model_names, rates.model.tokens_written_per_name),
            seconds: stages.iter().map(|stage| stage.seconds).sum(),
            stages,
            basis: rates.basis.clone(),
        }));
    }
    estimates
}

/// On the line through the two measurements: what a stage takes at any size, and what each unit adds.
fn stage_seconds(stage: &str, pair: &Pair, rows: f64, texts: f64) -> f64 {
    let size = |measured: &Measured| match stage {
        "embed" => measured.texts as f64,
        _ => measured.activities as f64,
    };
    let seconds = |measured: &Measured| measured.seconds.get(stage).copied().unwrap_or(0.0);
    let wanted = if stage == "embed" { texts } else { rows };
    let at_large = if stage == "load" { &pair.load } else { &pair.large };
    let (small, large) = (size(&pair.small), size(at_large));
    // Sizes so near to each other that the difference of their times is noise.
    if large < small * 1.5 || large <= 0.0 {
        return ratio(seconds(at_large) * wanted, large.max(1.0));
    }
    let slope = ((seconds(at_large) - seconds(&pair.small)) / (large - small)).max(0.0);
    let fixed = (seconds(at_large) - slope * large).max(0.0);
    fixed + slope * wanted
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimated count"
)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::DatePlan;

    fn measured(activities: u64, load: f64) -> Measured {
        Measured {
            activities,
            journeys: activities / 10,
            new_inputs: activities / 20,
            seconds: BTreeMap::from([("load".to_owned(), load)]),
            ..Measured::default()
        }
    }

    #[test]
    fn what_does_not_grow_is_not_multiplied() {
        let pair = Pair {
            small: measured(1_000, 0.6),
            load: measured(5_000, 1.0),
            ..Pair::default()
        };
        // 0.5 s at any size, and 0.1 s for every thousand.
        let seconds = stage_seconds("load", &pair, 1_000_000.0, 0.0);
        assert!((seconds - 100.5).abs() < 1e-6, "{seconds}");
    }

    #[test]
    fn a_larger_sample_that_took_less_time_says_only_what_is_fixed() {
        let pair = Pair {
            small: measured(1_000, 0.9),
            load: measured(5_000, 0.8),
            ..Pair::default()
        };
        assert!((stage_seconds("load", &pair, 1e6, 0.0) - 0.8).abs() < 1e-6);
    }

    #[test]
    fn a_slice_that_is_replaced_adds_no_journeys() {
        let plan = |state: &str| RunPlan {
            job: String::new(),
            run_id: String::new(),
            dates: vec![DatePlan {
                date: "2026-01-01".to_owned(),
                state: state.to_owned(),
                rows: 1_100,
                rejected: 100,
                users: 10,
            }],
            bucket_count: 1,
            bucket_groups: 1,
            source_bytes: 0,
            items_to_embed: 0,
            texts_to_embed: 0,
            model_names_limit: 0,
            finished_groups: BTreeMap::new(),
            estimate: None,
        };
        let rates = Rates {
            runs: vec![Pair {
                large: measured(1_000, 1.0),
                ..Pair::default()
            }],
            activities_before: 2_000,
            journeys_before: 50,
            ..Rates::default()
        };
        let journeys = |state: &str| {
            apply(&rates, &[plan(state)])[0]
                .as_ref()
                .map(|estimate| estimate.journeys)
        };
        assert_eq!(journeys("replace"), Some(50));
        assert_eq!(journeys("new"), Some(75));
        assert_eq!(journeys("unchanged"), None);
    }

    #[test]
    fn sizes_that_hardly_differ_are_taken_as_a_rate() {
        let pair = Pair {
            small: measured(900, 0.4),
            load: measured(1_000, 0.5),
            ..Pair::default()
        };
        assert!((stage_seconds("load", &pair, 10_000.0, 0.0) - 5.0).abs() < 1e-6);
    }
}
