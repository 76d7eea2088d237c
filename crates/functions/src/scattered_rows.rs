//! Rows that come in any order, gathered by folder until they are worth a file each.
//!
//! A file that is open for every folder would hold buffers of its own, so that memory followed from the number of
//! folders. Here one limit holds for all folders of a task together.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::{
    SortColumn, concat_batches, lexsort_to_indices, partition, take_arrays, take_record_batch,
};
use datafusion::common::Result;

use crate::folder_files::{Folder, folder_of};

/// What a task gathers over all folders before it writes.
const LIMIT_BYTES: usize = 128 << 20;

/// The rows of each folder.
pub(crate) type RowsByFolder = BTreeMap<Folder, Vec<RecordBatch>>;

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct ScatteredRows {
    by_folder: RowsByFolder,
    bytes: usize,
}

impl ScatteredRows {
    /// Takes in rows with the values that name their folders.
    pub(crate) fn take_in(&mut self, folders: Vec<ArrayRef>, rows: RecordBatch) -> Result<()> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        if folders.is_empty() {
            self.bytes += bytes_of(&rows);
            self.by_folder.entry(Folder::new()).or_default().push(rows);
            return Ok(());
        }
        let sorted = lexsort_to_indices(&sort_columns(&folders), None)?;
        let folders = take_arrays(&folders, &sorted, None)?;
        let rows = take_record_batch(&rows, &sorted)?;
        self.bytes += bytes_of(&rows);
        for range in partition(&folders)?.ranges() {
            let folder = folder_of(&folders, range.start)?;
            let part = rows.slice(range.start, range.len());
            self.by_folder.entry(folder).or_default().push(part);
        }
        Ok(())
    }

    /// Whether it is time to write.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= LIMIT_BYTES
    }

    /// Hands out all that waits.
    pub(crate) fn take(&mut self) -> RowsByFolder {
        self.bytes = 0;
        std::mem::take(&mut self.by_folder)
    }
}

/// The parts of a folder, which share the memory of many others, as one batch of its own.
pub(crate) fn together(parts: &[RecordBatch]) -> Result<Option<RecordBatch>> {
    let Some(first) = parts.first() else {
        return Ok(None);
    };
    Ok(Some(concat_batches(&first.schema(), parts)?))
}

fn bytes_of(rows: &RecordBatch) -> usize {
    let columns = rows.columns().iter();
    columns.map(|column| column.get_buffer_memory_size()).sum()
}

fn sort_columns(columns: &[ArrayRef]) -> Vec<SortColumn> {
    let ascending = |column: &ArrayRef| SortColumn {
        values: ArrayRef::clone(column),
        options: None,
    };
    columns.iter().map(ascending).collect()
}

#[cfg(test)]
mod tests;
