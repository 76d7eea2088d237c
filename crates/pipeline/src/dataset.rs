//! Lists of data files as tables of a session: Delta tables at a snapshot's version, and intermediate results.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use datafusion::common::ScalarValue;
use wayfare_functions::bucketed_table::{BucketedTable, Layout, TableFile};
use wayfare_tables::{DataFile, TableSpec};

use crate::error::PipelineError;

/// Files and how to read them.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    /// From the root of the tables.
    pub(crate) directory: String,
    /// Columns in the files.
    pub(crate) file_schema: SchemaRef,
    /// Columns that each file has one value of.
    pub(crate) partition_fields: Vec<FieldRef>,
    /// Order of the rows in each file; the first column is the user's. Empty where there is none.
    pub(crate) sort_columns: Vec<String>,
    pub(crate) files: Vec<DataFile>,
}

impl Dataset {
    /// The files of a table.
    pub(crate) fn of_table(spec: &TableSpec, files: Vec<DataFile>) -> Self {
        let schema = spec.schema();
        let partition_fields = schema
            .fields()
            .iter()
            .filter(|field| spec.partition_columns.contains(&field.name().as_str()));
        Self {
            directory: spec.directory.to_owned(),
            file_schema: spec.file_schema(),
            partition_fields: partition_fields.cloned().collect(),
            sort_columns: sort_columns(spec).iter().map(|name| (*name).to_owned()).collect(),
            files,
        }
    }

    /// Intermediate files, partitioned by bucket and sorted by user.
    pub(crate) fn of_users(directory: &str, file_schema: SchemaRef, files: Vec<DataFile>) -> Self {
        Self {
            directory: directory.to_owned(),
            file_schema,
            partition_fields: vec![bucket_field()],
            sort_columns: vec!["user_id".to_owned()],
            files,
        }
    }

    /// Intermediate files without buckets or order.
    pub(crate) fn plain(directory: &str, file_schema: SchemaRef, files: Vec<DataFile>) -> Self {
        let (partition_fields, sort_columns) = (vec![], vec![]);
        Self {
            directory: directory.to_owned(),
            file_schema,
            partition_fields,
            sort_columns,
            files,
        }
    }

    /// A table in any order.
    pub(crate) fn provider(&self) -> Result<Arc<BucketedTable>, PipelineError> {
        let files = self
            .files
            .iter()
            .map(|file| self.table_file(file))
            .collect::<Result<Vec<_>, _>>()?;
        let fields = self.partition_fields.clone();
        Ok(Arc::new(BucketedTable::new(
            &self.file_schema,
            fields,
            Layout::Plain,
            vec![files],
        )))
    }

    /// A table with one partition for each of the buckets, sorted by user.
    pub(crate) fn bucketed(&self, buckets: &[u32]) -> Result<Arc<BucketedTable>, PipelineError> {
        let mut groups: BTreeMap<String, Vec<TableFile>> = BTreeMap::new();
        for file in &self.files {
            let bucket = file
                .partition
                .get("bucket")
                .cloned()
                .flatten()
                .unwrap_or_default();
            groups.entry(bucket).or_default().push(self.table_file(file)?);
        }
        let groups = buckets
            .iter()
            .map(|bucket| groups.remove(&bucket.to_string()).unwrap_or_default())
            .collect();
        let layout = Layout::Bucketed {
            sort_columns: self.sort_columns.clone(),
        };
        Ok(Arc::new(BucketedTable::new(
            &self.file_schema,
            self.partition_fields.clone(),
            layout,
            groups,
        )))
    }

    /// The same with the columns that say where a row is.
    pub(crate) fn with_places(&self, buckets: &[u32]) -> Result<Arc<BucketedTable>, PipelineError> {
        let table = self.bucketed(buckets)?;
        Ok(Arc::new(Arc::unwrap_or_clone(table).with_places()))
    }

    fn table_file(&self, file: &DataFile) -> Result<TableFile, PipelineError> {
        let value = |field: &FieldRef| {
            let text = file.partition.get(field.name()).cloned().flatten();
            let text = text.ok_or_else(|| PipelineError::Bug {
                message: format!("file `{}` has no value of `{}`", file.path, field.name()),
            })?;
            Ok(ScalarValue::try_from_string(text, field.data_type())?)
        };
        let partition_values = self
            .partition_fields
            .iter()
            .map(value)
            .collect::<Result<_, PipelineError>>()?;
        Ok(TableFile {
            path: format!("{}/{}", self.directory, file.path),
            size: file.size,
            partition_values,
            deleted: file.deleted.clone(),
        })
    }
}

/// The partition column of every table of users.
pub(crate) fn bucket_field() -> FieldRef {
    Arc::new(Field::new("bucket", DataType::Int32, false))
}

/// The order of the rows in every file of the table.
pub(crate) fn sort_columns(spec: &TableSpec) -> &'static [&'static str] {
    match spec.name {
        "activity_log" => &["user_id", "occurred_at", "item_id"],
        "segment_state" | "journeys" | "journey_activities" | "journey_aliases" => &["user_id"],
        _ => &[],
    }
}

/// The bucket of a file.
pub(crate) fn bucket_of_file(file: &DataFile) -> Option<u32> {
    file.partition.get("bucket")?.as_ref()?.parse().ok()
}
