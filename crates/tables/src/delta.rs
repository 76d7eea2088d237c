//! Reading and changing Delta tables: the list of files of a version, and one commit that happens exactly once.
//!
//! Every commit carries an application transaction. delta-rs records it but does not enforce it, so this module does:
//! before a commit and after any error it reads the table again and compares. It never reads or writes Parquet, and
//! never deletes a file (see [`crate::maintain`]).

mod actions;
mod fence;
mod log;

use std::collections::{HashMap, HashSet};

use deltalake_core::kernel::EagerSnapshot;
use deltalake_core::kernel::transaction::{CommitData, PROTOCOL, TransactionError};
use deltalake_core::logstore::CommitOrBytes;
use tracing::{debug, warn};
use uuid::Uuid;

use crate::crash_point::crash_point;
use crate::data_file::DataFile;
use crate::error::TablesError;
use crate::location::TableRoot;
use crate::schema::TableSpec;

pub use fence::Fence;
pub(crate) use log::TableLog;

/// A commit that lost this often in a row meets more writers than the design has (one per job).
const MAXIMUM_ATTEMPTS: u32 = 20;

/// The files of one version of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSnapshot {
    /// `None`: the table does not exist yet.
    pub version: Option<u64>,
    /// Sorted by path.
    pub files: Vec<DataFile>,
}

/// What one commit adds and removes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableChange {
    pub add: Vec<DataFile>,
    /// Must be in the table when the commit happens.
    pub remove: Vec<DataFile>,
    /// `false` when the rows stay the same, as in a compaction.
    pub data_change: bool,
}

/// Names a commit, so that it happens once: sequences of one application only grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub app_id: String,
    pub sequence: i64,
}

/// How a commit ended. Both are success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    Committed {
        version: u64,
    },
    /// This transaction (or a later one of the same application) was in the table before. The version is the one that it
    /// was committed as, or the oldest that the log still holds when that is gone.
    AlreadyCommitted {
        version: u64,
    },
}

impl CommitOutcome {
    /// A table version that contains the change.
    pub fn version(self) -> u64 {
        match self {
            Self::Committed { version } | Self::AlreadyCommitted { version } => version,
        }
    }
}

/// Lists the files of a table at `version`, or at its newest. A table that does not exist has no version and no files.
///
/// # Errors
/// [`TablesError::VersionNotFound`] if `version` is given and not there, [`TablesError::SchemaDiffers`] if the table was
/// made with other columns, and what the storage reports.
pub async fn load_table(
    root: &TableRoot,
    spec: &TableSpec,
    version: Option<u64>,
) -> Result<TableSnapshot, TablesError> {
    let log = TableLog::new(root, spec);
    let Some(snapshot) = log.open(version).await? else {
        return match version {
            None => Ok(TableSnapshot::default()),
            Some(version) => Err(TablesError::VersionNotFound {
                table: spec.name,
                version,
                newest: None,
            }),
        };
    };
    Ok(TableSnapshot {
        version: Some(snapshot.version()),
        files: log.files(&snapshot)?,
    })
}

/// Commits `change` once, creating the table if it does not exist. Repeating the call with the same transaction, in this
/// process or after a crash at any point, changes nothing more. `operation_note` goes into the commit for people to read;
/// it must not name users.
///
/// # Errors
/// [`TablesError::Conflict`] if a file to remove is gone, [`TablesError::InvalidChange`] for a change that contradicts
/// itself or the table, [`TablesError::CommitUnknown`] if a failed write could not be read back.
pub async fn commit(
    root: &TableRoot,
    spec: &TableSpec,
    change: &TableChange,
    transaction: &Transaction,
    operation_note: &str,
) -> Result<CommitOutcome, TablesError> {
    let log = TableLog::new(root, spec);
    commit_to(&log, change, transaction, None, operation_note).await
}

/// Like [`commit`], but only as long as nobody who owns the job after `owner` has committed to the table.
///
/// # Errors
/// Those of [`commit`], and [`TablesError::ClaimLost`] if somebody has.
pub async fn commit_as(
    owner: &Fence,
    root: &TableRoot,
    spec: &TableSpec,
    change: &TableChange,
    transaction: &Transaction,
    operation_note: &str,
) -> Result<CommitOutcome, TablesError> {
    let log = TableLog::new(root, spec);
    commit_to(&log, change, transaction, Some(owner), operation_note).await
}

