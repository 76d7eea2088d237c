//! `wayfare plan`.

use std::fmt::Write;

use serde_json::json;
use wayfare_pipeline::driver::RunRequest;
use wayfare_pipeline::plan::plan_series;
use wayfare_pipeline::report::{Estimate, RunPlan};

use super::job;
use crate::args::{OutputFormat, PlanArgs};
use crate::failure::Failure;
use crate::output;
use crate::progress::describe_counts;
use crate::text_table::TextTable;

/// Prints what `run` with the same arguments would do.
pub(super) async fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let plans = plan_all(args).await;
    if args.output == OutputFormat::Json {
        let result = match &plans {
            Ok(plans) => json!({ "outcome": "planned", "plans": plans }),
            Err(failure) => failure.to_json(),
        };
        output::data_line(&result.to_string())?;
    }
    let plans = plans?;
    if args.output == OutputFormat::Text {
        for plan in &plans {
            output::data(&to_text(plan))?;
        }
        if let Some(text) = series_text(&plans).filter(|_| plans.len() > 1) {
            output::data(&text)?;
        }
    }
    Ok(())
}

async fn plan_all(args: &PlanArgs) -> Result<Vec<RunPlan>, Failure> {
    let settings = job::settings(&args.job)?.settings;
    job::require_models(&settings)?;
    let engine = job::engine(&settings);
    let requests: Vec<RunRequest> = job::runs(&args.selection, &settings)?
        .into_iter()
        .map(|dates| RunRequest {
            settings: settings.clone(),
            dates,
        })
        .collect();
    Ok(Box::pin(plan_series(&requests, &engine)).await?)
}

fn to_text(plan: &RunPlan) -> String {
    let mut text = format!("{}, run {}\n\n", plan.job, plan.run_id);
    let mut dates = TextTable::new(&["date", "state", "rows", "rejected", "users"]);
    for date in &plan.dates {
        dates.row([
            date.date.clone(),
            date.state.clone(),
            date.rows.to_string(),
            date.rejected.to_string(),
            date.users.to_string(),
        ]);
    }
    text.push_str(&dates.render());
    // Writing to a string cannot fail.
    write!(
        text,
        "\nsource bytes       {}\nbuckets            {} in {} groups\nitems to embed     {} with {} texts\n\
         names by the model {} at most\n",
        plan.source_bytes,
        plan.bucket_count,
        plan.bucket_groups,
        plan.items_to_embed,
        plan.texts_to_embed,
        plan.model_names_limit,
    )
    .ok();
    if !plan.finished_groups.is_empty() {
        writeln!(
            text,
            "groups done        {}",
            describe_counts(&plan.finished_groups)
        )
        .ok();
    }
    match &plan.estimate {
        Some(estimate) => text.push_str(&estimate_text(estimate)),
        None if plan.dates.iter().all(|date| date.state == "unchanged") => {
            text.push_str("\nnothing to do: the tables hold this already\n");
        }
        None => text.push_str("\nno estimate: there is no activity to rehearse with\n"),
    }
    text.push('\n');
    text
}

fn estimate_text(estimate: &Estimate) -> String {
    let mut text = format!("\nestimated from {}\n\n", estimate.basis);
    let mut stages = TextTable::new(&["stage", "seconds"]);
    for stage in &estimate.stages {
        stages.row([stage.stage.clone(), format!("{:.1}", stage.seconds)]);
    }
    stages.row(["all".to_owned(), format!("{:.1}", estimate.seconds)]);
    text.push_str(&stages.render());
    text.push('\n');
    let mut counts = TextTable::new(&["what", "about"]);
    for (what, count) in [
        ("activities", estimate.activities),
        ("journeys then published", estimate.journeys),
        ("journeys to name", estimate.naming_inputs),
        ("names by the model", estimate.model_names),
        ("tokens read", estimate.tokens_read),
        ("tokens written", estimate.tokens_written),
    ] {
        counts.row([what.to_owned(), count.to_string()]);
    }
    text.push_str(&counts.render());
    text
}

/// All runs of a series together.
fn series_text(plans: &[RunPlan]) -> Option<String> {
    let estimates: Vec<&Estimate> = plans.iter().filter_map(|plan| plan.estimate.as_ref()).collect();
    let last = estimates.last()?;
    let sum = |of: fn(&Estimate) -> u64| estimates.iter().map(|estimate| of(estimate)).sum::<u64>();
    let texts: u64 = plans.iter().map(|plan| plan.texts_to_embed).sum();
    Some(format!(
        "all {} runs: about {:.0} s, {} activities, {texts} texts to embed, {} names by the model, {} journeys in the end\n",
        plans.len(),
        estimates.iter().map(|estimate| estimate.seconds).sum::<f64>(),
        sum(|estimate| estimate.activities),
        sum(|estimate| estimate.model_names),
        last.journeys,
    ))
}
