//! The contracts: every table, its key, its partitions and its columns, in one list.
//!
//! `docs/tables.md` is generated from it and the Delta tables are created from it. It holds no data and knows no files.

mod reference;
mod restricted;
mod shared;
mod types;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use reference::tables_reference_markdown;
pub use restricted::{
    ACTIVITY_LOG, JOURNEY_ACTIVITIES, JOURNEY_ALIASES, JOURNEY_NAMES, JOURNEYS, REJECTED_ROWS, SEGMENT_STATE,
};
pub use shared::{ITEM_VECTORS, RUNS};

/// One table: where it is, how it is divided, and what its columns mean.
#[derive(Debug)]
pub struct TableSpec {
    pub name: &'static str,
    /// Relative to the tables root. Tables under `restricted/` hold user ids or what users did.
    pub directory: &'static str,
    /// Stored in the directory names and the log, not in the files.
    pub partition_columns: &'static [&'static str],
    /// The columns that identify a row.
    pub key: &'static [&'static str],
    pub purpose: &'static str,
    pub columns: fn() -> Vec<ColumnSpec>,
}

/// One column.
#[derive(Clone, Debug)]
pub struct ColumnSpec {
    pub name: &'static str,
    pub data_type: DataType,
    pub nullable: bool,
    pub description: &'static str,
}

impl TableSpec {
    /// All columns, partition columns included, in the order of the contract.
    pub fn schema(&self) -> SchemaRef {
        schema_of((self.columns)())
    }

    /// The columns that are inside the Parquet files: all but the partition columns.
    pub fn file_schema(&self) -> SchemaRef {
        let columns = (self.columns)();
        schema_of(
            columns
                .into_iter()
                .filter(|column| !self.partition_columns.contains(&column.name)),
        )
    }
}

/// Every table, in the order in which a run fills them.
pub fn all_tables() -> [&'static TableSpec; 9] {
    [
        &ACTIVITY_LOG,
        &ITEM_VECTORS,
        &JOURNEYS,
        &JOURNEY_ACTIVITIES,
        &SEGMENT_STATE,
        &JOURNEY_ALIASES,
        &JOURNEY_NAMES,
        &REJECTED_ROWS,
        &RUNS,
    ]
}

fn schema_of(columns: impl IntoIterator<Item = ColumnSpec>) -> SchemaRef {
    let fields: Vec<Field> = columns
        .into_iter()
        .map(|column| Field::new(column.name, column.data_type, column.nullable))
        .collect();
    Arc::new(Schema::new(fields))
}
