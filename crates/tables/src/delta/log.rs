//! One table's Delta log: opening a version, listing its files, finding a transaction in it.

use arrow::datatypes::Schema;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoArrow;
use deltalake_core::kernel::{Action, EagerSnapshot};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore, get_actions};
use deltalake_core::{DeltaTableError, kernel::LogicalFileView};

use super::Transaction;
use crate::data_file::DataFile;
use crate::deleted_rows::DeletedRows;
use crate::error::TablesError;
use crate::location::TableRoot;
use crate::schema::TableSpec;

/// The log of one table under one root.
pub(crate) struct TableLog<'a> {
    spec: &'a TableSpec,
    store: LogStoreRef,
}

impl<'a> TableLog<'a> {
    pub(crate) fn new(root: &TableRoot, spec: &'a TableSpec) -> Self {
        let store = default_logstore(
            root.table_store(spec),
            root.storage().clone(),
            &root.table_url(spec),
            &StorageConfig::default(),
        );
        Self { spec, store }
    }

    pub(crate) fn spec(&self) -> &'a TableSpec {
        self.spec
    }

    pub(crate) fn store(&self) -> &LogStoreRef {
        &self.store
    }

    /// Opens `version` or the newest one; `None` if the table does not exist.
    pub(crate) async fn open(&self, version: Option<u64>) -> Result<Option<EagerSnapshot>, TablesError> {
        let exists = self
            .store
            .is_delta_table_location()
            .await
            .map_err(|error| self.error("list the log of", error))?;
        if !exists {
            return Ok(None);
        }
        match EagerSnapshot::try_new(self.store.as_ref(), version).await {
            Ok(snapshot) => {
                self.check_schema(&snapshot)?;
                Ok(Some(snapshot))
            }
            Err(error) => match version {
                Some(version) => Err(self.explain_missing(version, error).await),
                None => Err(self.error("read", error)),
            },
        }
    }

    /// All active files of a snapshot, sorted by path.
    pub(crate) fn files(&self, snapshot: &EagerSnapshot) -> Result<Vec<DataFile>, TablesError> {
        let data = snapshot
            .try_log_data()
            .map_err(|error| self.error("list the files of", error))?;
        let mut files = data
            .iter()
            .map(|view| self.data_file(&view))
            .collect::<Result<Vec<_>, _>>()?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(files)
    }

    /// The version that committed `transaction`, looked for from `newest` down to the oldest commit still in the log.
    pub(crate) async fn version_of(
        &self,
        newest: u64,
        transaction: &Transaction,
    ) -> Result<u64, TablesError> {
        let mut oldest_match = newest;
        for version in (0..=newest).rev() {
            let bytes = match self.store.read_commit_entry(version).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(oldest_match.min(version + 1)),
                Err(error) => return Err(self.error("read the log of", error)),
            };
            let actions =
                get_actions(version, &bytes).map_err(|error| self.error("read the log of", error))?;
            let sequence = actions.iter().find_map(|action| match action {
                Action::Txn(recorded) if recorded.app_id == transaction.app_id => Some(recorded.version),
                _ => None,
            });
            match sequence {
                Some(sequence) if sequence > transaction.sequence => oldest_match = version,
                Some(sequence) if sequence == transaction.sequence => return Ok(version),
                Some(_) => return Ok(oldest_match),
                None => {}
            }
        }
        Ok(oldest_match)
    }

    pub(crate) fn error(&self, action: &'static str, source: DeltaTableError) -> TablesError {
        TablesError::Delta {
            action,
            table: self.spec.name,
            source: Box::new(source),
        }
    }

    fn data_file(&self, view: &LogicalFileView) -> Result<DataFile, TablesError> {
        let path = view.path().into_owned();
        let rows = view.num_records().or_else(|| row_count(&view.stats()?));
        let deleted = view
            .deletion_vector_descriptor()
            .map(|descriptor| DeletedRows::from_descriptor(&descriptor))
            .transpose()
            .map_err(|source| TablesError::DeletedRows {
                table: self.spec.name,
                path: path.clone(),
                source,
            })?;
        let Some(rows) = rows else {
            return Err(TablesError::RowCountMissing {
                table: self.spec.name,
                path,
            });
        };
        Ok(DataFile {
            path,
            size: view.size().unsigned_abs(),
            rows: rows as u64,
            partition: view.partition_values_map().into_iter().collect(),
            modified_ms: view.modification_time(),
            deleted,
        })
    }

    fn check_schema(&self, snapshot: &EagerSnapshot) -> Result<(), TablesError> {
        let stored: Schema =
            snapshot.schema().as_ref().try_into_arrow().map_err(|error| {
                self.error("read the schema of", DeltaTableError::Arrow { source: error })
            })?;
        let expected = self.spec.schema();
        let mut differences: Vec<String> = expected
            .fields()
            .iter()
            .filter(|field| stored.field_with_name(field.name()).ok() != Some(field.as_ref()))
            .map(|field| format!("expected {field}"))
            .collect();
        differences.extend(
            stored
                .fields()
                .iter()
                .filter(|field| expected.field_with_name(field.name()).is_err())
                .map(|field| format!("unexpected {field}")),
        );
        if snapshot.metadata().partition_columns() != self.spec.partition_columns {
            differences.push(format!(
                "partitioned by {:?}",
                snapshot.metadata().partition_columns()
            ));
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(TablesError::SchemaDiffers {
            table: self.spec.name,
            difference: differences.join(", "),
        })
    }

    /// The kernel reports a version beyond the newest in many ways; the newest version tells them from real damage.
    async fn explain_missing(&self, version: u64, error: DeltaTableError) -> TablesError {
        match EagerSnapshot::try_new(self.store.as_ref(), None).await {
            Ok(newest) if newest.version() < version => TablesError::VersionNotFound {
                table: self.spec.name,
                version,
                newest: Some(newest.version()),
            },
            _ => self.error("read an older version of", error),
        }
    }
}

fn row_count(stats: &str) -> Option<usize> {
    let stats: serde_json::Value = serde_json::from_str(stats).ok()?;
    usize::try_from(stats.get("numRecords")?.as_u64()?).ok()
}
