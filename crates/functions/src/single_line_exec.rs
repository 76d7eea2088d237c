//! Refuses line breaks in the values of a CSV file.
//!
//! A quote that is never closed takes the lines after it into one value: rows would be lost without a word, and no other
//! column would look wrong. A file in which values may hold line breaks cannot be read in parallel either, as a part of
//! it may begin inside of a value; so a source has to say that its values do.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::StreamExt;

use crate::error::FunctionError;

/// Passes on some columns of rows whose text columns, all of them, hold no line break.
#[derive(Debug)]
pub struct SingleLineExec {
    input: Arc<dyn ExecutionPlan>,
    columns: Vec<usize>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
}

impl SingleLineExec {
    /// `columns` are those of the input that are passed on; all are looked at.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, columns: Vec<usize>) -> Result<Self> {
        let schema: SchemaRef = Arc::new(input.schema().project(&columns)?);
        let partitions = input.properties().partitioning.partition_count();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Ok(Self {
            input,
            columns,
            schema,
            properties,
        })
    }
}

impl SingleLineExec {
    /// Columns of the input that are passed on.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }
}

impl DisplayAs for SingleLineExec {
    fn fmt_as(&self, _kind: DisplayFormatType, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self
            .schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        write!(f, "SingleLineExec: columns=[{}]", names.join(", "))
    }
}

impl ExecutionPlan for SingleLineExec {
    fn name(&self) -> &'static str {
        "SingleLineExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        // The file is split by `repartitioned`; moving rows between tasks here would cost more than it brings.
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
            self.columns.clone(),
        )?))
    }

    fn repartitioned(
        &self,
        target_partitions: usize,
        config: &ConfigOptions,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(input) = self.input.repartitioned(target_partitions, config)? else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Self::try_new(input, self.columns.clone())?)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let columns = self.columns.clone();
        let mut rows_before = 0;
        let checked = input.map(move |batch| {
            let batch = batch?;
            check(&batch, rows_before)?;
            rows_before += batch.num_rows();
            Ok(batch.project(&columns)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            checked,
        )))
    }
}

fn check(batch: &RecordBatch, rows_before: usize) -> Result<(), FunctionError> {
    let schema = batch.schema_ref();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        if field.data_type() != &DataType::Utf8 {
            continue;
        }
        let texts = column.as_string::<i32>();
        let (Some(start), Some(end)) = (texts.offsets().first(), texts.offsets().last()) else {
            continue;
        };
        let (Ok(start), Ok(end)) = (usize::try_from(*start), usize::try_from(*end)) else {
            continue;
        };
        // All texts of the column lie one after the other: one search for each of the two bytes is enough.
        let bytes = &texts.values()[start..end];
        if !bytes.contains(&b'\n') && !bytes.contains(&b'\r') {
            continue;
        }
        let is_broken = |row: &usize| texts.is_valid(*row) && texts.value(*row).contains(['\n', '\r']);
        if let Some(row) = (0..texts.len()).find(is_broken) {
            return Err(FunctionError::LineBreak {
                column: field.name().clone(),
                row: rows_before + row + 1,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, StringArray};

    use super::*;

    fn batch(columns: [&[Option<&str>]; 2]) -> RecordBatch {
        let column = |texts: &[Option<&str>]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        RecordBatch::try_from_iter([("a", column(columns[0])), ("b", column(columns[1]))]).unwrap()
    }

    #[test]
    fn a_line_break_is_refused_with_its_column_and_row() {
        let good = batch([&[Some("one"), None], &[Some("two"), Some("")]]);
        check(&good, 0).unwrap();
        let bad = batch([
            &[Some("x"), Some("y"), None],
            &[None, Some("an\nother"), Some("line\r")],
        ]);
        let error = check(&bad, 10).unwrap_err();
        assert!(
            matches!(&error, FunctionError::LineBreak { column, row: 12 } if column == "b"),
            "{error}"
        );
        // What lies outside of a slice is not of its rows.
        check(&bad.slice(0, 1), 0).unwrap();
        assert!(check(&bad.slice(2, 1), 0).is_err());
    }
}
