//! `wayfare runs cancel`: asks through the ledger, so that it reaches a run on any host.

use wayfare_tables::claim::ProcessIdentity;
use wayfare_tables::{CancelRequest, owner_of, request_cancel};

use super::{existing_root, read, state};
use crate::failure::Failure;
use crate::{clock, output};

pub(super) async fn cancel(tables_url: &str, run_id: &str) -> Result<(), Failure> {
    let root = existing_root(tables_url)?;
    let run = read(&root, run_id).await?;
    let now = clock::now();
    let owner = owner_of(&root, &run.record.job, now)
        .await
        .map_err(Failure::tables(format!(
            "cannot find out who runs job `{}`",
            run.record.job
        )))?;
    let Some(owner) = owner.filter(|owner| owner.run_id == run_id) else {
        output::talk(&format!(
            "nobody is at run `{run_id}`, which is {}: there is nothing to cancel",
            state(&run)
        ));
        return Ok(());
    };
    let request = CancelRequest {
        run_id: run_id.to_owned(),
        epoch: owner.epoch,
        requested_at_ms: now.timestamp_millis(),
        host: ProcessIdentity::current().host,
    };
    request_cancel(&root, &request)
        .await
        .map_err(Failure::tables(format!("cannot cancel run `{run_id}`")))?;
    output::talk(&format!(
        "asked process {} on `{}` to stop run `{run_id}` at its next safe point\n\
         hint: `wayfare runs watch {tables_url} {run_id}` waits for it",
        owner.process.process, owner.process.host
    ));
    Ok(())
}
