//! `wayfare run`.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use futures::FutureExt;
use serde_json::{Value, json};
use wayfare_pipeline::driver::{self, RunRequest};
use wayfare_pipeline::engine::Engine;
use wayfare_pipeline::report::{Outcome, RunReport};

use super::{job, report};
use crate::args::{OutputFormat, ResultArgs, RunArgs};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output;
use crate::progress::{Progress, describe_counts, describe_dates};
use crate::text_table::TextTable;

/// Where Airflow's KubernetesPodOperator looks for a task's result.
const AIRFLOW_FOLDER: &str = "/airflow/xcom";

/// A run that ended well.
#[derive(Debug)]
pub(super) struct Finished {
    report: RunReport,
    /// Where the page about it lies.
    page: Option<String>,
}

/// Runs a job for the selected dates and hands over the result, of failures too.
pub(super) async fn run(args: &RunArgs) -> Result<(), Failure> {
    let mut finished = Vec::new();
    let outcome = run_all(args, &mut finished).await;
    let delivered = deliver(
        &args.result,
        args.run_key.as_deref(),
        &finished,
        outcome.as_ref().err(),
    );
    outcome.and(delivered)
}

async fn run_all(args: &RunArgs, finished: &mut Vec<Finished>) -> Result<(), Failure> {
    let settings = job::settings(&args.job)?.settings;
    let runs = job::runs(&args.selection, &settings)?;
    job::require_models(&settings)?;
    let engine = job::chosen_engine(&args.engine, &settings).await?;
    let requests = runs.into_iter().map(|dates| RunRequest {
        settings: settings.clone(),
        dates,
    });
    carry_out(engine.as_ref(), requests, &args.result, finished).await
}

/// Does one run after the other until one fails or the process is told to stop.
pub(super) async fn carry_out(
    engine: &dyn Engine,
    requests: impl Iterator<Item = RunRequest>,
    args: &ResultArgs,
    finished: &mut Vec<Finished>,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let progress = Progress::start();
    for request in requests {
        if interrupt.is_cancelled() {
            return Err(Failure::failed("cancelled between two runs").cancelled());
        }
        // The caller is owed a result even if a thread of the run panics.
        let running = Box::pin(driver::run(
            &request,
            engine,
            progress.observer(),
            interrupt.flag(),
        ));
        let result = AssertUnwindSafe(running)
            .catch_unwind()
            .await
            .map_err(|_| Failure::bug("a thread panicked"))?;
        // What a run says when it is stopped is a consequence, whatever it looks like.
        let told_to_stop = |error| {
            let failure = Failure::from(error);
            if interrupt.is_cancelled() {
                failure.cancelled()
            } else {
                failure
            }
        };
        let report = result.map_err(told_to_stop)?;
        let page = if report.outcome == Outcome::Done && !args.no_report {
            report::after_run(engine, &report).await
        } else {
            None
        };
        finished.push(Finished { report, page });
    }
    Ok(())
}

/// Hands over what came of the runs, wherever the caller looks for it.
pub(super) fn deliver(
    args: &ResultArgs,
    run_key: Option<&str>,
    finished: &[Finished],
    failure: Option<&Failure>,
) -> Result<(), Failure> {
    let result = to_json(run_key, finished, failure)?.to_string();
    for file in result_files(args.result_file.as_deref()) {
        std::fs::write(&file, format!("{result}\n")).map_err(|error| {
            Failure::from(error).context(format!("cannot write the result to `{}`", file.display()))
        })?;
    }
    match args.output {
        OutputFormat::Json => output::data_line(&result),
        OutputFormat::Text => finished.iter().try_for_each(|run| output::data(&to_text(run))),
    }
}

fn result_files(asked_for: Option<&Path>) -> Vec<PathBuf> {
    let airflow = Path::new(AIRFLOW_FOLDER);
    let automatic = airflow.is_dir().then(|| airflow.join("return.json"));
    asked_for
        .map(Path::to_owned)
        .into_iter()
        .chain(automatic)
        .collect()
}

fn to_json(
    run_key: Option<&str>,
    finished: &[Finished],
    failure: Option<&Failure>,
) -> Result<Value, Failure> {
    let mut result = match failure {
        Some(failure) => failure.to_json(),
        None if finished.iter().any(|run| run.report.outcome == Outcome::Done) => {
            json!({ "outcome": "done" })
        }
        None => json!({ "outcome": "noop" }),
    };
    let mut runs = Vec::with_capacity(finished.len());
    for run in finished {
        let mut report = serde_json::to_value(&run.report)?;
        report["report"] = json!(run.page);
        runs.push(report);
    }
    result["runs"] = Value::Array(runs);
    result["report"] = json!(finished.iter().rev().find_map(|run| run.page.as_ref()));
    if let Some(key) = run_key {
        result["run_key"] = json!(key);
    }
    Ok(result)
}

fn to_text(run: &Finished) -> String {
    let report = &run.report;
    let RunReport {
        run_id,
        job,
        dates,
        tables_url,
        ..
    } = report;
    let dates = describe_dates(dates);
    if report.outcome == Outcome::Noop {
        return format!(
            "{job}, {dates}: nothing to do, snapshot {} has it\n",
            report.snapshot
        );
    }
    let mut text = format!(
        "{job}, {dates}: done in {:.1} s, snapshot {}\n\n",
        report.seconds, report.snapshot
    );
    let mut stages = TextTable::new(&["stage", "seconds", "counts"]);
    for stage in &report.stages {
        stages.row([
            stage.stage.clone(),
            format!("{:.1}", stage.seconds),
            describe_counts(&stage.counts),
        ]);
    }
    text.push_str(&stages.render());
    text.push('\n');
    let mut totals = TextTable::new(&["total", "count"]);
    for (name, count) in &report.counts {
        totals.row([name.clone(), count.to_string()]);
    }
    text.push_str(&totals.render());
    if let Some(notice) = &report.notice {
        text.extend(["\nnotice: ", notice, "\n"]);
    }
    let next = format!(
        "\nnext:\n  wayfare sql {tables_url} -c 'select name, count(*) as journeys from journeys group by name order by 2 desc limit 20'\n  \
         wayfare runs show {tables_url} {run_id}\n",
    );
    text.push_str(&next);
    if let Some(page) = &run.page {
        text.extend(["\nreport: ", page, "\n"]);
    }
    text
}
