//! `[sources]`: the files a job reads and the two queries that map them to activities and items.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, TimeUnit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[sources]`: source tables and the queries over them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["activities", "items"]))]
pub struct SourcesSettings {
    /// `[sources.tables.NAME]`: tables that the queries may name.
    pub tables: BTreeMap<String, SourceTable>,
    /// Gives `user_id`, `item_id`, `occurred_at` and optionally `weight`.
    pub activities: SourceQuery,
    /// Gives `item_id`, `title` and optionally `text` and `tags`.
    pub items: SourceQuery,
}

/// `[sources.activities]` and `[sources.items]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["sql"]))]
pub struct SourceQuery {
    /// One `SELECT` over the source tables.
    pub sql: String,
}

/// `[sources.tables.NAME]`: where a source table lies and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["path"]))]
pub struct SourceTable {
    /// A file or a folder, relative to the job file's folder, a `file://` URL, or a place in a bucket,
    /// `s3://bucket/prefix`.
    pub path: String,
    /// How the files are written.
    pub format: SourceFormat,
    /// The character between the columns of a CSV file.
    pub delimiter: char,
    /// Whether the first line of a CSV file names the columns.
    pub header: bool,
    /// The character around CSV values that hold delimiters; `"\u0000"` for none.
    pub quote: char,
    /// Whether quoted CSV values may hold line breaks. A file is then read by one thread, and a quote that is never
    /// closed takes in the lines after it; without it, a value with a line break is an error.
    pub multiline: bool,
    /// The CSV columns from left to right as `[name, type]` pairs. Without it, names come from
    /// the header and types from the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<(String, ColumnType)>>,
}

impl Default for SourceTable {
    fn default() -> Self {
        Self {
            path: String::new(),
            format: SourceFormat::default(),
            delimiter: ',',
            header: true,
            quote: '"',
            multiline: false,
            columns: None,
        }
    }
}

/// The format of a source table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// One Parquet file or a folder of them.
    #[default]
    Parquet,
    /// Text with one row per line.
    Csv,
    /// A Delta table, read at the version that is its newest when the run begins.
    Delta,
}

/// The type of a CSV column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text.
    Utf8,
    /// 32-bit whole number.
    Int32,
    /// 64-bit whole number.
    Int64,
    /// 32-bit floating point number.
    Float32,
    /// 64-bit floating point number.
    Float64,
    /// `true` or `false`.
    Boolean,
    /// `YYYY-MM-DD`.
    Date,
    /// Date and time of day in UTC, to the microsecond.
    Timestamp,
}

impl ColumnType {
    /// The Arrow type that a column of this type is read as.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Utf8 => DataType::Utf8,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}
