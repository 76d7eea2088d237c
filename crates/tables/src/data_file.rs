//! What is known of one Parquet file: enough to put it into a Delta log without opening it again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deleted_rows::DeletedRows;

/// A Parquet file of a table or of an intermediate result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Relative to the table's directory, with `/` and not percent-encoded, such as `bucket=3/part-0.parquet`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows in the file, the deleted ones too.
    pub rows: u64,
    /// Partition column to value in text form; exactly the partition columns of the table, empty if it has none.
    #[serde(default)]
    pub partition: BTreeMap<String, Option<String>>,
    /// Milliseconds since 1970 at which the file was written.
    pub modified_ms: i64,
    /// Rows that readers pass over; `None` where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<DeletedRows>,
}

impl DataFile {
    /// Rows that readers see.
    pub fn live_rows(&self) -> u64 {
        self.rows - self.deleted.as_ref().map_or(0, DeletedRows::count).min(self.rows)
    }

    /// Whether two entries of a log show the same rows.
    pub fn shows_same(&self, other: &Self) -> bool {
        self.path == other.path && self.deleted == other.deleted
    }
}
