//! Writes one table as Parquet files of a bounded number of rows, each row group as soon as it is full.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::rows::Rows;
use crate::error::EvaluationError;

const ROWS_PER_BATCH: u64 = 8_192;
const ROWS_PER_ROW_GROUP: usize = 131_072;

/// Files are named `part-00000.parquet` and up. A table without rows still has one file, with its schema.
#[derive(Debug)]
pub(crate) struct PartWriter<R> {
    folder: PathBuf,
    rows_per_file: u64,
    /// Number of the first file.
    first: usize,
    rows: R,
    rows_in_batch: u64,
    rows_in_file: u64,
    rows_written: u64,
    open: Option<(PathBuf, ArrowWriter<File>)>,
    files: Vec<PathBuf>,
}

impl<R: Rows> PartWriter<R> {
    pub(crate) fn create(folder: &Path, rows: R, rows_per_file: u64) -> Result<Self, EvaluationError> {
        Self::create_from(folder, 0, rows, rows_per_file)
    }

    /// Like [`create`](Self::create), with the number of the first file.
    pub(crate) fn create_from(
        folder: &Path,
        first: usize,
        rows: R,
        rows_per_file: u64,
    ) -> Result<Self, EvaluationError> {
        let mut writer = Self {
            folder: folder.to_owned(),
            rows_per_file,
            first,
            rows,
            rows_in_batch: 0,
            rows_in_file: 0,
            rows_written: 0,
            open: None,
            files: Vec::new(),
        };
        writer.open()?;
        Ok(writer)
    }

    /// Where to put the next row; each is followed by [`row_added`](Self::row_added).
    pub(crate) fn rows(&mut self) -> &mut R {
        &mut self.rows
    }

    pub(crate) fn row_added(&mut self) -> Result<(), EvaluationError> {
        self.rows_in_batch += 1;
        let file_is_full = self.rows_in_file + self.rows_in_batch == self.rows_per_file;
        if file_is_full || self.rows_in_batch == ROWS_PER_BATCH {
            self.write_batch()?;
        }
        if file_is_full {
            self.close()?;
        }
        Ok(())
    }

    /// The files and the number of rows in them.
    pub(crate) fn finish(mut self) -> Result<(Vec<PathBuf>, u64), EvaluationError> {
        self.write_batch()?;
        self.close()?;
        Ok((self.files, self.rows_written))
    }

    fn write_batch(&mut self) -> Result<(), EvaluationError> {
        if self.rows_in_batch == 0 {
            return Ok(());
        }
        let batch = self
            .rows
            .take_batch()
            .map_err(|source| EvaluationError::Columns { source })?;
        if self.open.is_none() {
            self.open()?;
        }
        if let Some((path, writer)) = &mut self.open {
            writer.write(&batch).map_err(|source| EvaluationError::Parquet {
                path: path.clone(),
                source,
            })?;
        }
        self.rows_in_file += self.rows_in_batch;
        self.rows_written += self.rows_in_batch;
        self.rows_in_batch = 0;
        Ok(())
    }

    fn open(&mut self) -> Result<(), EvaluationError> {
        let path = self
            .folder
            .join(format!("part-{:05}.parquet", self.first + self.files.len()));
        let file = File::create_new(&path).map_err(|source| EvaluationError::Write {
            path: path.clone(),
            source,
        })?;
        let failed = |source: ParquetError| EvaluationError::Parquet {
            path: path.clone(),
            source,
        };
        let level = ZstdLevel::try_new(1).map_err(failed)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(ROWS_PER_ROW_GROUP))
            .build();
        let writer = ArrowWriter::try_new(file, self.rows.schema(), Some(properties)).map_err(failed)?;
        self.open = Some((path, writer));
        Ok(())
    }

    fn close(&mut self) -> Result<(), EvaluationError> {
        if let Some((path, writer)) = self.open.take() {
            writer.close().map_err(|source| EvaluationError::Parquet {
                path: path.clone(),
                source,
            })?;
            self.files.push(path);
            self.rows_in_file = 0;
        }
        Ok(())
    }
}
