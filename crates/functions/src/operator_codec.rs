//! The operators of this crate as bytes, for plans that leave this process.
//!
//! Only what an operator holds beside its input: inputs are encoded by whoever encodes the plan. The format is between
//! processes of one version; nothing is stored in it.

use std::sync::Arc;

use arrow::compute::SortOptions;
use arrow::ipc::convert::{IpcSchemaEncoder, fb_to_schema};
use arrow::ipc::root_as_schema;
use datafusion::common::{Result, exec_err};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::bucket_merge_exec::BucketMergeExec;
use crate::error::FunctionError;
use crate::live_rows::LiveRows;
use crate::single_line_exec::SingleLineExec;
use crate::write_files::{Arrangement, WriteSpec};
use crate::write_files_exec::WriteFilesExec;

/// Starts the bytes of every operator, so that other codecs can tell them from their own.
const MARK: &[u8] = b"wayfare:";

/// A column of an operator's input.
#[derive(Debug, Serialize, Deserialize)]
struct ColumnOf {
    name: String,
    index: usize,
}

#[derive(Debug, Serialize, Deserialize)]
enum Operator {
    BucketMerge {
        /// Ascending, nulls last, as all files of the tables are.
        order: Vec<ColumnOf>,
        user: Option<ColumnOf>,
        live: LiveRows,
    },
    SingleLine {
        columns: Vec<usize>,
    },
    WriteFiles {
        store: String,
        root: String,
        directory: String,
        attempt: String,
        /// Flatbuffers, as in Arrow's files.
        file_schema: Vec<u8>,
        partition_columns: Vec<String>,
        sort_columns: Vec<String>,
        arrangement: Arrangement,
    },
}

