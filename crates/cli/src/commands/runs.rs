//! `wayfare runs`: the ledger, for people and schedulers.

mod cancel;
mod resume;
mod watch;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wayfare_tables::{Run, TableRoot, list_manifests, list_runs, read_run};

use crate::args::{OutputFormat, RunsCommand};
use crate::failure::Failure;
use crate::progress::describe_dates;
use crate::text_table::TextTable;
use crate::{clock, output};

const STAGES: [&str; 4] = ["load", "embed", "segment", "name"];

pub(super) async fn runs(command: &RunsCommand) -> Result<(), Failure> {
    match command {
        RunsCommand::List { tables_url, output } => list(tables_url, *output).await,
        RunsCommand::Show {
            tables_url,
            run_id,
            output,
        } => show(tables_url, run_id, *output).await,
        RunsCommand::Watch { tables_url, run_id } => watch::watch(tables_url, run_id).await,
        RunsCommand::Cancel { tables_url, run_id } => cancel::cancel(tables_url, run_id).await,
        RunsCommand::Resume(args) => resume::resume(args).await,
    }
}

/// The root of tables that must exist already.
pub(super) fn existing_root(tables_url: &str) -> Result<TableRoot, Failure> {
    let root = TableRoot::parse(tables_url).map_err(Failure::tables("cannot open the tables".to_owned()))?;
    match root.local_path() {
        Some(path) if !path.is_dir() => Err(Failure::input_missing(
            "tables directory",
            &path.display().to_string(),
        )),
        _ => Ok(root),
    }
}

async fn list(tables_url: &str, format: OutputFormat) -> Result<(), Failure> {
    let root = existing_root(tables_url)?;
    let mut runs = Vec::new();
    for run_id in list_runs(&root)
        .await
        .map_err(Failure::tables("cannot list the runs".to_owned()))?
    {
        runs.push(read(&root, &run_id).await?);
    }
    runs.sort_by_key(|run| run.record.started_at_ms);
    if format == OutputFormat::Json {
        let runs: Vec<Value> = runs.iter().map(to_json).collect();
        return output::data_line(&json!({ "runs": runs }).to_string());
    }
    let mut table = TextTable::new(&["run", "job", "dates", "state", "started (UTC)", "seconds"]);
    for run in &runs {
        table.row([
            run.record.run_id.clone(),
            run.record.job.clone(),
            describe_dates(&run.record.logical_dates),
            state(run),
            clock::display_milliseconds(run.record.started_at_ms),
            seconds(run).map_or_else(String::new, |seconds| format!("{seconds:.1}")),
        ]);
    }
    output::data(&table.render())
}

async fn show(tables_url: &str, run_id: &str, format: OutputFormat) -> Result<(), Failure> {
    let root = existing_root(tables_url)?;
    let run = read(&root, run_id).await?;
    let mut done: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for stage in STAGES {
        let manifests = list_manifests(&root, run_id, stage)
            .await
            .map_err(Failure::tables(format!(
                "cannot list what run `{run_id}` has done"
            )))?;
        done.insert(stage, manifests.iter().map(|manifest| manifest.group).collect());
    }
    if format == OutputFormat::Json {
        let mut result = to_json(&run);
        result["finished_groups"] = json!(done);
        return output::data_line(&result.to_string());
    }
    let record = &run.record;
    let mut text = format!(
        "run                {}\njob                {}\ndates              {}\nstate              {}\nstarted (UTC)      {}\n\
         configuration      {}\nprogram            {}\n",
        record.run_id,
        record.job,
        describe_dates(&record.logical_dates),
        state(&run),
        clock::display_milliseconds(record.started_at_ms),
        record.configuration_hash,
        record.program_version,
    );
    if let Some(outcome) = &run.outcome {
        text.extend([
            "finished (UTC)     ",
            &clock::display_milliseconds(outcome.finished_at_ms),
            "\n",
        ]);
        text.push_str(
            &outcome
                .snapshot
                .map_or_else(String::new, |sequence| format!("snapshot           {sequence}\n")),
        );
        text.push_str(
            &outcome
                .error
                .as_ref()
                .map_or_else(String::new, |error| format!("error              {error}\n")),
        );
    }
    text.push('\n');
    let mut groups = TextTable::new(&["stage", "parts done"]);
    for stage in STAGES {
        groups.row([stage.to_owned(), done.get(stage).map_or(0, Vec::len).to_string()]);
    }
    text.push_str(&groups.render());
    if let Some(outcome) = run.outcome.as_ref().filter(|outcome| !outcome.counts.is_empty()) {
        text.push('\n');
        let mut counts = TextTable::new(&["total", "count"]);
        for (name, count) in &outcome.counts {
            counts.row([name.clone(), count.to_string()]);
        }
        text.push_str(&counts.render());
    }
    output::data(&text)
}

async fn read(root: &TableRoot, run_id: &str) -> Result<Run, Failure> {
    read_run(root, run_id)
        .await
        .map_err(Failure::tables(format!("cannot read run `{run_id}`")))
}

fn to_json(run: &Run) -> Value {
    json!({ "state": state(run), "seconds": seconds(run), "record": run.record, "outcome": run.outcome })
}

fn state(run: &Run) -> String {
    let Some(outcome) = &run.outcome else {
        return "unfinished".to_owned();
    };
    format!("{:?}", outcome.outcome).to_lowercase()
}

fn seconds(run: &Run) -> Option<f64> {
    let finished = run.outcome.as_ref()?.finished_at_ms;
    Some((finished - run.record.started_at_ms) as f64 / 1000.0)
}
