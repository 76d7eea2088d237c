//! Rates of earlier runs into the same tables, as the table `runs` holds them.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use wayfare_tables::{ACTIVITY_LOG, JOURNEYS, RUNS};

use super::estimate::{Measured, ModelNaming, Pair, Rates};
use crate::dataset::Dataset;
use crate::error::PipelineError;
use crate::report::RunPlan;
use crate::run::Run;
use crate::stages::rows_of;

/// Rates are taken from so many of the newest runs.
const RUNS_CONSIDERED: usize = 5;

/// Rates of the newest runs that the tables know; none if no run has loaded anything.
pub(super) async fn rates(run: &Run<'_>, plans: &[RunPlan]) -> Result<Option<Rates>, PipelineError> {
    let files = run.base_of(&RUNS).to_vec();
    if files.is_empty() {
        return Ok(None);
    }
    let session = run.session()?;
    session.register_table("runs", Dataset::of_table(&RUNS, files).provider()?)?;
    let plan = session
        .state()
        .create_logical_plan(
            "SELECT run_id, stage, CAST(date_part('epoch', finished_at - started_at) AS DOUBLE) AS seconds, counts \
             FROM runs WHERE stage IS NOT NULL ORDER BY started_at DESC, run_id, stage",
        )
        .await?;
    let mut newest: Vec<Recorded> = Vec::new();
    for batch in run.engine.execute(&session, plan).await? {
        let text = |column: usize| batch.column(column).as_string::<i32>();
        let seconds = batch.column(2).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let run_id = text(0).value(row);
            if newest.last().is_none_or(|last| last.run_id != run_id) {
                newest.push(Recorded {
                    run_id: run_id.to_owned(),
                    ..Recorded::default()
                });
            }
            let counts: BTreeMap<String, u64> = serde_json::from_str(text(3).value(row)).unwrap_or_default();
            if let Some(recorded) = newest.last_mut() {
                let stage = text(1).value(row).to_owned();
                recorded.seconds.insert(stage, seconds.value(row));
                recorded.counts.extend(counts);
            }
        }
    }
    newest.truncate(RUNS_CONSIDERED);
    Ok(combine(&newest).map(|(measured, model, number)| Rates {
        runs: plans
            .iter()
            .map(|_| Pair {
                small: Measured::default(),
                large: measured.clone(),
                load: measured.clone(),
            })
            .collect(),
        model,
        basis: format!("the rates of the last {number} runs into these tables"),
        activities_before: rows_of(run.base_of(&ACTIVITY_LOG)),
        journeys_before: rows_of(run.base_of(&JOURNEYS)),
    }))
}

/// What the table says of one run.
#[derive(Debug, Default)]
struct Recorded {
    run_id: String,
    /// By stage.
    seconds: BTreeMap<String, f64>,
    /// Of all stages.
    counts: BTreeMap<String, u64>,
}

fn combine(newest: &[Recorded]) -> Option<(Measured, ModelNaming, usize)> {
    let mut all = Measured::default();
    let (mut names, mut read, mut written) = (0, 0, 0);
    let mut number = 0;
    for recorded in newest {
        let count = |what: &str| recorded.counts.get(what).copied().unwrap_or(0);
        if count("activities") == 0 {
            continue;
        }
        number += 1;
        all.activities += count("rows") - count("rejected").min(count("rows"));
        all.logged += count("activities");
        all.texts += count("texts");
        all.new_inputs += count("new_extractive_names");
        names += count("new_model_names");
        read += count("tokens_read");
        written += count("tokens_written");
        for (stage, seconds) in &recorded.seconds {
            *all.seconds.entry(stage.clone()).or_default() += seconds;
        }
    }
    if number == 0 {
        return None;
    }
    let mut model = ModelNaming::default();
    if names > 0 {
        // The model takes nearly all of the stage; what else is in it counts with the names.
        let seconds = all.seconds.remove("name").unwrap_or(0.0);
        model = ModelNaming {
            seconds_per_name: seconds / names as f64,
            tokens_read_per_name: read as f64 / names as f64,
            tokens_written_per_name: written as f64 / names as f64,
        };
    }
    Some((all, model, number))
}
