//! What the page of a run tells: the run as the ledger knows it, and the tables as that run left them.
//!
//! Collects facts and numbers; how they are worded and drawn is up to the command line. Whatever the size of the tables,
//! what is collected is small: the statements of `sql/report` give totals, frequencies and a few sample users.

mod kept;
mod ledger;
mod rows;
mod sample;
mod tables;

use serde::Serialize;
use wayfare_functions::models::ModelReference;
use wayfare_tables::{OutcomeKind, Run, SnapshotRecord, TableRoot, latest_snapshot, read_run, read_snapshot};

pub use self::ledger::StageFacts;
pub use self::sample::{ItemFacts, JourneyFacts, Moment, UserFacts};
pub use self::tables::{CommonName, Frequency, NamesBySource, Overview, RejectedRows, TableFacts};

use crate::analyst::RunContext;
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::settings::Slice;

const JOB: &str = "(report)";

/// Everything on the page of a run. Contains user ids, if there are tables to show.
#[derive(Debug, Clone, Serialize)]
pub struct RunFacts {
    pub run_id: String,
    pub job: String,
    pub description: String,
    pub notice: Notice,
    /// Logical dates, `YYYY-MM-DD`, ascending.
    pub dates: Vec<String>,
    /// What a logical date stands for, if the ledger says.
    pub slice: Option<Slice>,
    /// `None`: running, or died without a word.
    pub outcome: Option<OutcomeKind>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// Milliseconds since 1970, of the first attempt.
    pub started_at_ms: i64,
    /// Milliseconds since 1970.
    pub finished_at_ms: Option<i64>,
    /// In the order in which they ran; those that did nothing yet are absent.
    pub stages: Vec<StageFacts>,
    pub encoder: Option<ModelReference>,
    pub namer: Option<ModelReference>,
    pub configuration_hash: String,
    pub program_version: String,
    pub tables_url: String,
    pub tables: ShownTables,
}

/// What has to be said of the data, wherever results of it are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    Given(String),
    /// The job has no notice.
    Nothing,
    /// The ledger entry was written by a version that did not keep it.
    NotRecorded,
}

/// The tables that belong to the run, or why there are none to show.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownTables {
    Shown(Box<TableFacts>),
    /// The run has not published anything.
    NotPublished,
    /// The files of the run's snapshot have been removed since.
    NotKept {
        snapshot: u64,
    },
}

impl ShownTables {
    /// The tables, if they can be shown.
    pub fn facts(&self) -> Option<&TableFacts> {
        match self {
            Self::Shown(facts) => Some(facts),
            Self::NotPublished | Self::NotKept { .. } => None,
        }
    }
}

/// Collects the facts of a run; of the one that published the newest snapshot if no id is given.
///
/// The tables are those of the run's own snapshot, not of the newest: what is shown belongs together, and is the same
/// whenever it is asked for.
///
/// # Errors
/// If there is no such run, or the ledger or the tables cannot be read.
pub async fn facts(
    engine: &dyn Engine,
    root: &TableRoot,
    run_id: Option<&str>,
) -> Result<RunFacts, PipelineError> {
    let newest = latest_snapshot(root)
        .await
        .map_err(PipelineError::tables(JOB, "reading the snapshot record"))?;
    let run_id = match (run_id, &newest) {
        (Some(run_id), _) => run_id.to_owned(),
        (None, Some(record)) => record.run_id.clone(),
        (None, None) => {
            return Err(PipelineError::InputMissing {
                what: "snapshot record (has a run been published here?)".to_owned(),
                path: format!("{}_wayfare/snapshots", root.url()),
            });
        }
    };
    let run = read_run(root, &run_id)
        .await
        .map_err(PipelineError::tables(JOB, format!("reading run `{run_id}`")))?;
    let newest_sequence = newest.as_ref().map(|record| record.sequence);
    let snapshot = snapshot_of(root, &run, newest).await?;
    let (tables, attempt_started_at_ms) = match &snapshot {
        None => (ShownTables::NotPublished, None),
        Some(record) => match tables::facts(engine, root, record, &run).await {
            Ok((facts, attempt_started_at_ms)) => {
                (ShownTables::Shown(Box::new(facts)), attempt_started_at_ms)
            }
            // Files that the newest snapshot names must be there: their loss is not to be explained away.
            Err(_) if newest_sequence != Some(record.sequence) && kept::is_gone(root, record).await => {
                let snapshot = record.sequence;
                (ShownTables::NotKept { snapshot }, None)
            }
            Err(error) => return Err(error),
        },
    };
    let own = snapshot.filter(|record| record.run_id == run_id);
    let attempt_started_at_ms = attempt_started_at_ms.unwrap_or(run.record.started_at_ms);
    let stages = ledger::stages(root, &run_id, attempt_started_at_ms, own.as_ref()).await?;
    let notice = notice(&run);
    let (record, outcome) = (run.record, run.outcome);
    let context: RunContext = serde_json::from_value(record.plan).unwrap_or_default();
    Ok(RunFacts {
        run_id,
        job: record.job,
        description: context.description,
        notice,
        dates: record.logical_dates,
        slice: context.slice,
        outcome: outcome.as_ref().map(|outcome| outcome.outcome),
        error: outcome.as_ref().and_then(|outcome| outcome.error.clone()),
        started_at_ms: record.started_at_ms,
        finished_at_ms: outcome.map(|outcome| outcome.finished_at_ms),
        stages,
        encoder: context.encoder,
        namer: context.namer,
        configuration_hash: record.configuration_hash,
        program_version: record.program_version,
        tables_url: root.url().to_string(),
        tables,
    })
}

fn notice(run: &Run) -> Notice {
    match run.record.plan.get("notice") {
        None => Notice::NotRecorded,
        Some(value) => value
            .as_str()
            .map_or(Notice::Nothing, |text| Notice::Given(text.to_owned())),
    }
}

/// The snapshot that the run published, or found to hold its result already.
async fn snapshot_of(
    root: &TableRoot,
    run: &Run,
    newest: Option<SnapshotRecord>,
) -> Result<Option<SnapshotRecord>, PipelineError> {
    // A run that died right after its snapshot record has no outcome that says so.
    if let Some(record) = newest.filter(|record| record.run_id == run.record.run_id) {
        return Ok(Some(record));
    }
    match run.outcome.as_ref().and_then(|outcome| outcome.snapshot) {
        None => Ok(None),
        Some(sequence) => read_snapshot(root, sequence).await.map_err(PipelineError::tables(
            JOB,
            format!("reading snapshot record {sequence}"),
        )),
    }
}
