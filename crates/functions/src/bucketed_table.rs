//! Parquet files of one table version as a table whose partitions are buckets of users.
//!
//! The provider knows nothing of Delta: its caller resolves a snapshot to a list of files first, which is also
//! what lets such a scan travel to executors.

use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use wayfare_tables::DeletedRows;

use crate::bucket_merge_exec::BucketMergeExec;
use crate::live_rows::{LiveRows, place_fields};

/// Under this URL the session's runtime finds the object store rooted at the tables.
pub const TABLES_STORE: &str = "tables://root";

/// A Parquet file and the values of the table's partition columns for it.
#[derive(Debug, Clone)]
pub struct TableFile {
    /// From the root of the tables.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// One for each partition column, in their order.
    pub partition_values: Vec<ScalarValue>,
    /// Rows that are passed over.
    pub deleted: Option<DeletedRows>,
}

/// How a table's files are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// Any file, any order: for analysts.
    Plain,
    /// One partition per bucket; all files of a bucket are sorted by these columns, the first of which names
    /// the user. The scan merges a bucket's files and declares partitioning by user and the order.
    Bucketed { sort_columns: Vec<String> },
}

/// The table.
#[derive(Debug, Clone)]
pub struct BucketedTable {
    table_schema: TableSchema,
    schema: SchemaRef,
    layout: Layout,
    groups: Vec<Vec<TableFile>>,
    live: LiveRows,
}

impl BucketedTable {
    /// `groups` holds the files of each bucket, in the order of the partitions to be.
    pub fn new(
        file_schema: &SchemaRef,
        partition_fields: Vec<FieldRef>,
        layout: Layout,
        groups: Vec<Vec<TableFile>>,
    ) -> Self {
        let mut fields: Vec<FieldRef> = file_schema.fields().iter().cloned().collect();
        fields.extend(partition_fields.iter().cloned());
        let table_schema = TableSchema::builder(Arc::clone(file_schema))
            .with_table_partition_cols(partition_fields)
            .build();
        let deleted = groups.iter().flatten().filter_map(|file| {
            let deleted = file.deleted.clone()?;
            Some((name_of(&file.path).to_owned(), deleted))
        });
        let live = LiveRows {
            deleted: deleted.collect(),
            places: false,
        };
        Self {
            table_schema,
            schema: Arc::new(Schema::new(fields)),
            layout,
            groups,
            live,
        }
    }

    /// The same table with two more columns, which say where a row is: [`FILE_COLUMN`](crate::live_rows::FILE_COLUMN)
    /// and [`ROW_COLUMN`](crate::live_rows::ROW_COLUMN).
    #[must_use]
    pub fn with_places(mut self) -> Self {
        let fields = self.schema.fields().iter().cloned().chain(place_fields());
        self.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        self.live.places = true;
        self
    }

    /// Columns that the files and their folders have.
    fn stored_columns(&self) -> usize {
        self.schema.fields().len() - if self.live.places { place_fields().len() } else { 0 }
    }

    fn scan_config(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = state.table_options().parquet.clone();
        let mut source = ParquetSource::new(self.table_schema.clone()).with_table_parquet_options(options);
        // A predicate skips parts of files, and with them the count of rows that deletion vectors and places go by.
        if self.live.is_plain()
            && let Some(filter) = conjunction(filters.to_vec())
        {
            let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
            source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        }
        let partitioned = |file: &TableFile| {
            let mut partitioned = PartitionedFile::new(file.path.clone(), file.size);
            partitioned.partition_values.clone_from(&file.partition_values);
            partitioned
        };
        let file_groups: Vec<FileGroup> = match self.layout {
            Layout::Bucketed { .. } => {
                let groups = self.groups.iter();
                groups
                    .map(|files| files.iter().map(partitioned).collect())
                    .collect()
            }
            Layout::Plain => {
                let files = self.groups.iter().flatten();
                files
                    .map(|file| FileGroup::new(vec![partitioned(file)]))
                    .collect()
            }
        };
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(TABLES_STORE)?, Arc::new(source))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            // Without this, idle partitions take files from busy ones, and a bucket's rows turn up in another's
            // partition.
            .with_preserve_order(matches!(self.layout, Layout::Bucketed { .. }))
            .with_file_groups(file_groups)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// The columns to read from the files, and what is done to their rows. Places are told both or not at all.
    fn split_projection(&self, projection: Option<&Vec<usize>>) -> Result<(Option<Vec<usize>>, LiveRows)> {
        let stored = self.stored_columns();
        let Some(indices) = projection else {
            let all = self.live.places.then(|| (0..stored).collect());
            return Ok((all, self.live.clone()));
        };
        let (read, places): (Vec<usize>, Vec<usize>) = indices.iter().partition(|index| **index < stored);
        let live = LiveRows {
            places: !places.is_empty(),
            ..self.live.clone()
        };
        let both_last = places.is_empty() || (indices.ends_with(&[stored, stored + 1]) && places.len() == 2);
        if !both_last {
            return plan_err!(
                "a statement that asks for the place of a row asks for its file and its position"
            );
        }
        Ok((Some(read), live))
    }

    /// The longest prefix of the sort columns that the projection keeps.
    fn ordering(sort_columns: &[String], schema: &Schema) -> Option<LexOrdering> {
        let kept = sort_columns
            .iter()
            .map_while(|name| schema.index_of(name).ok().map(|index| (name, index)));
        LexOrdering::new(kept.map(|(name, index)| {
            let options = arrow::compute::SortOptions {
                descending: false,
                nulls_first: false,
            };
            PhysicalSortExpr::new(Arc::new(Column::new(name, index)), options)
        }))
    }
}

#[async_trait]
impl TableProvider for BucketedTable {
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
        let projected = match projection {
            None => Arc::clone(&self.schema),
            Some(indices) => Arc::new(self.schema.project(indices)?),
        };
        let (stored, live) = self.split_projection(projection)?;
        let Layout::Bucketed { sort_columns } = &self.layout else {
            if self.groups.iter().all(Vec::is_empty) {
                return Ok(Arc::new(EmptyExec::new(projected)));
            }
            if live.is_plain() {
                return self.scan_config(state, stored.as_ref(), filters, limit);
            }
            let input = self.scan_config(state, stored.as_ref(), filters, None)?;
            return Ok(Arc::new(BucketMergeExec::new(input, None, None, live)));
        };
        let ordering = Self::ordering(sort_columns, &projected);
        let user = sort_columns.first().and_then(|name| {
            let index = projected.index_of(name).ok()?;
            Some(Column::new(name, index))
        });
        // A limit below a merge would cut each file on its own.
        let input = self.scan_config(state, stored.as_ref(), filters, None)?;
        Ok(Arc::new(BucketMergeExec::new(input, ordering, user, live)))
    }
}

/// A file's name without its folders.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The format of every table file, for callers that register other Parquet files.
pub fn parquet_format() -> Arc<ParquetFormat> {
    Arc::new(ParquetFormat::default())
}
