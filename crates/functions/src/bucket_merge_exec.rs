//! Merges the sorted files of each bucket into one partition per bucket.
//!
//! ```text
//!   file group 0 (bucket 0): file 0 ─┐
//!                            file 1 ─┴─► partition 0 ┐  Hash([user_id]), sorted by
//!   file group 1 (bucket 1): file 2 ───► partition 1 ┘  (user_id, occurred_at, item_id)
//! ```
//!
//! The input is a scan with one file group per bucket, so that a scheduler that gives a task some of the buckets can
//! restrict this operator like any other that preserves partitions. Each partition opens the files of its own group
//! only.
//!
//! The declared partitioning is that of `bucket_of`, not of DataFusion's own hash. Tables with equal bucket
//! groups agree on it; a plan that repartitions one side of a join onto it would be wrong, which is why the
//! pipeline's plans are kept as goldens without exchanges and analysts get tables of `Layout::Plain`.

use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, exec_err};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::sorts::streaming_merge::StreamingMergeBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt;

use crate::live_rows::LiveRows;

/// The operator; see the module's diagram.
#[derive(Debug)]
pub struct BucketMergeExec {
    input: Arc<dyn ExecutionPlan>,
    ordering: Option<LexOrdering>,
    user: Option<Column>,
    live: LiveRows,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl BucketMergeExec {
    /// `input` scans one file group per bucket; `user` is the column whose buckets they are, if it is scanned. What
    /// `live` leaves out or adds goes by the positions of rows, so that `input` must then not skip any.
    pub fn new(
        input: Arc<dyn ExecutionPlan>,
        ordering: Option<LexOrdering>,
        user: Option<Column>,
        live: LiveRows,
    ) -> Self {
        let schema = live.schema(&input.schema());
        let mut equivalences = EquivalenceProperties::new(schema);
        if let Some(ordering) = &ordering {
            equivalences.add_ordering(ordering.iter().cloned());
        }
        let buckets = input.properties().partitioning.partition_count();
        let partitioning = match &user {
            Some(user) => Partitioning::Hash(vec![Arc::new(user.clone())], buckets),
            None => Partitioning::UnknownPartitioning(buckets),
        };
        let properties = Arc::new(PlanProperties::new(
            equivalences,
            partitioning,
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Self {
            input,
            ordering,
            user,
            live,
            properties,
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    /// The order that the files have and the output keeps.
    pub(crate) fn ordering(&self) -> Option<&LexOrdering> {
        self.ordering.as_ref()
    }

    pub(crate) fn user(&self) -> Option<&Column> {
        self.user.as_ref()
    }

    pub(crate) fn live(&self) -> &LiveRows {
        &self.live
    }

    /// Scans of the files of a partition, each with as many files as may follow each other, and the name of its first.
    fn scans(&self, partition: usize) -> Result<Vec<(String, Arc<dyn ExecutionPlan>)>> {
        let scan = self.input.downcast_ref::<DataSourceExec>();
        let config = scan.and_then(|scan| {
            let source: &dyn std::any::Any = scan.data_source().as_ref();
            source.downcast_ref::<FileScanConfig>()
        });
        let Some((config, group)) =
            config.and_then(|config| Some((config, config.file_groups.get(partition)?)))
        else {
            return exec_err!("BucketMergeExec reads file groups, not {}", self.input.name());
        };
        let files = group.files().to_vec();
        let groups: Vec<FileGroup> = if files.is_empty() {
            vec![]
        } else if self.ordering.is_none() && self.live.is_plain() {
            vec![FileGroup::new(files)]
        } else {
            files.into_iter().map(|file| FileGroup::new(vec![file])).collect()
        };
        let scan_of = |group: FileGroup| {
            let name = group
                .files()
                .first()
                .and_then(|file| file.object_meta.location.filename());
            let name = name.unwrap_or_default().to_owned();
            let config = FileScanConfigBuilder::from(config.clone()).with_file_groups(vec![group]);
            (
                name,
                DataSourceExec::from_data_source(config.build()) as Arc<dyn ExecutionPlan>,
            )
        };
        Ok(groups.into_iter().map(scan_of).collect())
    }
}

impl DisplayAs for BucketMergeExec {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let buckets = self.properties.partitioning.partition_count();
        write!(f, "BucketMergeExec: buckets={buckets}")?;
        match &self.ordering {
            Some(ordering) => write!(f, ", order=[{ordering}]")?,
            None => {}
        }
        if self.live.places {
            write!(f, ", places")?;
        }
        match self.live.deleted.len() {
            0 => Ok(()),
            files => write!(f, ", deletion_vectors={files}"),
        }
    }
}

impl ExecutionPlan for BucketMergeExec {
    fn name(&self) -> &'static str {
        "BucketMergeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // The input's partitions are buckets; splitting them would lose which users they hold.
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
        let (ordering, user, live) = (self.ordering.clone(), self.user.clone(), self.live.clone());
        Ok(Arc::new(Self::new(children.swap_remove(0), ordering, user, live)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut streams = self
            .scans(partition)?
            .into_iter()
            .map(|(file, scan)| Ok(self.live.of_file(&file, scan.execute(0, Arc::clone(&context))?)))
            .collect::<Result<Vec<_>>>()?;
        let schema = self.schema();
        if streams.len() == 1 {
            return Ok(streams.swap_remove(0));
        }
        match &self.ordering {
            Some(ordering) if !streams.is_empty() => {
                let reservation = MemoryConsumer::new(format!("BucketMergeExec[{partition}]"))
                    .register(context.memory_pool());
                StreamingMergeBuilder::new()
                    .with_streams(streams)
                    .with_schema(schema)
                    .with_expressions(ordering)
                    .with_metrics(BaselineMetrics::new(&self.metrics, partition))
                    .with_batch_size(context.session_config().batch_size())
                    .with_reservation(reservation)
                    .build()
            }
            _ => {
                let one_after_the_other = futures::stream::iter(streams).flatten();
                Ok(Box::pin(RecordBatchStreamAdapter::new(
                    schema,
                    one_after_the_other,
                )))
            }
        }
    }
}
