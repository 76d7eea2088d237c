//! `wayfare runs resume`: goes on with a run from what the ledger has of it, without its job file.

use wayfare_pipeline::driver::{self, RunRequest};
use wayfare_tables::{Run, TableRoot, latest_snapshot};

use super::super::job;
use super::super::run::{Finished, carry_out, deliver};
use super::{existing_root, read};
use crate::args::ResumeArgs;
use crate::failure::Failure;
use crate::output;

pub(super) async fn resume(args: &ResumeArgs) -> Result<(), Failure> {
    let mut finished = Vec::new();
    let outcome = Box::pin(go_on(args, &mut finished)).await;
    let delivered = deliver(&args.result, None, &finished, outcome.as_ref().err());
    outcome.and(delivered)
}

async fn go_on(args: &ResumeArgs, finished: &mut Vec<Finished>) -> Result<(), Failure> {
    let root = existing_root(&args.tables_url)?;
    let run = read(&root, &args.run_id).await?;
    if run
        .outcome
        .as_ref()
        .is_some_and(|outcome| outcome.outcome.is_final())
    {
        output::talk(&format!(
            "run `{}` is done: there is nothing to go on with",
            args.run_id
        ));
        return Ok(());
    }
    let request = request(&root, &run)?;
    job::require_models(&request.settings)?;
    refuse_another_run(&root, &request, &args.run_id).await?;
    let engine = job::chosen_engine(&args.engine, &request.settings).await?;
    carry_out(engine.as_ref(), std::iter::once(request), &args.result, finished).await
}

/// What was asked for then. The tables are where they are found now, which may be another path to the same place.
fn request(root: &TableRoot, run: &Run) -> Result<RunRequest, Failure> {
    let mut request = driver::recorded_request(&run.record)?;
    root.url().as_str().clone_into(&mut request.settings.tables.url);
    Ok(request)
}

/// What a run does follows from its settings, its sources and the snapshot that it began from. With other sources or a
/// newer snapshot the same request is another run, whose parts are not those that are done.
async fn refuse_another_run(root: &TableRoot, request: &RunRequest, run_id: &str) -> Result<(), Failure> {
    let newest = latest_snapshot(root)
        .await
        .map_err(Failure::tables("cannot read the snapshot record".to_owned()))?;
    // What died between publishing and saying so has nothing left to do.
    if newest.is_some_and(|record| record.run_id == run_id) {
        return Ok(());
    }
    let now = driver::run_id(request).await?;
    if now == run_id {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "run `{run_id}` cannot be gone on with: its sources have changed, or another run has published since it began; what \
         its job asks for is run `{now}` by now. Run the job file instead"
    )))
}