/// The bytes of an operator of this crate; `None` for any other.
pub fn encode(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Vec<u8>>> {
    let operator = if let Some(merge) = plan.downcast_ref::<BucketMergeExec>() {
        bucket_merge(merge)?
    } else if let Some(single) = plan.downcast_ref::<SingleLineExec>() {
        Operator::SingleLine {
            columns: single.columns().to_vec(),
        }
    } else if let Some(write) = plan.downcast_ref::<WriteFilesExec>() {
        let spec = write.spec();
        let schema = IpcSchemaEncoder::new().schema_to_fb(&spec.file_schema);
        Operator::WriteFiles {
            store: write.place().0.as_str().to_owned(),
            root: write.place().1.to_string(),
            directory: spec.directory.clone(),
            attempt: spec.attempt.clone(),
            file_schema: schema.finished_data().to_vec(),
            partition_columns: spec.partition_columns.clone(),
            sort_columns: spec.sort_columns.clone(),
            arrangement: spec.arrangement,
        }
    } else {
        return Ok(None);
    };
    let mut bytes = MARK.to_vec();
    serde_json::to_writer(&mut bytes, &operator).map_err(unreadable)?;
    Ok(Some(bytes))
}

/// The operator over `inputs`; `None` if the bytes are not from [`encode`].
pub fn decode(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(bytes) = bytes.strip_prefix(MARK) else {
        return Ok(None);
    };
    let [input] = inputs else {
        return exec_err!("an operator over {} inputs instead of one", inputs.len());
    };
    let input = Arc::clone(input);
    let plan: Arc<dyn ExecutionPlan> = match serde_json::from_slice(bytes).map_err(unreadable)? {
        Operator::BucketMerge { order, user, live } => {
            let ordering = LexOrdering::new(order.into_iter().map(ascending));
            let user = user.map(|user| Column::new(&user.name, user.index));
            Arc::new(BucketMergeExec::new(input, ordering, user, live))
        }
        Operator::SingleLine { columns } => Arc::new(SingleLineExec::try_new(input, columns)?),
        Operator::WriteFiles {
            store,
            root,
            directory,
            attempt,
            file_schema,
            partition_columns,
            sort_columns,
            arrangement,
        } => {
            let spec = WriteSpec {
                directory,
                attempt,
                file_schema: Arc::new(fb_to_schema(root_as_schema(&file_schema).map_err(unreadable)?)),
                partition_columns,
                sort_columns,
                arrangement,
            };
            let store = ObjectStoreUrl::parse(store)?;
            let root = Path::parse(root).map_err(unreadable)?;
            Arc::new(WriteFilesExec::at(input, spec, store, root))
        }
    };
    Ok(Some(plan))
}

fn bucket_merge(merge: &BucketMergeExec) -> Result<Operator> {
    let column_of = |column: &Column| ColumnOf {
        name: column.name().to_owned(),
        index: column.index(),
    };
    let mut order = Vec::new();
    for sorted in merge.ordering().into_iter().flat_map(|order| order.iter()) {
        match sorted.expr.downcast_ref::<Column>() {
            Some(column) if sorted.options == ASCENDING => order.push(column_of(column)),
            _ => return exec_err!("files are sorted by columns, not by `{sorted}`"),
        }
    }
    let user = merge.user().map(column_of);
    let live = merge.live().clone();
    Ok(Operator::BucketMerge { order, user, live })
}

const ASCENDING: SortOptions = SortOptions {
    descending: false,
    nulls_first: false,
};

fn ascending(column: ColumnOf) -> PhysicalSortExpr {
    PhysicalSortExpr::new(Arc::new(Column::new(&column.name, column.index)), ASCENDING)
}

fn unreadable(error: impl std::fmt::Display) -> FunctionError {
    FunctionError::Operator {
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use std::collections::BTreeMap;

    use datafusion::physical_plan::displayable;
    use datafusion::physical_plan::empty::EmptyExec;
    use wayfare_tables::DeletedRows;

    use super::*;

    fn input() -> Arc<dyn ExecutionPlan> {
        Arc::new(EmptyExec::new(Arc::new(Schema::new(vec![
            Field::new("user_id", DataType::Utf8, false),
            Field::new("title", DataType::Utf8, true),
        ]))))
    }

    fn same_after_the_journey(plan: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        let bytes = encode(&plan).unwrap().unwrap();
        let arrived = decode(&bytes, &[input()]).unwrap().unwrap();
        let shown = |plan: &Arc<dyn ExecutionPlan>| displayable(plan.as_ref()).indent(true).to_string();
        assert_eq!(shown(&plan), shown(&arrived));
        assert_eq!(plan.schema(), arrived.schema());
        assert_eq!(
            plan.properties().partitioning.to_string(),
            arrived.properties().partitioning.to_string()
        );
        arrived
    }

    #[test]
    fn operators_arrive_as_they_left() {
        let order = LexOrdering::new([ascending(ColumnOf {
            name: "user_id".to_owned(),
            index: 0,
        })]);
        let user = Some(Column::new("user_id", 0));
        let live = LiveRows {
            deleted: BTreeMap::from([("a.parquet".to_owned(), DeletedRows::at([3, 5]))]),
            places: true,
        };
        let merge = BucketMergeExec::new(input(), order, user, live.clone());
        let arrived = same_after_the_journey(Arc::new(merge));
        assert_eq!(arrived.downcast_ref::<BucketMergeExec>().unwrap().live(), &live);
        same_after_the_journey(Arc::new(BucketMergeExec::new(
            input(),
            None,
            None,
            LiveRows::default(),
        )));
        same_after_the_journey(Arc::new(SingleLineExec::try_new(input(), vec![1]).unwrap()));
        let spec = WriteSpec {
            directory: "restricted/activity_log".to_owned(),
            attempt: "a".to_owned(),
            file_schema: input().schema(),
            partition_columns: vec!["bucket".to_owned()],
            sort_columns: vec!["user_id".to_owned()],
            arrangement: Arrangement::Gathered,
        };
        let write = WriteFilesExec::try_new(input(), spec.clone()).unwrap();
        let place = (
            ObjectStoreUrl::parse("s3://bucket").unwrap(),
            Path::from("a~b/root"),
        );
        let elsewhere = write.relocated(place.0.clone(), place.1.clone());
        let arrived = same_after_the_journey(Arc::new(elsewhere));
        let arrived = arrived.downcast_ref::<WriteFilesExec>().unwrap();
        assert_eq!(arrived.spec(), &spec);
        assert_eq!(arrived.place(), &place);
    }

    #[test]
    fn what_is_not_ours_is_left_to_others() {
        assert!(encode(&input()).unwrap().is_none());
        assert!(decode(b"something else", &[input()]).unwrap().is_none());
        assert!(decode(b"wayfare:{\"Unknown\":1}", &[input()]).is_err());
    }
}
