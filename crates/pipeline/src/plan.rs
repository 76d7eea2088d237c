//! What runs would do, without writing anything: what is counted in the sources, and what is estimated from it.
//!
//! Counts come from the same statements as the runs'. Estimates come from measured rates: those of earlier runs into the
//! same tables, or else of a [rehearsal](rehearsal) on a sample of the users, on this machine, a moment ago.

mod estimate;
mod history;
mod rehearsal;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, col, lit};
use datafusion::prelude::SessionContext;
use wayfare_tables::{ITEM_VECTORS, list_manifests};

use crate::catalogue::{self, Parameter, Parameters};
use crate::dataset::Dataset;
use crate::driver::RunRequest;
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::observer::Silent;
use crate::report::{DatePlan, RunPlan};
use crate::run::{self, Run};
use crate::settings::LogicalDate;
use crate::stages::load;
use crate::statement;

/// The stages whose bucket groups may be done already.
const STAGES: [&str; 7] = [
    "load-scatter",
    "load-rows",
    "load",
    "embed",
    "segment",
    "name",
    "name-rows",
];

/// What one run would do.
pub async fn plan(request: &RunRequest, engine: &dyn Engine) -> Result<RunPlan, PipelineError> {
    let mut plans = plan_series(std::slice::from_ref(request), engine).await?;
    plans.pop().ok_or_else(|| PipelineError::Bug {
        message: "a request without a plan".to_owned(),
    })
}

/// What several runs of one job would do, one after the other: a later one finds what an earlier one has embedded.
pub async fn plan_series(
    requests: &[RunRequest],
    engine: &dyn Engine,
) -> Result<Vec<RunPlan>, PipelineError> {
    let mut prepared = Vec::new();
    for request in requests {
        let never = Arc::new(AtomicBool::new(false));
        let (root, dates) = (request.root()?, request.canonical_dates());
        let run = Run::prepare(&request.settings, engine, Arc::new(Silent), never, root, dates);
        prepared.push(run.await?);
    }
    let mut plans = Vec::new();
    for run in &prepared {
        plans.push(count(run).await?);
    }
    count_items(&prepared, &mut plans).await?;
    let estimates = Box::pin(estimate::estimate(requests, &prepared, &plans)).await?;
    for (plan, estimate) in plans.iter_mut().zip(estimates) {
        plan.estimate = estimate;
    }
    Ok(plans)
}

/// What is known without an estimate; the items are still missing.
async fn count(run: &Run<'_>) -> Result<RunPlan, PipelineError> {
    let settings = run.settings;
    let mut dates = Vec::new();
    for date in &run.dates {
        dates.push(count_date(run, *date).await?);
    }
    let mut finished_groups = BTreeMap::new();
    for stage in STAGES {
        let manifests = list_manifests(&run.root, &run.run_id, stage).await;
        let manifests = manifests.map_err(PipelineError::tables(&settings.job.name, "reading manifests"))?;
        if !manifests.is_empty() {
            finished_groups.insert(stage.to_owned(), manifests.len() as u64);
        }
    }
    Ok(RunPlan {
        job: settings.job.name.clone(),
        run_id: run.run_id.clone(),
        dates,
        bucket_count: settings.tables.bucket_count,
        bucket_groups: settings.tables.bucket_groups(),
        source_bytes: run.source_files.bytes,
        items_to_embed: 0,
        texts_to_embed: 0,
        model_names_limit: run
            .model_namer
            .as_ref()
            .map_or(0, |_| settings.name.max_model_names),
        finished_groups,
        estimate: None,
    })
}

async fn count_date(run: &Run<'_>, date: LogicalDate) -> Result<DatePlan, PipelineError> {
    let (base, text) = (run.base.as_ref(), date.to_string());
    let state = if run::is_unchanged(base, date, &run.source_files.fingerprint, &run.configuration_hash) {
        "unchanged"
    } else if base.is_some_and(|record| record.slices.contains_key(&text)) {
        "replace"
    } else {
        "new"
    };
    let session = run.session()?;
    load::register_checked(run, &session, date).await?;
    let (none, place) = (Parameters::new(), run.place("plan", 0));
    let size = statement::rows(run.engine, &session, catalogue::SLICE_SIZE, &none, &place).await?;
    Ok(DatePlan {
        date: text,
        state: state.to_owned(),
        rows: number(&size, 0),
        rejected: number(&size, 1),
        users: number(&size, 2),
    })
}

/// The whole number in a column of the only row.
fn number(batches: &[RecordBatch], column: usize) -> u64 {
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    let value = first.map(|batch| batch.column(column).as_primitive::<Int64Type>().value(0));
    value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
}

/// Fills in the items and texts that each run would be the first to embed.
async fn count_items(runs: &[Run<'_>], plans: &mut [RunPlan]) -> Result<(), PipelineError> {
    let Some((last, date)) = runs.last().and_then(|run| Some((run, *run.dates.last()?))) else {
        return Ok(());
    };
    let mut activities: Option<LogicalPlanBuilder> = None;
    for (number, run) in (0_i64..).zip(runs) {
        for date in &run.dates {
            let of_date = usable_activities(run, *date, number).await?;
            activities = Some(match activities {
                None => LogicalPlanBuilder::from(of_date),
                Some(before) => before.union(of_date)?,
            });
        }
    }
    let Some(activities) = activities else {
        return Ok(());
    };
    let session = last.session()?;
    load::register_checked(last, &session, date).await?;
    let known = last.base_of(&ITEM_VECTORS).to_vec();
    session.register_table(
        "item_vectors",
        Dataset::of_table(&ITEM_VECTORS, known).provider()?,
    )?;
    let activities = activities.build()?;
    for name in ["slice_activities", "planned_activities"] {
        register_view(&session, name, activities.clone()).await?;
    }
    let place = last.place("plan", 0);
    let encoder = Parameters::from([("encoder", Parameter::Text(last.encoder.id().to_owned()))]);
    let fresh = statement::plan(&session, catalogue::FRESH_ITEMS, &encoder, &place).await?;
    register_view(&session, "fresh_items", fresh).await?;
    let none = Parameters::new();
    let needed = statement::rows(last.engine, &session, catalogue::FIRST_NEEDED, &none, &place).await?;
    for batch in &needed {
        let column = |column: usize| batch.column(column).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let at = |number: usize| u64::try_from(column(number).value(row)).unwrap_or(0);
            let run = usize::try_from(at(0)).unwrap_or(usize::MAX);
            if let Some(plan) = plans.get_mut(run) {
                (plan.items_to_embed, plan.texts_to_embed) = (at(1), at(2));
            }
        }
    }
    Ok(())
}

/// The items of one date's usable activities, with the number of the run that would load them.
async fn usable_activities(
    run: &Run<'_>,
    date: LogicalDate,
    number: i64,
) -> Result<LogicalPlan, PipelineError> {
    let session = run.session()?;
    load::register_checked(run, &session, date).await?;
    let rows = session.table("checked_activities").await?;
    let usable = rows.filter(col("reason").is_null())?;
    let items = usable.select(vec![col("item_id"), lit(number).alias("run")])?;
    Ok(items.into_unoptimized_plan())
}

async fn register_view(session: &SessionContext, name: &str, plan: LogicalPlan) -> Result<(), PipelineError> {
    let rows = session.execute_logical_plan(plan).await?;
    session.register_table(name, rows.into_view())?;
    Ok(())
}
