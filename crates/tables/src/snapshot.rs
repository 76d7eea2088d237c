//! Snapshot records: the only door through which readers see several tables at one moment.
//!
//! Delta is atomic per table. A run commits each table and then creates one record with the version of every table;
//! records are numbered without gaps and never change, so two runs that raced are told apart by who created the number.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::crash_point::crash_point;
use crate::error::TablesError;
use crate::json_object::{self, Created};
use crate::location::TableRoot;

const DIRECTORY: &str = "_wayfare/snapshots";
const KIND: &str = "snapshot record";
/// In the names of records, which are sorted as texts.
const DIGITS: usize = 20;

/// The tables at one moment, and what they were made with. Fields that a newer version added are ignored on reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    /// From 1; the record before has one less.
    pub sequence: u64,
    pub run_id: String,
    pub created_at_ms: i64,
    /// Table name to version.
    pub tables: BTreeMap<String, u64>,
    pub bucket_count: u32,
    pub encoder: String,
    #[serde(default)]
    pub item_pack: Option<ArtefactRef>,
    /// Parameters of the segmentation, as JSON.
    pub settings: String,
    /// Logical date to what is in the log for it.
    #[serde(default)]
    pub slices: BTreeMap<String, Slice>,
}

/// An immutable file that is named by place and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtefactRef {
    pub uri: String,
    pub hash: String,
}

/// One logical date in the activity log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Hash of the list of source files: equal means that nothing has to be read to know that nothing changed.
    pub input_fingerprint: String,
    /// Hash of the accepted rows, whatever files they came in.
    pub content_digest: String,
    pub rows: u64,
    pub run_id: String,
    pub configuration_hash: String,
}

/// How [`write_snapshot`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotWrite {
    Written,
    /// This run had written the record before.
    AlreadyThere,
    /// Another run created this sequence number: what this run computed is out of date.
    Lost {
        to_run: String,
    },
}

/// The newest record; `None` if nothing was ever published.
pub async fn latest_snapshot(root: &TableRoot) -> Result<Option<SnapshotRecord>, TablesError> {
    match list_snapshots(root).await?.last() {
        Some(sequence) => read_snapshot(root, *sequence).await,
        None => Ok(None),
    }
}

/// The record with this number; `None` if there is none.
pub async fn read_snapshot(root: &TableRoot, sequence: u64) -> Result<Option<SnapshotRecord>, TablesError> {
    let path = path_of(sequence);
    let record: Option<SnapshotRecord> = json_object::read(root, &path, KIND).await?;
    if let Some(record) = &record {
        json_object::belongs(&path, KIND, record.sequence == sequence)?;
    }
    Ok(record)
}

/// The numbers of all records, ascending.
pub async fn list_snapshots(root: &TableRoot) -> Result<Vec<u64>, TablesError> {
    let directory = Path::from(DIRECTORY);
    let objects: Vec<_> = root
        .store()
        .list(Some(&directory))
        .try_collect()
        .await
        .map_err(|error| json_object::storage("list", &directory, error))?;
    let mut sequences: Vec<u64> = objects
        .iter()
        .filter_map(|object| sequence_of(object.location.filename()?))
        .collect();
    sequences.sort_unstable();
    Ok(sequences)
}

/// Publishes `record` under its number unless that number is taken.
pub async fn write_snapshot(root: &TableRoot, record: &SnapshotRecord) -> Result<SnapshotWrite, TablesError> {
    crash_point("snapshot:before");
    let created = json_object::create(root, &path_of(record.sequence), KIND, record).await?;
    crash_point("snapshot:after");
    Ok(match created {
        Created::First => SnapshotWrite::Written,
        Created::Exists(stored) if stored.run_id == record.run_id => SnapshotWrite::AlreadyThere,
        Created::Exists(stored) => SnapshotWrite::Lost {
            to_run: stored.run_id,
        },
    })
}

/// Another spelling of a number is no record, and must not hide those that are.
fn sequence_of(file_name: &str) -> Option<u64> {
    let digits = file_name.strip_suffix(".json")?;
    (digits.len() == DIGITS).then(|| digits.parse().ok())?
}

fn path_of(sequence: u64) -> Path {
    Path::from(format!("{DIRECTORY}/{sequence:0DIGITS$}.json"))
}
