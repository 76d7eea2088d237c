//! The operator behind [`WriteFiles`](crate::write_files::WriteFiles).

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, exec_err};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
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
use object_store::path::Path;

use crate::bucketed_table::TABLES_STORE;
use crate::folder_files::FolderFiles;
use crate::scattered_rows::ScatteredRows;
use crate::write_files::{Arrangement, WRITTEN_FILES, WriteSpec};

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
        let folders = FolderFiles::new(self.spec.clone(), store, root);
        let rows = futures::stream::once(write(input, folders));
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&WRITTEN_FILES),
            rows,
        )))
    }
}

/// Writes one partition's rows and gives a row per file.
async fn write(mut input: SendableRecordBatchStream, mut files: FolderFiles) -> Result<RecordBatch> {
    let spec = files.spec().clone();
    let mut waiting = ScatteredRows::default();
    while let Some(batch) = input.next().await {
        let batch = batch?;
        let Some(folders) = columns_of(&batch, &spec.partition_columns) else {
            return exec_err!("a partition column is missing");
        };
        let rows = to_schema(&batch, &spec.file_schema)?;
        if spec.arrangement != Arrangement::Scattered {
            files.write_in_order(&folders, &rows).await?;
            continue;
        }
        waiting.take_in(folders, rows)?;
        if waiting.is_full() {
            files.write_scattered(waiting.take()).await?;
        }
    }
    files.write_scattered(waiting.take()).await?;
    files.finish().await
}

fn columns_of(batch: &RecordBatch, names: &[String]) -> Option<Vec<ArrayRef>> {
    names
        .iter()
        .map(|name| batch.column_by_name(name).cloned())
        .collect()
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
