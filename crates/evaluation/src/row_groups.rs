//! A Parquet file read by row groups, side by side, in their order.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use rayon::prelude::*;

use crate::error::EvaluationError;

const ROWS_PER_BATCH: usize = 8_192;

/// Some columns of a file.
#[derive(Debug)]
pub(crate) struct RowGroups {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    columns: ProjectionMask,
}

impl RowGroups {
    /// The file must have all of these columns.
    pub(crate) fn open(path: &Path, columns: &[&str]) -> Result<Self, EvaluationError> {
        let file = File::open(path).map_err(|source| EvaluationError::Read {
            path: path.to_owned(),
            source,
        })?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|source| failed(path, source))?;
        if let Some(missing) = columns
            .iter()
            .find(|name| metadata.schema().index_of(name).is_err())
        {
            return Err(unusable(path, format!("it has no column `{missing}`")));
        }
        let columns = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
        Ok(Self {
            path: path.to_owned(),
            metadata,
            columns,
        })
    }

    /// All columns.
    pub(crate) fn open_whole(path: &Path) -> Result<Self, EvaluationError> {
        let mut whole = Self::open(path, &[])?;
        whole.columns = ProjectionMask::all();
        Ok(whole)
    }

    /// What `of` gives for each batch, by row group.
    pub(crate) fn map<T: Send>(
        &self,
        of: impl Fn(RecordBatch) -> Result<T, EvaluationError> + Sync,
    ) -> Result<Vec<Vec<T>>, EvaluationError> {
        let groups = 0..self.metadata.metadata().num_row_groups();
        groups
            .into_par_iter()
            .map(|group| {
                // A descriptor of its own: clones share their position, and threads would read each other's pages.
                let file = File::open(&self.path).map_err(|source| EvaluationError::Read {
                    path: self.path.clone(),
                    source,
                })?;
                let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                    .with_projection(self.columns.clone())
                    .with_row_groups(vec![group])
                    .with_batch_size(ROWS_PER_BATCH)
                    .build()
                    .map_err(|source| failed(&self.path, source))?;
                let batches = reader
                    .map(|batch| of(batch.map_err(|source| failed(&self.path, ParquetError::from(source)))?));
                batches.collect()
            })
            .collect()
    }
}

/// A column of ids as text, none of which may be missing.
pub(crate) fn text(batch: &RecordBatch, name: &str, path: &Path) -> Result<StringArray, EvaluationError> {
    let column = present(batch, name, path)?;
    Ok(converted(column, &DataType::Utf8, name, path)?
        .as_string()
        .clone())
}

/// A column of text that may be missing; none where the file has no such column.
pub(crate) fn text_if_any(
    batch: &RecordBatch,
    name: &str,
    path: &Path,
) -> Result<Option<StringArray>, EvaluationError> {
    let column = batch.column_by_name(name);
    let texts = column.map(|column| converted(column, &DataType::Utf8, name, path));
    Ok(texts.transpose()?.map(|texts| texts.as_string().clone()))
}

/// A column in another type, without missing values.
pub(crate) fn column_as(
    batch: &RecordBatch,
    name: &str,
    data_type: &DataType,
    path: &Path,
) -> Result<ArrayRef, EvaluationError> {
    converted(present(batch, name, path)?, data_type, name, path)
}

fn present<'a>(batch: &'a RecordBatch, name: &str, path: &Path) -> Result<&'a ArrayRef, EvaluationError> {
    let column = batch.column_by_name(name);
    column
        .filter(|column| column.null_count() == 0)
        .ok_or_else(|| unusable(path, format!("column `{name}` lacks values")))
}

fn converted(
    column: &ArrayRef,
    data_type: &DataType,
    name: &str,
    path: &Path,
) -> Result<ArrayRef, EvaluationError> {
    cast(column, data_type).map_err(|error| unusable(path, format!("column `{name}`: {error}")))
}

fn unusable(path: &Path, reason: String) -> EvaluationError {
    EvaluationError::Unusable {
        path: path.to_owned(),
        reason,
    }
}

fn failed(path: &Path, source: ParquetError) -> EvaluationError {
    EvaluationError::Parquet {
        path: path.to_owned(),
        source,
    }
}
