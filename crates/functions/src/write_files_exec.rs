//! The operator behind [`WriteFiles`](crate::write_files::WriteFiles).

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{
    SortColumn, SortOptions, cast, lexsort_to_indices, partition, take_arrays, take_record_batch,
};
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
use object_store::path::Path;
use uuid::Uuid;

use crate::bucketed_table::TABLES_STORE;
use crate::error::FunctionError;
use crate::part_upload::PartUpload;
use crate::write_files::{Arrangement, WRITTEN_FILES, WriteSpec};

/// A row group is closed when it holds this many bytes, so that wide rows (states, vectors) do not pile up in memory.
const ROW_GROUP_BYTES: usize = 32 << 20;
/// The same where a task holds a file open for every folder.
const SCATTERED_ROW_GROUP_BYTES: usize = 1 << 20;
/// What a file gathers before it is handed to the store.
const PART_BYTES: usize = 5 << 20;
/// The same where a task holds a file open for every folder; `PartUpload` raises it where the store takes no parts that
/// small.
const SCATTERED_PART_BYTES: usize = 256 << 10;

/// Writes each partition's rows and yields one row per file.
#[derive(Debug)]
pub struct WriteFilesExec {
    input: Arc<dyn ExecutionPlan>,
    spec: WriteSpec,
    /// Where the tables lie: the store, and the path of their root in it.
    place: (ObjectStoreUrl, Path),
    properties: Arc<PlanProperties>,
}

impl WriteFilesExec {
    /// The input must have the columns that the spec names. The tables lie in the session's store of tables.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, spec: WriteSpec) -> Result<Self> {
        let store = ObjectStoreUrl::parse(TABLES_STORE)?;
        Ok(Self::at(input, spec, store, Path::default()))
    }

    /// The tables lie below `root` in the store that the runtime has under `store`.
    pub(crate) fn at(
        input: Arc<dyn ExecutionPlan>,
        spec: WriteSpec,
        store: ObjectStoreUrl,
        root: Path,
    ) -> Self {
        let partitioning =
            Partitioning::UnknownPartitioning(input.properties().partitioning.partition_count());
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&WRITTEN_FILES)),
            partitioning,
            EmissionType::Final,
            Boundedness::Bounded,
        ));
        Self {
            input,
            spec,
            place: (store, root),
            properties,
        }
    }

    /// What is written, and how.
    pub fn spec(&self) -> &WriteSpec {
        &self.spec
    }

    /// The store of the tables, and the path of their root in it.
    pub(crate) fn place(&self) -> &(ObjectStoreUrl, Path) {
        &self.place
    }

    /// The same with the tables below `root` in `store`, for processes without the session's store of tables.
    #[must_use]
    pub fn relocated(&self, store: ObjectStoreUrl, root: Path) -> Self {
        Self::at(Arc::clone(&self.input), self.spec.clone(), store, root)
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
        let distribution = if self.spec.arrangement == Arrangement::Gathered && !keys.is_empty() {
            Distribution::KeyPartitioned(keys)
        } else {
            Distribution::UnspecifiedDistribution
        };
        InputDistributionRequirements::new(vec![distribution])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let spec = &self.spec;
        let gathered = spec.arrangement == Arrangement::Gathered;
        let folders = spec.partition_columns.iter().filter(|_| gathered);
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
        let input = children.swap_remove(0);
        let (store, root) = self.place.clone();
        Ok(Arc::new(Self::at(input, self.spec.clone(), store, root)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, Arc::clone(&context))?;
        let (store, root) = self.place.clone();
        let store = context.runtime_env().object_store(&store)?;
        let sink = Sink {
            spec: self.spec.clone(),
            store,
            root,
            open: BTreeMap::new(),
            opened: 0,
            written: Vec::new(),
            // Tasks on different machines number their partitions alike, and one of them may be tried again.
            task: format!("{:016x}", Uuid::new_v4().as_u64_pair().0),
        };
        let rows = futures::stream::once(sink.drain(input));
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&WRITTEN_FILES),
            rows,
        )))
    }
}

/// One partition's writing.
struct Sink {
    spec: WriteSpec,
    store: Arc<dyn ObjectStore>,
    root: Path,
    /// By folder; more than one only where rows are scattered.
    open: BTreeMap<Vec<String>, OpenFile>,
    opened: usize,
    written: Vec<WrittenFile>,
    /// Tells the files of this execution from those of every other.
    task: String,
}

