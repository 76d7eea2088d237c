//! What is timed does the work: labels as the methods give them, from files in the forms that are read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, FixedSizeListArray, Float16Array, Float32Array, Int64Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Int64Type};
use half::f16;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use wayfare_journeys::Params;

use super::{Measured, Method, SpeedOptions, measure};
use crate::error::EvaluationError;

const DAY: i64 = 86_400_000_000;
const DIMENSION: usize = 5;

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    // Users go on from row group to row group.
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(7))
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Items 0, 2, 4, .. are about one thing, the others about another; the last is like nothing.
fn vectors(items: usize) -> Vec<f32> {
    let vector = |item: usize| {
        let mut vector = [0.0; DIMENSION];
        match item {
            last if last + 1 == items => vector[2] = 1.0,
            item => {
                vector[item % 2] = 0.96;
                vector[3] = if item % 4 < 2 { 0.28 } else { -0.28 };
            }
        }
        vector
    };
    (0..items).flat_map(vector).collect()
}

/// Two users: each goes from thing to thing, day by day, and comes by the last item once.
fn activities(items: usize) -> Vec<(String, String, i64)> {
    let of_user = |user: &str| -> Vec<(String, String, i64)> {
        let days = (0_i64..24).zip((0..24).map(|day| if day == 11 { items - 1 } else { day % (items - 1) }));
        days.map(|(day, item)| (user.to_owned(), format!("item-{item}"), day * DAY))
            .collect()
    };
    [of_user("ann"), of_user("bob")].concat()
}

fn write_activities(path: &Path, rows: &[(String, String, i64)]) {
    write(
        path,
        vec![
            (
                "user_id",
                Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.0))),
            ),
            (
                "item_id",
                Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.1))),
            ),
            (
                "occurred_at",
                Arc::new(TimestampMicrosecondArray::from_iter_values(
                    rows.iter().map(|row| row.2),
                )),
            ),
        ],
    );
}

fn write_vectors(path: &Path, items: usize) {
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(DIMENSION, items));
    let halves: Float16Array = vectors(items)
        .into_iter()
        .map(|value| Some(f16::from_f32(value)))
        .collect();
    let element = Arc::new(Field::new_list_field(DataType::Float16, true));
    let ids = StringArray::from_iter_values((0..items).map(|item| format!("item-{item}")));
    write(
        path,
        vec![
            ("item_id", Arc::new(ids)),
            (
                "vector",
                Arc::new(ListArray::new(element, offsets, Arc::new(halves), None)),
            ),
        ],
    );
}

fn methods() -> [Method; 2] {
    let params = Params {
        min_active_days: 0,
        min_span_days: 0.0,
        ..Params::default()
    };
    let icpc = Method::Icpc {
        join_threshold: 0.5,
        min_activities: 4,
    };
    [Method::Wayfare(params), icpc]
}

fn options(folder: &Path, method: Method) -> SpeedOptions {
    SpeedOptions {
        activities: folder.join("activities.parquet"),
        vectors: folder.join("vectors.parquet"),
        method,
        threads: 2,
    }
}

fn labels(path: &Path) -> Vec<Option<i64>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let batches = reader.build().unwrap().map(Result::unwrap);
    batches
        .flat_map(|batch| {
            batch["label"]
                .as_primitive::<Int64Type>()
                .iter()
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn both_methods_find_what_is_planted_and_write_it() {
    let folder = tempfile::tempdir().unwrap();
    write_vectors(&folder.path().join("vectors.parquet"), 9);
    let rows = activities(9);
    write_activities(&folder.path().join("activities.parquet"), &rows);
    for method in methods() {
        let path = folder.path().join("labels.parquet");
        let Measured {
            activities,
            users,
            items,
            dimension,
            journeys,
            ..
        } = measure(&options(folder.path(), method), Some(&path)).unwrap();
        assert_eq!(
            (activities, users, items, dimension, journeys),
            (48, 2, 9, DIMENSION, 4),
            "{method:?}"
        );
        let labels = labels(&path);
        assert_eq!(labels.len(), 48);
        let mut found: BTreeMap<(&str, Option<i64>), Vec<&str>> = BTreeMap::new();
        for ((user, item, _), label) in rows.iter().zip(labels) {
            found.entry((user, label)).or_default().push(item);
        }
        for ((_, label), items) in found {
            let even = |item: &&&str| item.as_bytes().last().unwrap() % 2 == 0;
            let evens = items.iter().filter(even).count();
            assert!(evens == 0 || evens == items.len(), "{method:?}: {items:?}");
            assert_eq!(label.is_none(), items == ["item-8"], "{method:?}: {items:?}");
        }
    }
}

#[test]
fn numbers_serve_as_ids_and_vectors_are_scaled() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: Float32Array = vectors(9).into_iter().map(|value| Some(value * 127.0)).collect();
    let element = Arc::new(Field::new_list_field(DataType::Float32, true));
    let lists = FixedSizeListArray::new(element, 5, Arc::new(numbers), None);
    write(
        &folder.path().join("vectors.parquet"),
        vec![
            ("item_id", Arc::new(Int64Array::from_iter_values(0..9))),
            ("vector", Arc::new(lists)),
        ],
    );
    let rows = activities(9);
    let number = |text: &str| i64::from(text.as_bytes().last().unwrap() - b'0');
    write(
        &folder.path().join("activities.parquet"),
        vec![
            (
                "item_id",
                Arc::new(Int64Array::from_iter_values(
                    rows.iter().map(|row| number(&row.1)),
                )),
            ),
            (
                "user_id",
                Arc::new(Int64Array::from_iter_values(
                    rows.iter().map(|row| i64::from(row.0 == "bob")),
                )),
            ),
            (
                "occurred_at",
                Arc::new(TimestampMicrosecondArray::from_iter_values(
                    rows.iter().map(|row| row.2),
                )),
            ),
        ],
    );
    for method in methods() {
        let measured = measure(&options(folder.path(), method), None).unwrap();
        assert_eq!((measured.users, measured.journeys), (2, 4), "{method:?}");
    }
}

#[test]
fn what_cannot_be_timed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (vectors, activities_path) = (
        folder.path().join("vectors.parquet"),
        folder.path().join("activities.parquet"),
    );
    let [wayfare, icpc] = methods();
    let refused = |method| measure(&options(folder.path(), method), None).unwrap_err();
    assert!(matches!(refused(icpc), EvaluationError::Read { .. }));
    write_vectors(&vectors, 8);
    let mut rows = activities(9);
    write_activities(&activities_path, &rows);
    assert!(refused(icpc).to_string().contains("item `item-8` has no vector"));
    write_vectors(&vectors, 9);
    rows.swap(3, 4);
    write_activities(&activities_path, &rows);
    let unordered = refused(wayfare);
    assert!(
        matches!(&unordered, EvaluationError::Segment { user_id, .. } if user_id == "ann"),
        "{unordered:?}"
    );
    write_vectors(&activities_path, 9);
    assert!(refused(icpc).to_string().contains("no column `user_id`"));
}
