//! The Parquet files that one task writes below its `column=value` folders.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::compute::partition;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::{Result, exec_err};
use datafusion::parquet::arrow::AsyncArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use object_store::ObjectStore;
use object_store::path::Path;
use uuid::Uuid;

use crate::error::FunctionError;
use crate::part_upload::PartUpload;
use crate::scattered_rows::{RowsByFolder, together};
use crate::write_files::{WRITTEN_FILES, WriteSpec};

/// A row group is closed when it holds this many bytes, so that wide rows (states, vectors) do not pile up in memory.
const ROW_GROUP_BYTES: usize = 32 << 20;
/// What a file gathers before it is handed to the store, whole or in parts: the least that object storage takes as a part.
const PART_BYTES: usize = 5 << 20;

/// The values that name a folder, one per partition column.
pub(crate) type Folder = Vec<String>;

/// The folder of a row.
pub(crate) fn folder_of(columns: &[ArrayRef], row: usize) -> Result<Folder> {
    let options = FormatOptions::default();
    let value = |column: &ArrayRef| {
        let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
        Ok(formatter.value(row).to_string())
    };
    columns.iter().map(value).collect()
}

/// One task's writing: at most one file is open at a time.
pub(crate) struct FolderFiles {
    spec: WriteSpec,
    store: Arc<dyn ObjectStore>,
    root: Path,
    /// Tells the files of this execution from those of every other.
    task: String,
    open: Option<OpenFile>,
    opened: usize,
    written: Vec<WrittenFile>,
}

struct OpenFile {
    folder: Folder,
    path: String,
    rows: u64,
    writer: AsyncArrowWriter<PartUpload>,
}

struct WrittenFile {
    path: String,
    rows: u64,
    bytes: u64,
    folder: BTreeMap<String, String>,
}

impl FolderFiles {
    /// The tables lie below `root` in `store`.
    pub(crate) fn new(spec: WriteSpec, store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self {
            spec,
            store,
            root,
            // Tasks on different machines number their partitions alike, and one of them may be tried again.
            task: format!("{:016x}", Uuid::new_v4().as_u64_pair().0),
            open: None,
            opened: 0,
            written: Vec::new(),
        }
    }

    pub(crate) fn spec(&self) -> &WriteSpec {
        &self.spec
    }

    /// Writes rows whose folders come one after the other: what was open before is complete with the next.
    pub(crate) async fn write_in_order(&mut self, folders: &[ArrayRef], rows: &RecordBatch) -> Result<()> {
        let ranges = match rows.num_rows() {
            0 => vec![],
            count if folders.is_empty() => std::iter::once(0..count).collect(),
            _ => partition(folders)?.ranges(),
        };
        for range in ranges {
            let folder = folder_of(folders, range.start)?;
            let part = rows.slice(range.start, range.len());
            self.file_of(folder).await?.write(&part).await?;
        }
        Ok(())
    }

    /// Writes a file for each folder.
    pub(crate) async fn write_scattered(&mut self, rows: RowsByFolder) -> Result<()> {
        for (folder, parts) in rows {
            if let Some(rows) = together(&parts)? {
                self.file_of(folder).await?.write(&rows).await?;
            }
        }
        self.close().await
    }

    /// Completes the last file and gives a row per file.
    pub(crate) async fn finish(mut self) -> Result<RecordBatch> {
        self.close().await?;
        let files = &self.written;
        let partitions = files
            .iter()
            .map(|file| serde_json::to_string(&file.folder).map_err(|error| self.failed(&file.path, &error)))
            .collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(files.iter().map(|file| &file.path))),
            Arc::new(UInt64Array::from_iter_values(files.iter().map(|file| file.rows))),
            Arc::new(UInt64Array::from_iter_values(files.iter().map(|file| file.bytes))),
            Arc::new(StringArray::from(partitions)),
        ];
        Ok(RecordBatch::try_new(Arc::clone(&WRITTEN_FILES), columns)?)
    }

    async fn file_of(&mut self, folder: Folder) -> Result<&mut OpenFile> {
        if self.open.as_ref().is_none_or(|open| open.folder != folder) {
            self.close().await?;
            self.open = Some(self.create(folder)?);
            self.opened += 1;
        }
        match &mut self.open {
            Some(open) => Ok(open),
            None => exec_err!("a file that was just opened is not there"),
        }
    }

    fn create(&self, folder: Folder) -> Result<OpenFile> {
        let folders = self.spec.partition_columns.iter().zip(&folder);
        let mut parts: Vec<String> = folders.map(|(name, value)| format!("{name}={value}")).collect();
        parts.push(format!(
            "{}-{}-{}.parquet",
            self.spec.attempt, self.task, self.opened
        ));
        let path = parts.join("/");
        let below_root = Path::from(format!("{}/{path}", self.spec.directory));
        let location: Path = self.root.parts().chain(below_root.parts()).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_created_by("wayfare".to_owned())
            .build();
        let object = PartUpload::new(Arc::clone(&self.store), location, PART_BYTES);
        let writer = AsyncArrowWriter::try_new(object, Arc::clone(&self.spec.file_schema), Some(properties))?;
        Ok(OpenFile {
            folder,
            path,
            rows: 0,
            writer,
        })
    }

    async fn close(&mut self) -> Result<()> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        open.writer.finish().await?;
        let names = self.spec.partition_columns.iter().cloned();
        self.written.push(WrittenFile {
            path: open.path,
            rows: open.rows,
            bytes: open.writer.bytes_written() as u64,
            folder: names.zip(open.folder).collect(),
        });
        Ok(())
    }

    fn failed(&self, path: &str, error: &dyn std::fmt::Display) -> FunctionError {
        FunctionError::Write {
            path: format!("{}/{path}", self.spec.directory),
            message: error.to_string(),
        }
    }
}

impl OpenFile {
    async fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        self.rows += rows.num_rows() as u64;
        Ok(self.writer.write(rows).await?)
    }
}
