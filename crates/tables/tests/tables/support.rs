//! A tables root in a temporary directory, and small files to put into it.

use std::collections::BTreeMap;
use std::fs::{File, create_dir_all, metadata};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;
use wayfare_tables::{DataFile, JOURNEY_ACTIVITIES, TableChange, TableRoot, TableSpec, Transaction};

/// Removed with everything in it when dropped.
pub(crate) struct Place {
    pub(crate) root: TableRoot,
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let root = TableRoot::parse(directory.path().to_str().unwrap()).unwrap();
        Self { root, directory }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// Puts an object there by hand, as damage or as another program would.
    pub(crate) fn write(&self, relative: &str, content: &str) {
        let path = self.path(relative);
        create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The commits in the log of a table.
    pub(crate) fn commits(&self, spec: &TableSpec) -> Vec<String> {
        let log = self.path(spec.directory).join("_delta_log");
        let mut names: Vec<String> = std::fs::read_dir(log)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| {
                name.strip_suffix(".json")
                    .is_some_and(|version| version.len() == 20)
            })
            .collect();
        names.sort();
        names
    }

    /// Writes a real Parquet file of `journey_activities` without its partition column.
    pub(crate) fn activities_file(&self, name: &str, bucket: i32, users: &[&str]) -> DataFile {
        let rows = users.len();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(users.to_vec())),
            Arc::new(StringArray::from(vec!["j1"; rows])),
            Arc::new(TimestampMicrosecondArray::from(vec![1_700_000_000_000_000; rows]).with_timezone("UTC")),
            Arc::new(StringArray::from(vec!["item"; rows])),
            Arc::new(Float32Array::from(vec![0.5; rows])),
            Arc::new(StringArray::from(vec!["run"; rows])),
        ];
        let schema = JOURNEY_ACTIVITIES.file_schema();
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
        let path = format!("bucket={bucket}/{name}.parquet");
        let absolute = self.path(JOURNEY_ACTIVITIES.directory).join(&path);
        create_dir_all(absolute.parent().unwrap()).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&absolute).unwrap(), schema, None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        DataFile {
            path,
            size: metadata(absolute).unwrap().len(),
            rows: rows as u64,
            partition: BTreeMap::from([("bucket".to_owned(), Some(bucket.to_string()))]),
            modified_ms: 1_700_000_000_000,
            deleted: None,
        }
    }
}

pub(crate) fn transaction(app_id: &str, sequence: i64) -> Transaction {
    Transaction {
        app_id: app_id.to_owned(),
        sequence,
    }
}

pub(crate) fn adding(files: &[&DataFile]) -> TableChange {
    TableChange {
        add: files.iter().map(|file| (*file).clone()).collect(),
        remove: Vec::new(),
        data_change: true,
    }
}

pub(crate) fn paths(files: &[DataFile]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}
