//! Delta tables of others as sources: which files a run reads, and those files as a table of the session.
//!
//! The version is resolved once, before the run, and read by every slice of it. Files that the table no longer holds
//! are never looked at, whatever lies in its folder.

use std::io::ErrorKind;
use std::path::Path as FilePath;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectMeta;
use object_store::path::Path;
use url::Url;
use wayfare_tables::{ForeignFile, ForeignTable, TablesError, is_passing, load_foreign_table, store_url};
use xxhash_rust::xxh3::Xxh3Default;

use super::files::unreadable;
use super::{local_path, remote};
use crate::error::PipelineError;
use crate::settings::{SourceFormat, SourceTable};

const LOG: &str = "_delta_log";

/// Resolves the newest version of a Delta source and makes sure that its files are there, whole.
pub(super) async fn resolve(name: &str, table: &SourceTable) -> Result<ForeignTable, PipelineError> {
    if let Some(place) = remote::place_of(name, &table.path)? {
        return resolve_in_bucket(name, table, &place).await;
    }
    let folder = FilePath::new(local_path(&table.path));
    let missing = |what: String, path: &FilePath| PipelineError::InputMissing {
        what,
        path: path.display().to_string(),
    };
    if !folder.exists() {
        return Err(missing(format!("source table `{name}`"), folder));
    }
    let resolved = load_foreign_table(&table.path)
        .await
        .map_err(|error| refused(name, &error))?;
    for file in &resolved.files {
        let path = folder.join(&file.path);
        let found = std::fs::metadata(&path).map_err(|error| {
            let version = resolved.version;
            match error.kind() {
                ErrorKind::NotFound => missing(
                    format!("file that version {version} of source table `{name}` holds (was it vacuumed?)"),
                    &path,
                ),
                _ => source_error(name, format!("`{}`: {error}", path.display())),
            }
        })?;
        if found.len() != file.size {
            let message = of_other_size(&path.display().to_string(), file.size, found.len());
            return Err(source_error(name, message));
        }
    }
    Ok(resolved)
}

async fn resolve_in_bucket(
    name: &str,
    table: &SourceTable,
    place: &Url,
) -> Result<ForeignTable, PipelineError> {
    let unreachable = |error| unreadable(name, table, FilePath::new(&table.path), error);
    let resolved = load_foreign_table(&table.path).await.map_err(|error| {
        if is_passing(&error) {
            unreachable(DataFusionError::External(Box::new(error)))
        } else {
            refused(name, &error)
        }
    })?;
    let sizes = remote::sizes_below(place).await.map_err(unreachable)?;
    for file in &resolved.files {
        let path = format!("{}{}", resolved.url, file.path);
        match sizes.get(&file.path) {
            None => {
                let version = resolved.version;
                return Err(PipelineError::InputMissing {
                    what: format!(
                        "file that version {version} of source table `{name}` holds (was it vacuumed?)"
                    ),
                    path,
                });
            }
            Some(actual) if *actual != file.size => {
                return Err(source_error(name, of_other_size(&path, file.size, *actual)));
            }
            Some(_) => {}
        }
    }
    Ok(resolved)
}

fn of_other_size(path: &str, expected: u64, actual: u64) -> String {
    format!("`{path}` has {actual} bytes, its Delta log says {expected}; restore the file")
}

/// A Parquet source must not be the folder of a Delta table: files that the table has given up would count again.
pub(super) async fn refuse_as_parquet(name: &str, table: &SourceTable) -> Result<(), PipelineError> {
    if table.format != SourceFormat::Parquet {
        return Ok(());
    }
    let is_table = match remote::place_of(name, &table.path)? {
        Some(place) => {
            let found = remote::has_folder(&place, LOG).await;
            found.map_err(|error| unreadable(name, table, FilePath::new(&table.path), error))?
        }
        None => FilePath::new(local_path(&table.path)).join(LOG).is_dir(),
    };
    if !is_table {
        return Ok(());
    }
    let message = format!(
        "`{}` is a Delta table: read as plain Parquet, rows that were removed from it would count again; \
         set `format = \"delta\"` in `[sources.tables.{name}]`",
        table.path
    );
    Err(source_error(name, message))
}

