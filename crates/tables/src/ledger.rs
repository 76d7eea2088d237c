//! The run ledger: what each run set out to do and how it ended, readable from any host.
//!
//! The engine's memory of jobs is not ours: this is. Under `_wayfare/runs/RUN/` lie `run.json` (created once),
//! `outcome.json`, the [`manifest`]s of the bucket groups that are done, and [`cancel`] requests. Resuming a run means
//! reading it.

pub mod cancel;
pub mod manifest;

use std::collections::BTreeMap;

use object_store::ObjectStore;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::error::TablesError;
use crate::json_object::{self, Created};
use crate::location::TableRoot;

const DIRECTORY: &str = "_wayfare/runs";
const RUN_KIND: &str = "run record";
const OUTCOME_KIND: &str = "run outcome";

/// What a run set out to do. A resumed run does exactly this, whatever the job file says by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    pub run_id: String,
    pub job: String,
    /// Slices, ascending.
    pub logical_dates: Vec<String>,
    /// Sequence of the snapshot that the run starts from; `None` for the first run.
    #[serde(default)]
    pub base_snapshot: Option<u64>,
    pub configuration_hash: String,
    pub input_fingerprint: String,
    pub bucket_count: u32,
    /// Bucket groups per stage; a manifest of each must exist before `publish`.
    pub group_count: u32,
    /// Whatever else the driver needs to resume, as JSON: resolved settings, file lists, table versions.
    #[serde(default)]
    pub plan: serde_json::Value,
    #[serde(default)]
    pub program_version: String,
    pub started_at_ms: i64,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOutcome {
    pub run_id: String,
    pub outcome: OutcomeKind,
    pub finished_at_ms: i64,
    /// Sequence of the snapshot that the run published.
    #[serde(default)]
    pub snapshot: Option<u64>,
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// What went wrong, for people.
    #[serde(default)]
    pub error: Option<String>,
    /// What a process that is told so ends with; 0 for a final outcome.
    #[serde(default)]
    pub exit_code: Option<u8>,
}

/// The ways in which a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    Succeeded,
    /// The input was already in the tables.
    Noop,
    Failed,
    Cancelled,
}

impl OutcomeKind {
    /// Whether there is nothing left to do for this run. Failed and cancelled runs can be resumed.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Noop)
    }
}

/// A run as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub record: RunRecord,
    /// `None`: running, or died without a word.
    pub outcome: Option<RunOutcome>,
}

/// Records the run unless it is recorded; returns what is recorded, by whoever came first.
pub async fn write_run(root: &TableRoot, record: &RunRecord) -> Result<RunRecord, TablesError> {
    let path = run_path(&record.run_id, "run.json")?;
    match json_object::create(root, &path, RUN_KIND, record).await? {
        Created::First => Ok(record.clone()),
        Created::Exists(stored) => {
            json_object::belongs(&path, RUN_KIND, stored.run_id == record.run_id)?;
            Ok(stored)
        }
    }
}

/// Records how the run ended, in place of an earlier failure or cancellation. A final outcome stays as it is; returns
/// what is recorded. Only the owner of the job's claim may call this.
pub async fn write_outcome(root: &TableRoot, outcome: &RunOutcome) -> Result<RunOutcome, TablesError> {
    let path = run_path(&outcome.run_id, "outcome.json")?;
    match json_object::create(root, &path, OUTCOME_KIND, outcome).await? {
        Created::First => Ok(outcome.clone()),
        Created::Exists(stored) if stored.outcome.is_final() => Ok(stored),
        Created::Exists(_) => {
            json_object::replace(root, &path, OUTCOME_KIND, outcome).await?;
            Ok(outcome.clone())
        }
    }
}

/// One run.
///
/// # Errors
/// [`TablesError::RunNotFound`] if the ledger does not have it.
pub async fn read_run(root: &TableRoot, run_id: &str) -> Result<Run, TablesError> {
    let path = run_path(run_id, "run.json")?;
    let record: Option<RunRecord> = json_object::read(root, &path, RUN_KIND).await?;
    let Some(record) = record else {
        return Err(TablesError::RunNotFound {
            run_id: run_id.to_owned(),
        });
    };
    json_object::belongs(&path, RUN_KIND, record.run_id == run_id)?;
    let outcome = json_object::read(root, &run_path(run_id, "outcome.json")?, OUTCOME_KIND).await?;
    Ok(Run { record, outcome })
}

/// The ids of all runs, in order of their ids.
pub async fn list_runs(root: &TableRoot) -> Result<Vec<String>, TablesError> {
    let directory = Path::from(DIRECTORY);
    let listing = root
        .store()
        .list_with_delimiter(Some(&directory))
        .await
        .map_err(|error| json_object::storage("list", &directory, error))?;
    let mut runs: Vec<String> = listing
        .common_prefixes
        .iter()
        .filter_map(|prefix| prefix.filename().map(str::to_owned))
        .collect();
    runs.sort();
    Ok(runs)
}

/// The path of a file of a run, relative to the tables root.
fn run_path(run_id: &str, file: &str) -> Result<Path, TablesError> {
    let run_id = json_object::segment("run id", run_id)?;
    Ok(Path::from(format!("{DIRECTORY}/{run_id}/{file}")))
}
