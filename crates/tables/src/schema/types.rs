//! The column types that the contracts are made of, in the one form that survives the way through a Delta log.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use super::ColumnSpec;

/// A column that is never null.
pub(super) fn required(name: &'static str, data_type: DataType, description: &'static str) -> ColumnSpec {
    ColumnSpec {
        name,
        data_type,
        nullable: false,
        description,
    }
}

/// A column that may be null.
pub(super) fn optional(name: &'static str, data_type: DataType, description: &'static str) -> ColumnSpec {
    ColumnSpec {
        nullable: true,
        ..required(name, data_type, description)
    }
}

/// The lineage column of every table that a run writes.
pub(super) fn run_id() -> ColumnSpec {
    required("run_id", DataType::Utf8, "Run that wrote the row")
}

/// Microseconds, UTC: the only time that Delta has.
pub(super) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Delta does not keep the name of a list's element; reading a schema back always gives `element`.
pub(super) fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", element, true)))
}

pub(super) fn vector() -> DataType {
    list_of(DataType::Float32)
}

pub(super) fn concepts() -> DataType {
    list_of(structure(&[
        ("term", DataType::Utf8),
        ("weight", DataType::Float32),
    ]))
}

pub(super) fn representative_items() -> DataType {
    list_of(structure(&[
        ("item_id", DataType::Utf8),
        ("title", DataType::Utf8),
        ("similarity", DataType::Float32),
    ]))
}

fn structure(fields: &[(&str, DataType)]) -> DataType {
    let fields: Fields = fields
        .iter()
        .map(|(name, data_type)| Field::new(*name, data_type.clone(), true))
        .collect();
    DataType::Struct(fields)
}
