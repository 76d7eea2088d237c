//! What is gathered, and when it is too much.

use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

use super::*;

fn rows(values: impl IntoIterator<Item = i64>) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("value", DataType::Int64, false)]);
    let column = Arc::new(Int64Array::from_iter_values(values));
    RecordBatch::try_new(Arc::new(schema), vec![column]).unwrap()
}

fn folders(values: &[i32]) -> Vec<ArrayRef> {
    vec![Arc::new(Int32Array::from(values.to_vec()))]
}

fn values(parts: &[RecordBatch]) -> Vec<i64> {
    let rows = together(parts).unwrap().unwrap();
    rows.column(0).as_primitive::<Int64Type>().values().to_vec()
}

#[test]
fn rows_of_a_folder_come_together_over_batches() {
    let mut waiting = ScatteredRows::default();
    waiting.take_in(folders(&[2, 1, 2]), rows([10, 20, 30])).unwrap();
    waiting.take_in(folders(&[1, 1]), rows([40, 50])).unwrap();
    let taken = waiting.take();
    let mut of_first = values(&taken[&vec!["1".to_owned()]]);
    of_first.sort_unstable();
    let mut of_second = values(&taken[&vec!["2".to_owned()]]);
    of_second.sort_unstable();
    assert_eq!((of_first, of_second), (vec![20, 40, 50], vec![10, 30]));
    assert!(waiting.take().is_empty());
}

#[test]
fn the_limit_is_of_all_folders_together() {
    let mut waiting = ScatteredRows::default();
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, false)]);
    let megabyte = "x".repeat(1 << 20);
    let schema = Arc::new(schema);
    let mut batches = 0;
    while !waiting.is_full() {
        let column = Arc::new(StringArray::from(vec![megabyte.as_str(), megabyte.as_str()]));
        let rows = RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap();
        waiting
            .take_in(folders(&[batches, batches + 1000]), rows)
            .unwrap();
        batches += 1;
        assert!(batches < 100, "never full");
    }
    assert_eq!(batches, 64);
    let taken = waiting.take();
    assert_eq!(taken.len(), 128);
    assert!(!waiting.is_full());
}