struct OpenFile {
    path: String,
    rows: u64,
    writer: AsyncArrowWriter<PartUpload>,
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
        self.close_all().await?;
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
        let names = &self.spec.partition_columns;
        let Some(mut folders) = columns_of(batch, names) else {
            return exec_err!("a partition column is missing");
        };
        let mut rows = to_schema(batch, &self.spec.file_schema)?;
        if self.spec.arrangement == Arrangement::Scattered && !folders.is_empty() && rows.num_rows() > 0 {
            let sorted = lexsort_to_indices(&sort_columns(&folders), None)?;
            folders = take_arrays(&folders, &sorted, None)?;
            rows = take_record_batch(&rows, &sorted)?;
        }
        let ranges = match rows.num_rows() {
            0 => vec![],
            count if folders.is_empty() => std::iter::once(0..count).collect(),
            _ => partition(&folders)?.ranges(),
        };
        let options = FormatOptions::default();
        for range in ranges {
            let folder = folders
                .iter()
                .map(|column| {
                    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
                    Ok(formatter.value(range.start).to_string())
                })
                .collect::<Result<Vec<String>>>()?;
            let open = self.file_of(folder).await?;
            open.rows += range.len() as u64;
            open.writer.write(&rows.slice(range.start, range.len())).await?;
        }
        Ok(())
    }

    /// The open file of a folder. Where rows come in order, what was open before is complete.
    async fn file_of(&mut self, folder: Vec<String>) -> Result<&mut OpenFile> {
        if !self.open.contains_key(&folder) {
            if self.spec.arrangement != Arrangement::Scattered {
                self.close_all().await?;
            }
            let file = self.create(&folder)?;
            self.opened += 1;
            self.open.insert(folder.clone(), file);
        }
        match self.open.get_mut(&folder) {
            Some(open) => Ok(open),
            None => exec_err!("a file that was just opened is not there"),
        }
    }

    fn create(&self, folder: &[String]) -> Result<OpenFile> {
        let folders = self.spec.partition_columns.iter().zip(folder);
        let mut parts: Vec<String> = folders.map(|(name, value)| format!("{name}={value}")).collect();
        parts.push(format!(
            "{}-{}-{}.parquet",
            self.spec.attempt, self.task, self.opened
        ));
        let path = parts.join("/");
        let below_root = Path::from(format!("{}/{path}", self.spec.directory));
        let location: Path = self.root.parts().chain(below_root.parts()).collect();
        let (row_group_bytes, part_bytes) = match self.spec.arrangement {
            Arrangement::Scattered => (SCATTERED_ROW_GROUP_BYTES, SCATTERED_PART_BYTES),
            Arrangement::InOrder | Arrangement::Gathered => (ROW_GROUP_BYTES, PART_BYTES),
        };
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_bytes(Some(row_group_bytes))
            .set_created_by("wayfare".to_owned())
            .build();
        let object = PartUpload::new(Arc::clone(&self.store), location, part_bytes);
        let writer = AsyncArrowWriter::try_new(object, Arc::clone(&self.spec.file_schema), Some(properties))?;
        Ok(OpenFile {
            path,
            rows: 0,
            writer,
        })
    }

    async fn close_all(&mut self) -> Result<()> {
        for (folder, mut open) in std::mem::take(&mut self.open) {
            open.writer.finish().await?;
            let names = self.spec.partition_columns.iter().cloned();
            let bytes = open.writer.bytes_written() as u64;
            self.written.push(WrittenFile {
                path: open.path,
                rows: open.rows,
                bytes,
                folder: names.zip(folder).collect(),
            });
        }
        Ok(())
    }

    fn failed(&self, path: &str, error: &dyn std::fmt::Display) -> FunctionError {
        FunctionError::Write {
            path: format!("{}/{path}", self.spec.directory),
            message: error.to_string(),
        }
    }
}

fn columns_of(batch: &RecordBatch, names: &[String]) -> Option<Vec<ArrayRef>> {
    names
        .iter()
        .map(|name| batch.column_by_name(name).cloned())
        .collect()
}

fn sort_columns(columns: &[ArrayRef]) -> Vec<SortColumn> {
    let ascending = |column: &ArrayRef| SortColumn {
        values: Arc::clone(column),
        options: None,
    };
    columns.iter().map(ascending).collect()
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
