//! The operator behind [`WriteFiles`](crate::write_files::WriteFiles).

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{SortOptions, cast, partition};
use arrow::datatypes::SchemaRef;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, exec_err};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::parquet::arrow::AsyncArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexRequirement, OrderingRequirements, PhysicalExpr,
    PhysicalSortRequirement,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, Partitioning, PlanProperties,
};
use futures::StreamExt;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;

use crate::bucketed_table::TABLES_STORE;
use crate::error::FunctionError;
use crate::write_files::{WRITTEN_FILES, WriteSpec};

/// Writes each partition's rows and yields one row per file.
#[derive(Debug)]
pub struct WriteFilesExec {
    input: Arc<dyn ExecutionPlan>,
    spec: WriteSpec,
    properties: Arc<PlanProperties>,
}

impl WriteFilesExec {
    /// The input must have the columns that the spec names.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, spec: WriteSpec) -> Result<Self> {
        let partitioning =
            Partitioning::UnknownPartitioning(input.properties().partitioning.partition_count());
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&WRITTEN_FILES)),
            partitioning,
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Ok(Self {
            input,
            spec,
            properties,
        })
    }

    fn column(&self, name: &str) -> Option<Arc<dyn PhysicalExpr>> {
        let index = self.input.schema().index_of(name).ok()?;
        Some(Arc::new(Column::new(name, index)))
    }
}

impl DisplayAs for WriteFilesExec {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let spec = &self.spec;
        write!(
            f,
            "WriteFilesExec: by=[{}], order=[{}]",
            spec.partition_columns.join(", "),
            spec.sort_columns.join(", ")
        )
    }
}

impl ExecutionPlan for WriteFilesExec {
    fn name(&self) -> &'static str {
        "WriteFilesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let keys: Vec<_> = self
            .spec
            .partition_columns
            .iter()
            .filter_map(|name| self.column(name))
            .collect();
        let distribution = if self.spec.shuffle && !keys.is_empty() {
            Distribution::KeyPartitioned(keys)
        } else {
            Distribution::UnspecifiedDistribution
        };
        InputDistributionRequirements::new(vec![distribution])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let spec = &self.spec;
        let folders = spec.partition_columns.iter().filter(|_| spec.shuffle);
        let requirements = folders
            .chain(&spec.sort_columns)
            .filter_map(|name| self.column(name))
            .map(|column| {
                PhysicalSortRequirement::new(
                    column,
                    Some(SortOptions {
                        descending: false,
                        nulls_first: false,
                    }),
                )
            });
        vec![LexRequirement::new(requirements).map(OrderingRequirements::from)]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // More partitions would only mean more and smaller files.
        vec![false]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::try_new(
            children.swap_remove(0),
            self.spec.clone(),
        )?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let store = context
            .runtime_env()
            .object_store(ObjectStoreUrl::parse(TABLES_STORE)?)?;
        let sink = Sink {
            spec: self.spec.clone(),
            store,
            open: None,
            written: Vec::new(),
            partition,
        };
        let rows = futures::stream::once(sink.drain(input));
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&WRITTEN_FILES),
            rows,
        )))
    }
}

/// One partition's writing: at most one file open at a time, a new one whenever the folder changes.
struct Sink {
    spec: WriteSpec,
    store: Arc<dyn ObjectStore>,
    open: Option<OpenFile>,
    written: Vec<WrittenFile>,
    partition: usize,
}

struct OpenFile {
    folder: Vec<String>,
    path: String,
    rows: u64,
    writer: AsyncArrowWriter<BufWriter>,
}

struct WrittenFile {
    path: String,
    rows: u64,
    bytes: u64,
    folder: BTreeMap<String, String>,
}

impl Sink {
    async fn drain(mut self, mut input: SendableRecordBatchStream) -> Result<RecordBatch> {
        while let Some(batch) = input.next().await {
            self.write(&batch?).await?;
        }
        self.close().await?;
        let files = &self.written;
        let partitions = files
            .iter()
            .map(|file| serde_json::to_string(&file.folder).map_err(|error| self.failed(&file.path, &error)))
            .collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(files.iter().map(|file| &file.path))),
            Arc::new(UInt64Array::from_iter_values(files.iter().map(|file| file.rows))),
            Arc::new(UInt64Array::from_iter_values(files.iter().map(|file| file.bytes))),
            Arc::new(StringArray::from(partitions)),
        ];
        Ok(RecordBatch::try_new(Arc::clone(&WRITTEN_FILES), columns)?)
    }

    async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let folders = self
            .spec
            .partition_columns
            .iter()
            .map(|name| batch.column_by_name(name).cloned())
            .collect::<Option<Vec<ArrayRef>>>();
        let Some(folders) = folders else {
            return exec_err!("a partition column is missing");
        };
        let ranges = match batch.num_rows() {
            0 => vec![],
            rows if folders.is_empty() => std::iter::once(0..rows).collect(),
            _ => partition(&folders)?.ranges(),
        };
        let rows = to_schema(batch, &self.spec.file_schema)?;
        let options = FormatOptions::default();
        for range in ranges {
            let folder = folders
                .iter()
                .map(|column| {
                    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
                    Ok(formatter.value(range.start).to_string())
                })
                .collect::<Result<Vec<String>>>()?;
            if self.open.as_ref().is_none_or(|open| open.folder != folder) {
                self.close().await?;
                self.open = Some(self.create(folder)?);
            }
            if let Some(open) = &mut self.open {
                open.rows += range.len() as u64;
                open.writer.write(&rows.slice(range.start, range.len())).await?;
            }
        }
        Ok(())
    }

    fn create(&self, folder: Vec<String>) -> Result<OpenFile> {
        let folders = self.spec.partition_columns.iter().zip(&folder);
        let mut parts: Vec<String> = folders.map(|(name, value)| format!("{name}={value}")).collect();
        parts.push(format!(
            "{}-{}-{}.parquet",
            self.spec.attempt,
            self.partition,
            self.written.len()
        ));
        let path = parts.join("/");
        let location = Path::from(format!("{}/{path}", self.spec.directory));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_created_by("wayfare".to_owned())
            .build();
        let object = BufWriter::new(Arc::clone(&self.store), location);
        let writer = AsyncArrowWriter::try_new(object, Arc::clone(&self.spec.file_schema), Some(properties))?;
        Ok(OpenFile {
            folder,
            path,
            rows: 0,
            writer,
        })
    }

    async fn close(&mut self) -> Result<()> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        open.writer.finish().await?;
        let folder = self
            .spec
            .partition_columns
            .iter()
            .cloned()
            .zip(open.folder)
            .collect();
        let bytes = open.writer.bytes_written() as u64;
        self.written.push(WrittenFile {
            path: open.path,
            rows: open.rows,
            bytes,
            folder,
        });
        Ok(())
    }

    fn failed(&self, path: &str, error: &dyn std::fmt::Display) -> FunctionError {
        FunctionError::Write {
            path: format!("{}/{path}", self.spec.directory),
            message: error.to_string(),
        }
    }
}

fn to_schema(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            None => exec_err!("column `{}` is missing", field.name()),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => Ok(cast(column, field.data_type())?),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
