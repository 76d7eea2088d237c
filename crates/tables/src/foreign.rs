//! Delta tables that other programs write: the columns and files of their newest version.
//!
//! Reads the log and never Parquet. Refuses a table whose rows cannot be told from its files alone: read as plain files,
//! deleted rows would come back and columns would have other names.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoArrow;
use deltalake_core::kernel::{LogicalFileView, Snapshot};
use deltalake_core::logstore::{StorageConfig, default_logstore};
use futures::TryStreamExt;
use object_store::path::Path;
use url::Url;

use crate::error::TablesError;
use crate::location::TableRoot;

/// The version of the protocol that lists reader features by name; the newest there is.
const NEWEST_READER_VERSION: i32 = 3;
/// Features that do not change what the files hold, or of which [`refused_use`] finds out whether they are used.
const HARMLESS_FEATURES: [&str; 5] = [
    "timestampNtz",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "deletionVectors",
    "columnMapping",
];
const COLUMN_MAPPING: &str = "delta.columnMapping.mode";

/// One version of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignTable {
    pub version: u64,
    /// All columns, those that divide the files too.
    pub schema: SchemaRef,
    pub partition_columns: Vec<String>,
    /// The table's directory; ends with a slash.
    pub url: Url,
    /// The table's directory, from the root of the storage.
    pub directory: Path,
    /// Sorted by path.
    pub files: Vec<ForeignFile>,
}

/// A Parquet file that the version holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignFile {
    /// From the table's directory, as the storage names it: not percent-encoded.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Partition column to value in the text form of Delta's protocol; `None` for null.
    pub partition: BTreeMap<String, Option<String>>,
}

/// Resolves the newest version of the table in a local folder, at a `file://` URL or in a bucket.
///
/// Must be called within a tokio runtime.
///
/// # Errors
/// [`TablesError::NotADeltaTable`] without a log, [`TablesError::UnreadFeature`] for a table that is not read, and
/// [`TablesError::ForeignLog`] for a log that is damaged.
pub async fn load_foreign_table(location: &str) -> Result<ForeignTable, TablesError> {
    let root = TableRoot::parse(location)?;
    let unreadable = |source: DeltaTableError| TablesError::ForeignLog {
        location: location.to_owned(),
        source: Box::new(source),
    };
    let log = default_logstore(
        Arc::clone(root.store()),
        Arc::clone(root.storage()),
        root.url(),
        &StorageConfig::default(),
    );
    if !log.is_delta_table_location().await.map_err(unreadable)? {
        return Err(TablesError::NotADeltaTable {
            location: location.to_owned(),
        });
    }
    let snapshot = Snapshot::try_new(log.as_ref(), None).await.map_err(unreadable)?;
    let refused = |feature: String, advice: &'static str| TablesError::UnreadFeature {
        location: location.to_owned(),
        feature,
        advice,
    };
    if let Some((feature, advice)) = refused_protocol(&snapshot) {
        return Err(refused(feature, advice));
    }
    let schema: Schema = snapshot
        .schema()
        .as_ref()
        .try_into_arrow()
        .map_err(|source| unreadable(DeltaTableError::Arrow { source }))?;
    let views: Vec<LogicalFileView> = snapshot
        .file_views(log.as_ref(), None)
        .try_collect()
        .await
        .map_err(unreadable)?;
    if let Some((feature, advice)) = views.iter().find_map(refused_use) {
        return Err(refused(feature, advice));
    }
    let mut files: Vec<ForeignFile> = views.iter().map(foreign_file).collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(ForeignTable {
        version: snapshot.version(),
        schema: Arc::new(schema),
        partition_columns: snapshot.metadata().partition_columns().to_vec(),
        url: root.url().clone(),
        directory: root.prefix().clone(),
        files,
    })
}

/// What the table as a whole declares and this module does not read, and what its owner can do.
fn refused_protocol(snapshot: &Snapshot) -> Option<(String, &'static str)> {
    const REWRITE: &str = "copy its rows into a table without that feature, or export them as Parquet files";
    let protocol = snapshot.protocol();
    if protocol.min_reader_version() > NEWEST_READER_VERSION {
        let version = protocol.min_reader_version();
        return Some((format!("reader version {version} of the protocol"), REWRITE));
    }
    let mapping = snapshot.metadata().configuration().get(COLUMN_MAPPING);
    if let Some(mode) = mapping.filter(|mode| !mode.eq_ignore_ascii_case("none")) {
        return Some((format!("column mapping (mode `{mode}`)"), REWRITE));
    }
    let unknown = protocol
        .reader_features()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .find(|feature| !HARMLESS_FEATURES.contains(&feature.as_str()))?;
    Some((format!("the reader feature `{unknown}`"), REWRITE))
}

/// What one file of the table needs and this module does not read.
fn refused_use(file: &LogicalFileView) -> Option<(String, &'static str)> {
    if file.deletion_vector_descriptor().is_some() {
        let advice = "rewrite the files that have some (in Spark: `REORG TABLE … APPLY (PURGE)`)";
        return Some(("deletion vectors".to_owned(), advice));
    }
    let path = file.path();
    if path.starts_with('/') || path.contains("://") {
        let advice = "point at the table that owns the files, or make a deep clone";
        return Some((format!("files of another table (`{path}`)"), advice));
    }
    None
}

fn foreign_file(view: &LogicalFileView) -> ForeignFile {
    // Hive's name for null in folder names; some writers let it into the log.
    const NULL: &str = "__HIVE_DEFAULT_PARTITION__";
    let partition = view.partition_values_map().into_iter().map(|(column, value)| {
        let value = value.filter(|text| !text.is_empty() && text != NULL);
        (column, value)
    });
    ForeignFile {
        path: view.path().into_owned(),
        size: view.size().unsigned_abs(),
        partition: partition.collect(),
    }
}
