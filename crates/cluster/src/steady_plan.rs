//! Plans in the form that Ballista neither shuffles without need nor loses its way in.
//!
//! * Where a session has one partition, DataFusion plans a hash join that collects its left side. Ballista takes such a join
//!   for a broadcast, and where it does not know how large the left side is, it shuffles both sides instead: users would be
//!   shuffled after `load`. The same join, said to be partitioned, stays in its stage.
//! * An operator without rows measures nothing, and Ballista puts a scan, which does, in its place for those tasks of a stage
//!   that it gives no partition of it. The reports of these tasks then differ in length from the others', and the scheduler
//!   refuses them without telling anybody: the job runs for ever. A scan without rows is one for all tasks.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

pub(crate) fn steady(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = plan.transform_up(|node| {
        if node.is::<EmptyExec>() {
            return Ok(Transformed::yes(without_rows(&node)?));
        }
        Ok(match node.downcast_ref::<HashJoinExec>() {
            Some(join) if is_whole(join) => Transformed::yes(partitioned(join)?),
            _ => Transformed::no(node),
        })
    });
    plan.data()
}

fn without_rows(node: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let partitions = vec![Vec::new(); node.output_partitioning().partition_count()];
    let nothing = MemorySourceConfig::try_new(&partitions, node.schema(), None)?;
    Ok(DataSourceExec::from_data_source(nothing))
}

fn is_whole(join: &HashJoinExec) -> bool {
    let whole = |side: &Arc<dyn ExecutionPlan>| side.output_partitioning().partition_count() == 1;
    *join.partition_mode() == PartitionMode::CollectLeft && whole(join.left()) && whole(join.right())
}

fn partitioned(join: &HashJoinExec) -> Result<Arc<dyn ExecutionPlan>> {
    join.builder()
        .with_partition_mode(PartitionMode::Partitioned)
        .build_exec()
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    #[tokio::test]
    async fn whole_joins_and_scans_without_rows() {
        let session = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        for table in ["a", "b"] {
            let schema = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
            let empty = datafusion::datasource::empty::EmptyTable::new(Arc::new(schema));
            session.register_table(table, Arc::new(empty)).unwrap();
        }
        let rows = session
            .sql("SELECT a.id FROM a JOIN b ON a.id = b.id")
            .await
            .unwrap();
        let plan = rows.create_physical_plan().await.unwrap();
        let shown = |plan: &Arc<dyn ExecutionPlan>| displayable(plan.as_ref()).indent(false).to_string();
        assert!(
            shown(&plan).contains("CollectLeft") && shown(&plan).contains("EmptyExec"),
            "{}",
            shown(&plan)
        );
        let steady = shown(&steady(plan).unwrap());
        assert!(
            steady.contains("mode=Partitioned") && !steady.contains("EmptyExec"),
            "{steady}"
        );
    }
}
