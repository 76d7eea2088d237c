//! What is left out of the rows of a file, and what is told of their places: deletion vectors applied while reading.
//!
//! Works on the rows of one file, all of them, in the file's order: a scan that skips rows would shift their positions.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use wayfare_tables::DeletedRows;

/// The file's name, without its folders.
pub const FILE_COLUMN: &str = "file";
/// The row's position in its file, from 0; deleted rows count.
pub const ROW_COLUMN: &str = "row";

/// What a scan of files leaves out and adds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRows {
    /// Deleted rows by the name of their file. Names of files are unique, and stay what they are where a plan's paths
    /// are made absolute.
    pub deleted: BTreeMap<String, DeletedRows>,
    /// Whether [`FILE_COLUMN`] and [`ROW_COLUMN`] follow the scanned columns.
    pub places: bool,
}

/// The two columns that tell places.
pub(crate) fn place_fields() -> [FieldRef; 2] {
    [
        Arc::new(Field::new(FILE_COLUMN, DataType::Utf8, false)),
        Arc::new(Field::new(ROW_COLUMN, DataType::Int64, false)),
    ]
}

impl LiveRows {
    /// Whether rows come out as they are in the files.
    pub(crate) fn is_plain(&self) -> bool {
        self.deleted.is_empty() && !self.places
    }

    pub(crate) fn schema(&self, scanned: &SchemaRef) -> SchemaRef {
        if !self.places {
            return Arc::clone(scanned);
        }
        let fields = scanned.fields().iter().cloned().chain(place_fields());
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The live rows of the file called `name`, out of all of its rows.
    pub(crate) fn of_file(&self, name: &str, rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
        let deleted = self.deleted.get(name).cloned();
        if deleted.is_none() && !self.places {
            return rows;
        }
        let schema = self.schema(&rows.schema());
        let file = self.places.then(|| name.to_owned());
        let mut first = 0;
        let (all, kept_schema) = (rows, Arc::clone(&schema));
        let live = all.map(move |batch| {
            let batch = batch?;
            let position = first;
            first += batch.num_rows() as u64;
            let batch = match &file {
                Some(file) => with_places(&batch, &kept_schema, file, position)?,
                None => batch,
            };
            match &deleted {
                Some(deleted) => without_deleted(batch, position, deleted),
                None => Ok(batch),
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, live))
    }
}

fn with_places(batch: &RecordBatch, schema: &SchemaRef, file: &str, first: u64) -> Result<RecordBatch> {
    let count = batch.num_rows();
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    let files: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(file, count)));
    let rows: ArrayRef = Arc::new(Int64Array::from_iter_values((first..).take(count)));
    let columns = batch.columns().iter().cloned().chain([files, rows]).collect();
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

fn without_deleted(batch: RecordBatch, first: u64, deleted: &DeletedRows) -> Result<RecordBatch> {
    let count = batch.num_rows() as u64;
    if deleted.count_within(first, count) == 0 {
        return Ok(batch);
    }
    let kept: BooleanArray = (first..first + count)
        .map(|position| Some(!deleted.contains(position)))
        .collect();
    Ok(filter_record_batch(&batch, &kept)?)
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::array::RecordBatchOptions;
    use arrow::datatypes::Int64Type;
    use datafusion::physical_plan::common::collect;
    use datafusion::physical_plan::memory::MemoryStream;

    use super::*;

    fn batches() -> SendableRecordBatchStream {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let part = |numbers: std::ops::Range<i64>| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
            RecordBatch::try_new(Arc::clone(&schema), vec![numbers]).unwrap()
        };
        let parts = vec![part(0..3), part(3..5), part(5..9)];
        Box::pin(MemoryStream::try_new(parts, Arc::clone(&schema), None).unwrap())
    }

    async fn numbers(live: &LiveRows, file: &str, column: usize) -> Vec<i64> {
        let batches = collect(live.of_file(file, batches())).await.unwrap();
        let columns = batches
            .iter()
            .map(|batch| batch.column(column).as_primitive::<Int64Type>());
        columns.flat_map(|column| column.values().to_vec()).collect()
    }

    #[tokio::test]
    async fn deleted_rows_are_passed_over_in_their_file_only() {
        let live = LiveRows {
            deleted: BTreeMap::from([("a".to_owned(), DeletedRows::at([0, 4, 5, 8]))]),
            places: false,
        };
        assert_eq!(numbers(&live, "a", 0).await, [1, 2, 3, 6, 7]);
        assert_eq!(numbers(&live, "b", 0).await, (0..9).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn places_are_those_in_the_file() {
        let live = LiveRows {
            deleted: BTreeMap::from([("a".to_owned(), DeletedRows::at([1, 2, 3]))]),
            places: true,
        };
        assert_eq!(numbers(&live, "a", 2).await, [0, 4, 5, 6, 7, 8]);
        assert_eq!(numbers(&live, "a", 0).await, numbers(&live, "a", 2).await);
    }

    #[test]
    fn rows_without_columns_are_counted_out() {
        let options = RecordBatchOptions::new().with_row_count(Some(4));
        let empty = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
        let left = without_deleted(empty, 10, &DeletedRows::at([9, 11, 12])).unwrap();
        assert_eq!(left.num_rows(), 2);
    }
}
