//! Keeping a table small: checkpoints, log clean-up, and removal of files that no version in use refers to.
//!
//! The only module that deletes data. It never changes what a version in use contains, and whoever calls it says which
//! versions those are: the ones that snapshot records name.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deltalake_core::DeltaTable;
use deltalake_core::checkpoints::{cleanup_expired_logs_for, create_checkpoint};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::clock;
use crate::delta::TableLog;
use crate::error::TablesError;
use crate::json_object::storage;
use crate::location::TableRoot;
use crate::schema::TableSpec;

/// Deletions in flight at once.
const CONCURRENT_DELETIONS: usize = 16;

/// Writes a checkpoint of the newest version, so that opening the table reads one file instead of the whole log.
/// Returns that version; `None` if the table does not exist.
pub async fn checkpoint(root: &TableRoot, spec: &TableSpec) -> Result<Option<u64>, TablesError> {
    let log = TableLog::new(root, spec);
    if log.open(None).await?.is_none() {
        return Ok(None);
    }
    let mut table = DeltaTable::new(log.store().clone());
    table.load().await.map_err(|error| log.error("read", error))?;
    create_checkpoint(&table, None)
        .await
        .map_err(|error| log.error("write a checkpoint of", error))?;
    Ok(table.version())
}

/// Deletes log entries older than `retention` that lie before a checkpoint at or below both the newest version and every
/// version in `referenced_by`. Returns how many; none if there is no such checkpoint.
///
/// Entries of deleted rows are gone from the log only after this.
pub async fn clean_log(
    root: &TableRoot,
    spec: &TableSpec,
    retention: Duration,
    referenced_by: &[u64],
) -> Result<usize, TablesError> {
    let log = TableLog::new(root, spec);
    let Some(newest) = log.open(None).await? else {
        return Ok(0);
    };
    let keep = referenced_by.iter().copied().fold(newest.version(), u64::min);
    cleanup_expired_logs_for(
        keep,
        log.store().as_ref(),
        cutoff(retention).timestamp_millis(),
        None,
    )
    .await
    .map_err(|error| log.error("clean the log of", error))
}

/// Deletes the files under the table's directory that neither the newest version nor any version in `referenced_by` holds
/// and that are older than `retention`. Returns their paths, relative to the table's directory.
///
/// Files that a run has written but not yet committed look like this too: `retention` must be longer than the time within
/// which a run that stopped may still be resumed.
///
/// # Errors
/// Deletes nothing if one of the versions cannot be read.
pub async fn vacuum(
    root: &TableRoot,
    spec: &TableSpec,
    retention: Duration,
    referenced_by: &[u64],
) -> Result<Vec<String>, TablesError> {
    let store = root.table_store(spec);
    // Listed before the versions are read: a file committed in between is in the newest version.
    let candidates = old_files(store.as_ref(), spec, cutoff(retention)).await?;
    let referenced = referenced_paths(root, spec, referenced_by).await?;
    let mut unreferenced: Vec<Path> = candidates
        .into_iter()
        .filter(|path| !referenced.contains(path.as_ref()))
        .collect();
    unreferenced.sort();

    futures::stream::iter(unreferenced.clone())
        .map(|path| {
            let store = &store;
            async move {
                match store.delete(&path).await {
                    // Someone else's vacuum was faster.
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(storage("delete", &path, error)),
                }
            }
        })
        .buffer_unordered(CONCURRENT_DELETIONS)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(unreferenced.into_iter().map(String::from).collect())
}

async fn old_files(
    store: &dyn ObjectStore,
    spec: &TableSpec,
    written_before: DateTime<Utc>,
) -> Result<Vec<Path>, TablesError> {
    let objects: Vec<_> = store
        .list(None)
        .try_collect()
        .await
        .map_err(|error| storage("list", &Path::from(spec.directory), error))?;
    Ok(objects
        .into_iter()
        .filter(|object| object.last_modified < written_before && !is_hidden(&object.location))
        .map(|object| object.location)
        .collect())
}

/// `_delta_log` and whatever else tools keep beside the data.
fn is_hidden(path: &Path) -> bool {
    path.parts().any(|part| part.as_ref().starts_with(['_', '.']))
}

async fn referenced_paths(
    root: &TableRoot,
    spec: &TableSpec,
    versions: &[u64],
) -> Result<HashSet<String>, TablesError> {
    let log = TableLog::new(root, spec);
    let mut wanted: Vec<Option<u64>> = versions.iter().copied().map(Some).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.push(None);
    let mut paths = HashSet::new();
    for version in wanted {
        let Some(snapshot) = log.open(version).await? else {
            continue;
        };
        paths.extend(log.files(&snapshot)?.into_iter().map(|file| file.path));
    }
    Ok(paths)
}

fn cutoff(retention: Duration) -> DateTime<Utc> {
    chrono::Duration::from_std(retention)
        .ok()
        .and_then(|retention| clock::now().checked_sub_signed(retention))
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
}
