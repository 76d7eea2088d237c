//! `wayfare runs watch`: follows a run through the ledger until it ends, and ends as it did.

use std::time::Duration;

use serde_json::json;
use wayfare_tables::{OutcomeKind, Run, RunOutcome, TableRoot, count_manifests, owner_of};

use super::{STAGES, existing_root, read, state, to_json};
use crate::failure::Failure;
use crate::{clock, event_line, exit_code, output};

const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn watch(tables_url: &str, run_id: &str) -> Result<(), Failure> {
    let root = existing_root(tables_url)?;
    let mut told = None;
    loop {
        let run = read(&root, run_id).await?;
        let done = done(&root, run_id).await?;
        if told.as_ref() != Some(&done) {
            tell(&run, &done);
            told = Some(done);
        }
        if let Some(run) = ended(&root, run).await? {
            return conclude(&run);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How many parts of each stage are done.
async fn done(root: &TableRoot, run_id: &str) -> Result<Vec<usize>, Failure> {
    let mut done = Vec::with_capacity(STAGES.len());
    for stage in STAGES {
        let count = count_manifests(root, run_id, stage).await;
        done.push(count.map_err(Failure::tables(format!(
            "cannot list what run `{run_id}` has done"
        )))?);
    }
    Ok(done)
}

fn tell(run: &Run, done: &[usize]) {
    let stages = STAGES.iter().zip(done);
    if output::talk_is_watched() {
        let parts: Vec<String> = stages.map(|(stage, count)| format!("{stage} {count}")).collect();
        let of = run.record.group_count;
        output::talk(&format!(
            "parts done (of {of} bucket groups): {}",
            parts.join(", ")
        ));
    } else {
        let parts: serde_json::Map<_, _> = stages
            .map(|(stage, count)| ((*stage).to_owned(), json!(count)))
            .collect();
        event_line::say(json!({
            "event": "parts_done",
            "run_id": run.record.run_id,
            "bucket_groups": run.record.group_count,
            "parts": parts,
        }));
    }
}

/// The run as it ended; `None` while somebody is at it.
async fn ended(root: &TableRoot, run: Run) -> Result<Option<Run>, Failure> {
    if is_final(run.outcome.as_ref()) || !is_being_run(root, &run).await? {
        let run_id = &run.record.run_id;
        // Between the two looks it may have ended.
        let run = read(root, run_id).await?;
        if run.outcome.is_some() {
            return Ok(Some(run));
        }
        let error = anyhow::Error::msg(format!(
            "nobody is at run `{}` any more, and it did not come to an end",
            run.record.run_id
        ));
        let hint = format!(
            "`wayfare runs resume {} {}` goes on with it",
            root.url(),
            run.record.run_id
        );
        return Err(Failure::passing(error, hint));
    }
    Ok(None)
}

fn is_final(outcome: Option<&RunOutcome>) -> bool {
    outcome.is_some_and(|outcome| outcome.outcome.is_final())
}

/// Whether somebody owns the job for this run, and took it after the run last ended.
async fn is_being_run(root: &TableRoot, run: &Run) -> Result<bool, Failure> {
    let record = &run.record;
    let owner = owner_of(root, &record.job, clock::now())
        .await
        .map_err(Failure::tables(format!(
            "cannot find out who runs job `{}`",
            record.job
        )))?;
    let since = run.outcome.as_ref().map(|outcome| outcome.finished_at_ms);
    Ok(owner.is_some_and(|owner| {
        owner.run_id == record.run_id && since.is_none_or(|ended| owner.taken_at_ms > ended)
    }))
}

fn conclude(run: &Run) -> Result<(), Failure> {
    output::data_line(&to_json(run).to_string())?;
    let run_id = &run.record.run_id;
    let Some(outcome) = &run.outcome else {
        return Err(Failure::bug("a run that ended has no outcome"));
    };
    let code = outcome.exit_code.unwrap_or(exit_code::FAILED);
    match outcome.outcome {
        OutcomeKind::Succeeded | OutcomeKind::Noop => Ok(()),
        OutcomeKind::Cancelled => Err(Failure::failed(format!("run `{run_id}` was cancelled")).cancelled()),
        OutcomeKind::Failed => {
            let mut messages = vec![format!("run `{run_id}` {}", state(run))];
            messages.extend(outcome.error.clone());
            Err(Failure::told(&messages, code, None))
        }
    }
}
