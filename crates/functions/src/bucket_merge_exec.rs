//! Merges the sorted files of each bucket into one partition per bucket.
//!
//! ```text
//!   file 0 (bucket 0) ─┐
//!   file 1 (bucket 0) ─┴─► partition 0 ┐  Hash([user_id]), sorted by
//!   file 2 (bucket 1) ───► partition 1 ┘  (user_id, occurred_at, item_id)
//! ```
//!
//! The declared partitioning is that of `bucket_of`, not of DataFusion's own hash. Tables with equal bucket
//! groups agree on it; a plan that repartitions one side of a join onto it would be wrong, which is why the
//! pipeline's plans are kept as goldens without exchanges and analysts get tables of `Layout::Plain`.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::sorts::streaming_merge::StreamingMergeBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt;

/// The operator; see the module's diagram.
#[derive(Debug)]
pub struct BucketMergeExec {
    input: Arc<dyn ExecutionPlan>,
    files_per_bucket: Vec<usize>,
    ordering: Option<LexOrdering>,
    partitioning: Partitioning,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl BucketMergeExec {
    /// `input` has one partition per file, bucket by bucket.
    pub fn new(
        input: Arc<dyn ExecutionPlan>,
        files_per_bucket: Vec<usize>,
        ordering: Option<LexOrdering>,
        partitioning: Partitioning,
    ) -> Self {
        let mut equivalences = EquivalenceProperties::new(input.schema());
        if let Some(ordering) = &ordering {
            equivalences.add_ordering(ordering.iter().cloned());
        }
        let properties = Arc::new(PlanProperties::new(
            equivalences,
            partitioning.clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        let metrics = ExecutionPlanMetricsSet::new();
        Self {
            input,
            files_per_bucket,
            ordering,
            partitioning,
            properties,
            metrics,
        }
    }
}

impl DisplayAs for BucketMergeExec {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BucketMergeExec: buckets={}", self.files_per_bucket.len())?;
        match &self.ordering {
            Some(ordering) => write!(f, ", order=[{ordering}]"),
            None => Ok(()),
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
        // The input's partitions are files; splitting them would lose which bucket they belong to.
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
        let (counts, ordering) = (self.files_per_bucket.clone(), self.ordering.clone());
        Ok(Arc::new(Self::new(
            input,
            counts,
            ordering,
            self.partitioning.clone(),
        )))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let first: usize = self.files_per_bucket[..partition].iter().sum();
        let mut streams = (first..first + self.files_per_bucket[partition])
            .map(|file| self.input.execute(file, Arc::clone(&context)))
            .collect::<Result<Vec<_>>>()?;
        let schema = self.input.schema();
        if streams.len() == 1 {
            return Ok(streams.swap_remove(0));
        }
        match &self.ordering {
            _ if streams.is_empty() => Ok(Box::pin(MemoryStream::try_new(vec![], schema, None)?)),
            None => {
                let all = futures::stream::iter(streams).flatten();
                Ok(Box::pin(RecordBatchStreamAdapter::new(schema, all)))
            }
            Some(ordering) => {
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
        }
    }
}
