//! Labels as a file, to be compared with those of other programs.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;

use super::activities::Activities;
use crate::error::EvaluationError;

const USERS_PER_BATCH: usize = 1_000;

/// Writes user_id, occurred_at and label: a number for each of the user's journeys, null for what belongs to none.
pub(super) fn write(
    path: &Path,
    activities: &Activities,
    found: &[Vec<Option<u32>>],
) -> Result<(), EvaluationError> {
    let failed = |source: ParquetError| EvaluationError::Parquet {
        path: path.to_owned(),
        source,
    };
    let file = File::create(path).map_err(|source| EvaluationError::Write {
        path: path.to_owned(),
        source,
    })?;
    let schema = schema();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), None).map_err(failed)?;
    let mut labels = found.iter().flatten().copied();
    for first in (0..activities.users()).step_by(USERS_PER_BATCH) {
        let users = first..activities.users().min(first + USERS_PER_BATCH);
        let columns = columns(activities, users, &mut labels);
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|source: ArrowError| EvaluationError::Columns { source })?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.close().map(|_| ()).map_err(failed)
}

fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("user_id", DataType::Utf8, false),
        Field::new("occurred_at", time, false),
        Field::new("label", DataType::Int64, true),
    ]))
}

fn columns(
    activities: &Activities,
    users: Range<usize>,
    labels: &mut impl Iterator<Item = Option<u32>>,
) -> Vec<ArrayRef> {
    let users = || users.clone().map(|user| activities.user(user));
    let ids: Vec<&str> = users()
        .flat_map(|user| user.items.iter().map(move |_| user.user_id))
        .collect();
    let times: Vec<i64> = users().flat_map(|user| user.times_us).copied().collect();
    let labels: Int64Array = labels
        .take(times.len())
        .map(|label| label.map(i64::from))
        .collect();
    vec![
        Arc::new(StringArray::from_iter_values(ids)),
        Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        Arc::new(labels),
    ]
}
