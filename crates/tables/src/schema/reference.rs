//! Renders the contracts as the reference page for people who query the tables.

use arrow::datatypes::DataType;

use super::{TableSpec, all_tables};

const INTRODUCTION: &str = "# Tables

Delta tables. Until an increment deletes rows in place they have reader version 1 and writer version 2; from then on reader
version 3 and writer version 7 with the feature `deletionVectors` (see `docs/reading.md`). Generated from the schema constants of `crates/tables`; do not edit.

Query them through a snapshot record (`_wayfare/snapshots/`): it names one version of every table that belong together.
Partition columns are not inside the Parquet files.";

/// The content of `docs/tables.md`.
pub fn tables_reference_markdown() -> String {
    let mut lines = vec![INTRODUCTION.to_owned()];
    for table in all_tables() {
        lines.extend(section(table));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn section(table: &TableSpec) -> Vec<String> {
    let partitions = match table.partition_columns {
        [] => "none".to_owned(),
        columns => code_list(columns),
    };
    let mut lines = vec![
        format!("\n## `{}`\n\n{}\n", table.name, table.purpose),
        format!(
            "Directory `{}`; key {}; partition columns {partitions}.\n",
            table.directory,
            code_list(table.key),
        ),
        "| column | type | null | meaning |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    lines.extend((table.columns)().iter().map(|column| {
        format!(
            "| `{}` | `{}` | {} | {} |",
            column.name,
            type_name(&column.data_type),
            if column.nullable { "yes" } else { "no" },
            column.description
        )
    }));
    lines
}

fn code_list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The name that SQL people know a type by.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 => "string".to_owned(),
        DataType::Binary => "binary".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float32 => "float".to_owned(),
        DataType::Timestamp(_, _) => "timestamp (UTC, µs)".to_owned(),
        DataType::List(element) => format!("array<{}>", type_name(element.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}: {}", field.name(), type_name(field.data_type())))
                .collect();
            format!("struct<{}>", fields.join(", "))
        }
        other => other.to_string(),
    }
}