/// Adds what decides the rows of the table, and gives the bytes that it holds.
///
/// Neither the version nor the rest of the log counts, so that a commit that changes no file changes nothing.
pub(super) fn hash(name: &str, table: &ForeignTable, hasher: &mut Xxh3Default) -> u64 {
    let columns: Vec<String> = table.schema.fields().iter().map(ToString::to_string).collect();
    hasher.update(
        format!(
            "{name}\0delta\0{columns:?}\0{partitions:?}\n",
            partitions = table.partition_columns
        )
        .as_bytes(),
    );
    let mut bytes = 0;
    for ForeignFile {
        path,
        size,
        partition,
    } in &table.files
    {
        hasher.update(format!("{name}\0{path}\0{size}\0{partition:?}\n").as_bytes());
        bytes += size;
    }
    bytes
}

fn source_error(name: &str, message: String) -> PipelineError {
    PipelineError::Source {
        source_name: name.to_owned(),
        message,
    }
}

fn refused(name: &str, error: &TablesError) -> PipelineError {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    if matches!(error, TablesError::NotADeltaTable { .. }) {
        message.push_str("; for a folder of plain Parquet files set `format = \"parquet\"`");
    }
    source_error(name, message)
}

/// The table at the version that was resolved: the columns of its files, then those that divide them.
#[derive(Debug)]
pub(super) struct DeltaTable {
    table_schema: TableSchema,
    schema: SchemaRef,
    store: ObjectStoreUrl,
    files: Vec<PartitionedFile>,
}

impl DeltaTable {
    pub(super) fn new(name: &str, table: &ForeignTable) -> Result<Self, PipelineError> {
        let divides = |field: &&FieldRef| table.partition_columns.contains(field.name());
        let (partition_fields, file_fields): (Vec<FieldRef>, Vec<FieldRef>) = table
            .schema
            .fields()
            .iter()
            .cloned()
            .partition(|field| divides(&field));
        let files = table
            .files
            .iter()
            .map(|file| partitioned_file(&table.directory, file, &partition_fields))
            .collect::<Result<Vec<_>, String>>()
            .map_err(|message| source_error(name, message))?;
        let table_schema = TableSchema::builder(Arc::new(Schema::new(file_fields.clone())))
            .with_table_partition_cols(partition_fields.clone())
            .build();
        Ok(Self {
            table_schema,
            schema: Arc::new(Schema::new([file_fields, partition_fields].concat())),
            store: ObjectStoreUrl::parse(store_url(&table.url))?,
            files,
        })
    }
}

fn partitioned_file(
    directory: &Path,
    file: &ForeignFile,
    partition_fields: &[FieldRef],
) -> Result<PartitionedFile, String> {
    // Names of files may hold anything, `%` as well: what is parsed is taken as it is, and not encoded.
    let location = Path::parse(format!("{directory}/{}", file.path))
        .map_err(|error| format!("file `{}`: {error}", file.path))?;
    let value = |field: &FieldRef| match file.partition.get(field.name()).cloned().flatten() {
        None => ScalarValue::try_from(field.data_type()),
        Some(text) => ScalarValue::try_from_string(text, field.data_type()),
    };
    let partition_values = partition_fields
        .iter()
        .map(|field| {
            value(field).map_err(|error| {
                format!(
                    "file `{}`, partition column `{}`: {error}",
                    file.path,
                    field.name()
                )
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    let file = PartitionedFile::new_from_meta(ObjectMeta {
        location,
        last_modified: DateTime::UNIX_EPOCH,
        size: file.size,
        e_tag: None,
        version: None,
    });
    Ok(file.with_partition_values(partition_values))
}

#[async_trait]
impl TableProvider for DeltaTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.files.is_empty() {
            let projected = match projection {
                None => Arc::clone(&self.schema),
                Some(indices) => Arc::new(self.schema.project(indices)?),
            };
            return Ok(Arc::new(EmptyExec::new(projected)));
        }
        let mut options = state.table_options().parquet.clone();
        // Spark's old timestamps reach further than nanoseconds do.
        options.global.coerce_int96 = Some("us".to_owned());
        let mut source = ParquetSource::new(self.table_schema.clone()).with_table_parquet_options(options);
        if let Some(filter) = conjunction(filters.to_vec()) {
            let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
            source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        }
        let groups = FileGroup::new(self.files.clone()).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(self.store.clone(), Arc::new(source))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_file_groups(groups)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
