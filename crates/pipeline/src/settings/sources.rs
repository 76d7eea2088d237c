//! `[sources]`: the files a job reads and the two queries that map them to activities and items.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

/// `[sources]`: source tables and the queries over them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourcesSettings {
    /// `[sources.tables.NAME]`: tables that the queries may name.
    pub tables: BTreeMap<String, SourceTable>,
    /// Gives `user_id`, `item_id`, `occurred_at` and optionally `weight`.
    pub activities: SourceQuery,
    /// Gives `item_id`, `title` and optionally `text` and `tags`.
    pub items: SourceQuery,
}

/// `[sources.activities]` and `[sources.items]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceQuery {
    /// One `SELECT` over the source tables. Required.
    pub sql: String,
}

/// `[sources.tables.NAME]`: where a source table lies and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceTable {
    /// A file, a folder or a URL; a path is relative to the job file's folder. Required.
    pub path: String,
    /// `parquet`, `csv` or `delta`. Default: `parquet`.
    pub format: SourceFormat,
    /// The character between the columns of a CSV file. Default: `,`.
    pub delimiter: char,
    /// Whether the first line of a CSV file names the columns. Default: true.
    pub header: bool,
    /// The character around CSV values that hold delimiters; `"\u0000"` for none. Default: `"`.
    pub quote: char,
    /// The CSV columns from left to right as `[name, type]` pairs. Default: names from the header, types from the data.
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
            columns: None,
        }
    }
}

/// The format of a source table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// One Parquet file or a folder of them.
    #[default]
    Parquet,
    /// Text with one row per line.
    Csv,
    /// A Delta table. Not read yet: a run that meets one ends with an error that says so.
    Delta,
}

/// The type of a CSV column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
