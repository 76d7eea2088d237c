//! Requests to stop a run, made on any host and heard by whoever drives the run.
//!
//! A request is meant for one owner of the job, by the epoch of its claim, and is created once: who takes the run up again
//! has a later epoch, which no earlier request is meant for. So nothing has to be removed before a run is resumed, and a
//! request that comes in just then is not lost.

use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::run_path;
use crate::error::TablesError;
use crate::json_object::{self, Created};
use crate::location::TableRoot;

const KIND: &str = "cancel request";

/// That somebody wants a run to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    pub run_id: String,
    /// Of the claim whose owner is to stop.
    pub epoch: u64,
    pub requested_at_ms: i64,
    /// Where it was asked for, for people.
    #[serde(default)]
    pub host: String,
}

/// Asks the owner to stop; returns the request that counts, by whoever asked first.
pub async fn request_cancel(root: &TableRoot, request: &CancelRequest) -> Result<CancelRequest, TablesError> {
    let path = path_of(&request.run_id, request.epoch)?;
    match json_object::create(root, &path, KIND, request).await? {
        Created::First => Ok(request.clone()),
        Created::Exists(stored) => Ok(stored),
    }
}

/// The request for the owner with this epoch; `None` while nobody wants it to stop.
pub async fn read_cancel(
    root: &TableRoot,
    run_id: &str,
    epoch: u64,
) -> Result<Option<CancelRequest>, TablesError> {
    let path = path_of(run_id, epoch)?;
    let request: Option<CancelRequest> = json_object::read(root, &path, KIND).await?;
    if let Some(request) = &request {
        let found = (request.run_id.as_str(), request.epoch);
        json_object::belongs(&path, KIND, found == (run_id, epoch))?;
    }
    Ok(request)
}

fn path_of(run_id: &str, epoch: u64) -> Result<Path, TablesError> {
    run_path(run_id, &format!("cancel-{epoch:020}.json"))
}
