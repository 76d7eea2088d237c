//! A Delta table written by hand, so that tests decide what its log and its folder hold.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

/// A table in a folder, and the version that is committed next.
#[derive(Debug)]
pub struct DeltaLog {
    folder: PathBuf,
    next_version: u64,
}

/// What the first commit declares.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Pairs of name and type in Delta's words.
    pub columns: Vec<(&'static str, &'static str)>,
    pub partition_columns: Vec<&'static str>,
    pub protocol: Value,
    pub configuration: Value,
}

impl Definition {
    /// A table that every reader understands.
    pub fn plain(columns: &[(&'static str, &'static str)], partition_columns: &[&'static str]) -> Self {
        Self {
            columns: columns.to_vec(),
            partition_columns: partition_columns.to_vec(),
            protocol: json!({ "minReaderVersion": 1, "minWriterVersion": 2 }),
            configuration: json!({}),
        }
    }

    /// The same with a feature that readers and writers must know.
    #[must_use]
    pub fn with_feature(mut self, feature: &str) -> Self {
        self.protocol = json!({
            "minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": [feature], "writerFeatures": [feature],
        });
        self
    }
}

impl DeltaLog {
    /// Makes the table as version 0, without files.
    pub fn create(folder: &Path, definition: &Definition) -> Self {
        let fields: Vec<Value> = definition
            .columns
            .iter()
            .map(|(name, kind)| json!({ "name": name, "type": kind, "nullable": true, "metadata": {} }))
            .collect();
        let schema = json!({ "type": "struct", "fields": fields }).to_string();
        let metadata = json!({
            "id": "00000000-0000-4000-8000-000000000000",
            "format": { "provider": "parquet", "options": {} },
            "schemaString": schema,
            "partitionColumns": definition.partition_columns,
            "configuration": definition.configuration,
            "createdTime": 0,
        });
        let mut log = Self {
            folder: folder.to_owned(),
            next_version: 0,
        };
        log.commit(&[
            json!({ "protocol": definition.protocol }),
            json!({ "metaData": metadata }),
        ]);
        log
    }

    /// Where the table lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Commits actions as the next version.
    pub fn commit(&mut self, actions: &[Value]) {
        let log = self.folder.join("_delta_log");
        std::fs::create_dir_all(&log).expect("a folder for the log");
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        let file = log.join(format!("{:020}.json", self.next_version));
        std::fs::write(file, lines.join("\n") + "\n").expect("the commit is written");
        self.next_version += 1;
    }

    /// Writes a Parquet file below the table's folder and gives its bytes; the log does not hear of it.
    pub fn write_file(&self, path: &str, rows: &RecordBatch) -> u64 {
        let path = self.folder.join(path);
        let folder = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(folder).expect("a folder for the file");
        let file = std::fs::File::create(&path).expect("the file is created");
        let mut writer =
            ArrowWriter::try_new(file, rows.schema(), None).expect("the rows have a Parquet form");
        writer.write(rows).expect("the rows are written");
        writer.close().expect("the file is finished");
        std::fs::metadata(&path).expect("the file is there").len()
    }
}

/// The action that adds a file; `path` as the log writes it.
pub fn add(path: &str, size: u64, partition: &Value) -> Value {
    json!({ "add": {
        "path": path, "size": size, "partitionValues": partition, "modificationTime": 0, "dataChange": true,
    } })
}

/// The action that removes a file.
pub fn remove(path: &str) -> Value {
    json!({ "remove": { "path": path, "deletionTimestamp": 0, "dataChange": true } })
}