async fn commit_to(
    log: &TableLog<'_>,
    change: &TableChange,
    transaction: &Transaction,
    owner: Option<&Fence>,
    operation_note: &str,
) -> Result<CommitOutcome, TablesError> {
    let spec = log.spec();
    actions::check(spec, change)?;
    for _ in 0..MAXIMUM_ATTEMPTS {
        let current = log.open(None).await?;
        if let Some(outcome) = already_committed(log, current.as_ref(), transaction).await? {
            return Ok(outcome);
        }
        if let (Some(owner), Some(current)) = (owner, &current) {
            owner.check(log, current).await?;
        }
        let prepared = actions::prepare(spec, current.as_ref(), change, transaction, owner, operation_note)?;
        if let Some(outcome) = attempt(log, current.as_ref(), change, transaction, &prepared).await? {
            return Ok(outcome);
        }
        debug!(
            table = spec.name,
            "another writer was first, reading the table again"
        );
    }
    Err(TablesError::Contended {
        table: spec.name,
        attempts: MAXIMUM_ATTEMPTS,
    })
}

/// One try at the version after `current`. `None`: another writer took that version.
async fn attempt(
    log: &TableLog<'_>,
    current: Option<&EagerSnapshot>,
    change: &TableChange,
    transaction: &Transaction,
    prepared: &CommitData,
) -> Result<Option<CommitOutcome>, TablesError> {
    let spec = log.spec();
    let version = match current {
        None => {
            if let Some(file) = change.remove.first() {
                return Err(TablesError::InvalidChange {
                    table: spec.name,
                    reason: format!("it removes '{}' from a table that does not exist", file.path),
                });
            }
            0
        }
        Some(snapshot) => {
            check_against(log, snapshot, change)?;
            PROTOCOL
                .can_commit(snapshot, &prepared.actions, &prepared.operation)
                .map_err(|error| log.error("commit to", error.into()))?;
            snapshot.version() + 1
        }
    };
    let bytes = CommitData::get_bytes(prepared).map_err(|error| log.error("commit to", error.into()))?;

    crash_point(&format!("commit:{}:before", spec.name));
    let written = log
        .store()
        .write_commit_entry(version, CommitOrBytes::LogBytes(bytes), Uuid::new_v4())
        .await;
    crash_point(&format!("commit:{}:after", spec.name));
    match written {
        Ok(()) => Ok(Some(CommitOutcome::Committed { version })),
        Err(TransactionError::VersionAlreadyExists(_)) => Ok(None),
        Err(error) => {
            let error = log.error("commit to", error.into());
            warn!(table = spec.name, %error, "the commit failed, reading back whether it took effect");
            recover(log, transaction, error).await.map(Some)
        }
    }
}

/// The storage may have kept the commit and lost the answer: only the table knows.
async fn recover(
    log: &TableLog<'_>,
    transaction: &Transaction,
    error: TablesError,
) -> Result<CommitOutcome, TablesError> {
    let found = match log.open(None).await {
        Ok(current) => already_committed(log, current.as_ref(), transaction).await,
        Err(read_error) => Err(read_error),
    };
    match found {
        Ok(Some(outcome)) => Ok(CommitOutcome::Committed {
            version: outcome.version(),
        }),
        Ok(None) => Err(error),
        Err(read_error) => {
            warn!(table = log.spec().name, %read_error, "the table could not be read back");
            Err(TablesError::CommitUnknown {
                table: log.spec().name,
                source: Box::new(error),
            })
        }
    }
}

async fn already_committed(
    log: &TableLog<'_>,
    current: Option<&EagerSnapshot>,
    transaction: &Transaction,
) -> Result<Option<CommitOutcome>, TablesError> {
    let Some(snapshot) = current else {
        return Ok(None);
    };
    let recorded = snapshot
        .transaction_version(log.store().as_ref(), &transaction.app_id)
        .await
        .map_err(|error| log.error("read the transactions of", error))?;
    if recorded.is_none_or(|recorded| recorded < transaction.sequence) {
        return Ok(None);
    }
    let version = log.version_of(snapshot.version(), transaction).await?;
    Ok(Some(CommitOutcome::AlreadyCommitted { version }))
}

/// Removed files must still be there, with the same rows, and added ones must be new or take a removed one's place: nothing else can make two commits contradict each other.
fn check_against(
    log: &TableLog<'_>,
    snapshot: &EagerSnapshot,
    change: &TableChange,
) -> Result<(), TablesError> {
    let files = log.files(snapshot)?;
    let active: HashMap<&str, &DataFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let holds = |file: &&DataFile| {
        active
            .get(file.path.as_str())
            .is_some_and(|held| held.shows_same(file))
    };
    if let Some(missing) = change.remove.iter().find(|file| !holds(file)) {
        return Err(TablesError::Conflict {
            table: log.spec().name,
            version: snapshot.version(),
            path: missing.path.clone(),
        });
    }
    let removed: HashSet<&str> = change.remove.iter().map(|file| file.path.as_str()).collect();
    let present =
        |file: &&DataFile| active.contains_key(file.path.as_str()) && !removed.contains(file.path.as_str());
    if let Some(present) = change.add.iter().find(present) {
        return Err(TablesError::InvalidChange {
            table: log.spec().name,
            reason: format!("it adds '{}', which the table already has", present.path),
        });
    }
    Ok(())
}
