//! `wayfare plan`.

use std::fmt::Write;

use serde_json::json;
use wayfare_pipeline::driver::{self, RunRequest};
use wayfare_pipeline::report::RunPlan;

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
    for plan in plans? {
        if args.output == OutputFormat::Text {
            output::data(&to_text(&plan))?;
        }
    }
    Ok(())
}

async fn plan_all(args: &PlanArgs) -> Result<Vec<RunPlan>, Failure> {
    let settings = job::settings(&args.job)?.settings;
    let engine = job::engine(&settings);
    let mut plans = Vec::new();
    for dates in job::runs(&args.selection, &settings)? {
        plans.push(
            driver::plan(
                &RunRequest {
                    settings: settings.clone(),
                    dates,
                },
                &engine,
            )
            .await?,
        );
    }
    Ok(plans)
}

fn to_text(plan: &RunPlan) -> String {
    let mut text = format!("{}, run {}\n\n", plan.job, plan.run_id);
    let mut dates = TextTable::new(&["date", "state", "rows", "users"]);
    for date in &plan.dates {
        dates.row([
            date.date.clone(),
            date.state.clone(),
            date.rows.to_string(),
            date.users.to_string(),
        ]);
    }
    text.push_str(&dates.render());
    // Writing to a string cannot fail.
    write!(
        text,
        "\nsource bytes       {}\nbuckets            {} in {} groups\nitems to embed     {}\nnames by the model {} at most\n",
        plan.source_bytes, plan.bucket_count, plan.bucket_groups, plan.items_to_embed, plan.model_names_limit,
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
    text.push('\n');
    text
}
