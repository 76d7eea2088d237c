//! `wayfare maintain`: checkpoints, removal of files that no retained snapshot needs, and of what lost attempts left.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde::Serialize;
use wayfare_tables::{
    TableRoot, TablesError, all_tables, checkpoint, clean_log, list_snapshots, load_table, read_snapshot,
    vacuum,
};

use crate::clock;
use crate::error::PipelineError;

const JOB: &str = "(maintain)";
const WORK: &str = "_wayfare/work";
/// Snapshot records whose table versions are kept readable, newest first.
const SNAPSHOTS_KEPT: usize = 30;

/// What was done.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MaintainReport {
    pub tables: BTreeMap<String, TableReport>,
    /// Intermediate files of runs that never finished.
    pub intermediate_files_removed: usize,
    pub snapshots_kept: usize,
}

/// What was done to one table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TableReport {
    pub checkpoint_version: Option<u64>,
    pub files_removed: Vec<String>,
    pub log_entries_removed: usize,
}

/// Maintains every table. Files younger than `retention` stay, since a run may still be about to commit them.
pub async fn maintain(
    tables_url: &str,
    retention: Duration,
    dry_run: bool,
) -> Result<MaintainReport, PipelineError> {
    let tables = |doing: &str| PipelineError::tables(JOB, doing.to_owned());
    let root = TableRoot::parse(tables_url).map_err(tables("opening the tables"))?;
    let sequences = list_snapshots(&root)
        .await
        .map_err(tables("listing snapshot records"))?;
    let mut records = Vec::new();
    for sequence in sequences.iter().rev().take(SNAPSHOTS_KEPT) {
        records.extend(
            read_snapshot(&root, *sequence)
                .await
                .map_err(tables("reading a snapshot record"))?,
        );
    }
    let mut report = MaintainReport {
        snapshots_kept: records.len(),
        ..MaintainReport::default()
    };
    for spec in all_tables() {
        let versions: Vec<u64> = records
            .iter()
            .filter_map(|record| record.tables.get(spec.name))
            .copied()
            .collect();
        let exists = load_table(&root, spec, None)
            .await
            .map_err(tables("reading a table"))?
            .version
            .is_some();
        if !exists {
            continue;
        }
        let mut table = TableReport::default();
        if !dry_run {
            let doing = format!("maintaining `{}`", spec.name);
            table.checkpoint_version = checkpoint(&root, spec).await.map_err(tables(&doing))?;
            table.files_removed = vacuum(&root, spec, retention, &versions)
                .await
                .map_err(tables(&doing))?;
            table.log_entries_removed = clean_log(&root, spec, retention, &versions)
                .await
                .map_err(tables(&doing))?;
        }
        report.tables.insert(spec.name.to_owned(), table);
    }
    let failed = |source: object_store::Error| {
        let removing = TablesError::Storage {
            action: "remove intermediate files below",
            path: WORK.to_owned(),
            source,
        };
        tables("removing intermediate files")(removing)
    };
    let oldest = clock::now() - retention;
    let objects: Vec<_> = object_store::ObjectStore::list(root.store(), Some(&Path::from(WORK)))
        .try_collect()
        .await
        .map_err(failed)?;
    for object in objects.iter().filter(|object| object.last_modified < oldest) {
        report.intermediate_files_removed += 1;
        if !dry_run {
            root.store().delete(&object.location).await.map_err(failed)?;
        }
    }
    Ok(report)
}
