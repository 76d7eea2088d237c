//! Turns a change into the actions of one Delta commit, and refuses changes that contradict themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::CommitData;
use deltalake_core::kernel::{
    Action, Add, EagerSnapshot, MetadataExt, Protocol, Remove, StructType, Transaction as DeltaTransaction,
    new_metadata,
};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use serde_json::{Value, json};

use super::{Fence, TableChange, Transaction};
use crate::clock;
use crate::data_file::DataFile;
use crate::deleted_rows::DeletedRows;
use crate::error::TablesError;
use crate::schema::TableSpec;

/// Statistics of values would keep user ids in the log after their rows are gone.
const TABLE_PROPERTIES: [(&str, &str); 1] = [("delta.dataSkippingNumIndexedCols", "0")];

/// The writer version from which a table lists the features that it uses.
const WITH_FEATURES: i32 = 7;
const VECTORS_PROPERTY: (&str, &str) = ("delta.enableDeletionVectors", "true");

/// Checks what can be known without the table.
pub(super) fn check(spec: &TableSpec, change: &TableChange) -> Result<(), TablesError> {
    let invalid = |reason: String| TablesError::InvalidChange {
        table: spec.name,
        reason,
    };
    let (mut added, mut removed) = (HashSet::new(), HashSet::new());
    let entries = change.add.iter().map(|file| (file, true));
    for (file, adds) in entries.chain(change.remove.iter().map(|file| (file, false))) {
        let paths = if adds { &mut added } else { &mut removed };
        if !paths.insert(file.path.as_str()) {
            return Err(invalid(format!("it names '{}' twice", file.path)));
        }
        if file.path.is_empty() || file.path.starts_with('/') || file.path.contains("://") {
            return Err(invalid(format!(
                "'{}' is not relative to the table's directory",
                file.path
            )));
        }
        if file
            .deleted
            .as_ref()
            .is_some_and(|deleted| deleted.count_within(0, file.rows) != deleted.count())
        {
            return Err(invalid(format!(
                "it deletes rows that '{}' does not have",
                file.path
            )));
        }
        let named: Vec<&str> = file.partition.keys().map(String::as_str).collect();
        let mut expected = spec.partition_columns.to_vec();
        expected.sort_unstable();
        if named != expected {
            return Err(invalid(format!(
                "'{}' has values for the partition columns {named:?} instead of {expected:?}",
                file.path
            )));
        }
    }
    let replaced = change.add.iter().find(|file| {
        let before = change.remove.iter().find(|removed| removed.path == file.path);
        before.is_some_and(|removed| removed.deleted == file.deleted)
    });
    match replaced {
        Some(file) => Err(invalid(format!("it replaces '{}' by itself", file.path))),
        None => Ok(()),
    }
}

/// Everything that goes into the commit; without a `current` version it also defines the table.
pub(super) fn prepare(
    spec: &TableSpec,
    current: Option<&EagerSnapshot>,
    change: &TableChange,
    transaction: &Transaction,
    owner: Option<&Fence>,
    operation_note: &str,
) -> Result<CommitData, TablesError> {
    let now = clock::now().timestamp_millis();
    let mut actions = Vec::with_capacity(change.add.len() + change.remove.len() + 4);
    let defined = match current {
        None => definition(spec).map(Vec::from),
        Some(current) if change.add.iter().any(|file| file.deleted.is_some()) => with_vectors(current),
        Some(_) => Ok(Vec::new()),
    };
    actions.extend(defined.map_err(|source| TablesError::Delta {
        action: "define",
        table: spec.name,
        source: Box::new(source),
    })?);
    actions.extend(
        change
            .remove
            .iter()
            .map(|file| Action::Remove(remove(file, change.data_change, now))),
    );
    actions.extend(
        change
            .add
            .iter()
            .map(|file| Action::Add(add(file, change.data_change))),
    );
    let operation = DeltaOperation::Write {
        mode: if change.remove.is_empty() {
            SaveMode::Append
        } else {
            SaveMode::Overwrite
        },
        partition_by: Some(spec.partition_columns.iter().map(ToString::to_string).collect()),
        predicate: None,
    };
    let note = HashMap::from([("wayfare".to_owned(), Value::from(operation_note))]);
    let recorded =
        DeltaTransaction::new_with_last_update(&transaction.app_id, transaction.sequence, Some(now));
    let recorded = std::iter::once(recorded)
        .chain(owner.map(|owner| owner.recorded(now)))
        .collect();
    Ok(CommitData::new(actions, operation, note, recorded))
}

/// Reader 1 and writer 2, which every Delta reader understands, until rows are deleted without rewriting their file.
fn definition(spec: &TableSpec) -> Result<[Action; 2], DeltaTableError> {
    let protocol: Protocol = serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))
        .map_err(|json_err| DeltaTableError::SerializeLogJson { json_err })?;
    let schema: StructType = spec
        .schema()
        .as_ref()
        .try_into_kernel()
        .map_err(|source| DeltaTableError::Arrow { source })?;
    let metadata = new_metadata(&schema, spec.partition_columns, TABLE_PROPERTIES)?;
    Ok([Action::Protocol(protocol), Action::Metadata(metadata)])
}

/// What a table needs before its first deletion vector: later readers and writers. Tables that never saw an increment
/// stay readable by all.
fn with_vectors(current: &EagerSnapshot) -> Result<Vec<Action>, DeltaTableError> {
    if current.protocol().min_writer_version() >= WITH_FEATURES {
        return Ok(Vec::new());
    }
    let protocol = json!({
        "minReaderVersion": 3,
        "minWriterVersion": WITH_FEATURES,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["appendOnly", "deletionVectors"],
    });
    let protocol: Protocol = serde_json::from_value(protocol)
        .map_err(|json_err| DeltaTableError::SerializeLogJson { json_err })?;
    let (key, value) = VECTORS_PROPERTY;
    let metadata = current
        .metadata()
        .clone()
        .add_config_key(key.to_owned(), value.to_owned())?;
    Ok(vec![Action::Protocol(protocol), Action::Metadata(metadata)])
}

fn add(file: &DataFile, data_change: bool) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: partition_values(&file.partition),
        size: signed(file.size),
        modification_time: file.modified_ms,
        data_change,
        stats: Some(json!({ "numRecords": file.rows }).to_string()),
        deletion_vector: file.deleted.as_ref().map(DeletedRows::descriptor),
        ..Add::default()
    }
}

fn remove(file: &DataFile, data_change: bool, now: i64) -> Remove {
    Remove {
        path: file.path.clone(),
        data_change,
        deletion_timestamp: Some(now),
        extended_file_metadata: Some(true),
        partition_values: Some(partition_values(&file.partition)),
        size: Some(signed(file.size)),
        deletion_vector: file.deleted.as_ref().map(DeletedRows::descriptor),
        ..Remove::default()
    }
}

fn partition_values(partition: &BTreeMap<String, Option<String>>) -> HashMap<String, Option<String>> {
    partition
        .iter()
        .map(|(column, value)| (column.clone(), value.clone()))
        .collect()
}

/// Delta writes sizes as signed; no file comes near the limit.
fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
